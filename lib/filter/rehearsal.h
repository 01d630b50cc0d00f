/// rehearsal.h: one transaction that is recorded or made up, before the filters: phase by phase, as a session of
/// smtp/session puts it to them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "filter/case.h"
#include "filter/world.h"
#include "mail/transaction.h"

namespace maildrop::filter {

struct Script {
  mail::Transaction transaction{};       // as it is at MAIL; without a HELO nobody is asked about one
  std::vector<mail::Recipient> to{};     // asked about one by one
  std::optional<std::string> message{};  // its lines end in CRLF; without, nobody is asked about one
};

/// Who is refused is asked about to the end all the same, as though he had not been told (filter.decide_at): so all
/// that would be found is known. But a recipient who is refused is not among those of the message, unless that leaves
/// none. Used once. Not thread-safe.
class Rehearsal {
 public:
  /// What is given outlives it.
  Rehearsal(std::shared_ptr<const Chain> chain, const Clock& clock, World& world)
      : world_(world), session_(std::move(chain), clock) {}

  /// Told when a phase has been decided, and of each recipient at RCPT; session() is as it was when that was done.
  using Decided = std::function<void(Phase phase, const mail::Transaction& transaction, const Verdict& verdict)>;
  /// Fails as World::run(), in the phase that does.
  Result<void> run(Script script, const Decided& decided);

  const Case& session() const { return session_; }
  /// What filters want done of it when it is over (Facts::at_end). When all is done.
  std::vector<store::Operation> take_errands_behind() { return session_.take_errands_behind(); }
  /// Of the message and all who get it, and at RCPT behind them of who does not. When all is done.
  Trace trace() const;

 private:
  Result<Verdict> ask(Phase phase, const Decided& decided);
  Result<void> ask_about(const mail::Recipient& recipient, const Decided& decided);

  World& world_;
  Case session_;
  mail::Transaction transaction_;
  std::vector<TraceEntry> refused_;  // what was found of recipients who get no message
};

}  // namespace maildrop::filter
