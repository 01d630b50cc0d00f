/// tls_failures.h: whose TLS handshakes failed lately.
#pragma once

#include <functional>
#include <memory>

#include "core/clock.h"
#include "core/config.h"
#include "mail/transaction.h"
#include "store/bookkeeper.h"

namespace maildrop::smtp {

/// Loops ask the records of this process, at once; the ledger, which a restart does not end and others share, is told
/// behind, and asked of a peer that is not known here. Thread-safe, never blocks for long.
class TlsFailures {
 public:
  /// At most `most` records here. `clock` and `ledger` outlive it; `ledger` may be nullptr: nobody else is asked.
  TlsFailures(const Clock& clock, std::size_t most, store::Bookkeeper* ledger);

  /// From now on, and for `lifetime`, known() is true.
  void note(const mail::Peer& peer, Millis lifetime);
  /// As far as this process knows.
  bool known(const mail::Peer& peer) const;
  /// Asks the ledger, unless it was asked of that peer within a minute. If it knows of a failure, known() becomes true,
  /// and then `found` runs, on another thread: soon, late, or never. It may outlive this object.
  void recall(const mail::Peer& peer, std::function<void()> found);
  void set_limit(std::size_t most);

 private:
  const Clock& clock_;
  const std::shared_ptr<store::Ledger> local_;
  const std::shared_ptr<store::Ledger> asked_;  // of whom
  store::Bookkeeper* const ledger_;
};

}  // namespace maildrop::smtp
