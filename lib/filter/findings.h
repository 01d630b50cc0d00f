/// findings.h: what filters found of a session, and what comes of it. Pure: no filter is asked here, so what was found
/// once can be weighed again, by other rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/filter_settings.h"
#include "filter/filter.h"
#include "filter/scoring.h"
#include "filter/trace.h"
#include "filter/verdict.h"

namespace maildrop::filter {

/// What findings count by.
struct Rules {
  struct Of {
    std::string_view name;
    FilterUse use;
    Evidence evidence = Evidence::own;
  };
  FilterSettings settings;
  std::vector<Of> filters;  // in the order of their chain
};

/// Not thread-safe.
class Findings {
 public:
  /// `rules` outlives it.
  explicit Findings(const Rules& rules) : rules_(rules) {}

  /// What the phase makes void is forgotten: HELO all that came of the HELO before, MAIL the transaction. A recipient
  /// who was asked about is settled.
  void begin(Phase phase);
  Phase phase() const { return phase_; }
  /// Of the phase that has begun; in any order. `filter`: its place in Rules::filters. `micros` that it took, and the
  /// facts that it went by, are for trace().
  void add(std::size_t filter, Finding finding, std::uint64_t micros = 0, std::vector<std::string> facts = {});

  /// What was found in the phase.
  using Seen = std::function<void(std::size_t filter, const Finding& finding, std::uint64_t micros)>;
  void each(const Seen& seen) const;

  /// Nothing that is found matters any more (Finding::allows).
  bool is_allowed() const { return allowing() != nullptr; }

  /// What comes of the phase, all of which has been found.
  Verdict decide();
  /// The same, were refusals told in this phase already (filter.decide_at).
  Verdict foreseen() const;
  /// By the last decide(): the transaction was refused, or this recipient gets no copy.
  bool is_gone() const { return gone_; }

  /// What is made of the message that is let in, and whose that is, as Verdict::by.
  struct Marked {
    store::Mark mark = store::Mark::none;
    std::string_view by{};
    bool evidence = false;  // as Verdict::evidence
  };
  Marked marked() const;

  /// What the last decision came from; at RCPT, of that recipient, until he is settled.
  Trace trace() const;
  /// Bits of the Outcomes that there are now, as all but `filter` see it. `taken`: the message was.
  unsigned outcomes_without(std::size_t filter, bool taken) const;

  /// What was found of the last recipient goes to that of the message and all who get it, if he does: trace() has that
  /// then. Between two phases.
  void settle_recipient();
  /// One comes who is refused without a question: trace() has nothing of the others. Between two phases.
  void pass_over_recipient();

 private:
  /// What one filter found at one phase.
  struct Entry {
    Phase phase;
    std::size_t filter;
    Finding finding;
    Effect effect;
    std::uint64_t micros;
    std::vector<std::string> facts;
  };
  const Rules::Of& rules_of(const Entry& entry) const { return rules_.filters[entry.filter]; }
  static void insert(std::vector<Entry>& entries, Entry entry);
  static bool is_worse(const Entry& one, const Entry& other);
  std::vector<const Entry*> concerned() const;
  const Entry* allowing() const;  // nullptr: nobody does
  bool is_spared() const;         // no sum refuses it
  double score() const;
  std::string explain_score() const;
  bool has_evidence(Action action) const;
  Verdict worst(bool tells) const;

  const Rules& rules_;
  Phase phase_ = Phase::connect;
  std::vector<Entry> entries_;    // of all phases; of earlier recipients, the worst that each filter found
  std::vector<Entry> recipient_;  // of the recipient that is asked about, or was last
  bool at_recipient_ = false;     // one is asked about
  unsigned recipients_ = 0;       // of the transaction, that get the message
  bool gone_ = false;             // refused, or this recipient's copy was dropped; he is until decide() lets him in
};

/// An Outcome in outcomes_without().
constexpr unsigned bit_of(Outcome outcome) { return 1u << static_cast<unsigned>(outcome); }
inline constexpr unsigned kGoodOutcome = bit_of(Outcome::good);
inline constexpr unsigned kBadOutcome = bit_of(Outcome::bad);

/// Found nothing.
inline bool is_silent(const Finding& found) {
  return found.action == Action::pass && found.score == 0 && !found.allows && !found.failed && found.reason.empty();
}

}  // namespace maildrop::filter
