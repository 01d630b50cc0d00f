/// fate.h: what the verdicts of a session come to, for its messages and recipients. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>

#include "filter/findings.h"
#include "filter/verdict.h"

namespace maildrop::filter {

/// Follows a session phase by phase; also behind a refusal, as though the client had not been told: what comes then
/// changes nothing of it. Not thread-safe.
class SessionFate {
 public:
  /// What the phase makes void is forgotten: HELO all that came of the HELO before, MAIL the transaction.
  void begin(Phase phase);
  /// Of the phase that has begun, when it has been decided.
  void decided(const Verdict& verdict);
  /// Nothing that follows changes what becomes of the message.
  bool is_over() const;

  /// A message that nobody gets is deferred if one recipient is, who would be tried again; else rejected if one is;
  /// else all copies were dropped. Of a recipient: what became of the last one, or would, were he known. Before the
  /// end of a message, what it comes to until then. `marked` by all that was found. What was found of one recipient is
  /// not for the others to read: he may be a blind copy.
  Upshot of(About about, const Findings::Marked& marked) const;

 private:
  static constexpr std::size_t kPhases = std::size(kPhaseNames);

  const Upshot* lost(Phase from, Phase to) const;  // the first in these phases, both of them included

  Phase phase_ = Phase::connect;
  std::array<std::optional<Upshot>, kPhases> lost_{};  // what a phase refused or dropped; at RCPT, the last recipient
  std::optional<Upshot> of_recipients_{};              // of those who get nothing, the one that says most
  unsigned recipients_ = 0;                            // that were asked about
  bool somebody_ = false;                              // gets the message
  double score_ = 0;                                   // of the last that was not lost
  std::string reason_{};
};

}  // namespace maildrop::filter
