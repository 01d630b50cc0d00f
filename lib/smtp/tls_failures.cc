/// tls_failures.cc: local first, shared behind.
#include "smtp/tls_failures.h"

#include <algorithm>
#include <utility>

#include "store/memory_ledger.h"

namespace maildrop::smtp {

using store::Answer;
using store::Operation;

namespace {

constexpr std::string_view kSpace = "tls-failed";
constexpr std::chrono::minutes kAskAgain{1};

}  // namespace

TlsFailures::TlsFailures(const Clock& clock, std::size_t most, store::Bookkeeper* ledger)
    : clock_(clock),
      local_(store::make_memory_ledger(clock, most)),
      asked_(store::make_memory_ledger(clock, most)),
      ledger_(ledger) {}

void TlsFailures::note(const mail::Peer& peer, Millis lifetime) {
  if (lifetime <= Millis(0)) return;
  Operation put = Operation::put(kSpace, peer.to_string(), std::min(lifetime, Operation::kLongest));
  static_cast<void>(local_->run(put));
  if (ledger_) ledger_->ask(std::move(put));
}

bool TlsFailures::known(const mail::Peer& peer) const {
  const Result<Answer> answer = local_->run(Operation::get(kSpace, peer.to_string()));
  return answer && answer->found;
}

void TlsFailures::recall(const mail::Peer& peer, std::function<void()> found) {
  if (!ledger_) return;
  const std::string key = peer.to_string();
  const Result<Answer> before = asked_->run(Operation::note(kSpace, key, kAskAgain));
  if (before && before->found) return;
  auto keep = [local = local_, asked = asked_, now = clock_.now(), key,
               told = std::move(found)](const Result<Answer>& answer) {
    if (!answer) static_cast<void>(asked->run(Operation::remove(kSpace, key)));
    if (!answer || !answer->found || answer->until <= now) return;
    static_cast<void>(local->run(Operation::put(kSpace, key, std::min(answer->until - now, Operation::kLongest))));
    told();
  };
  ledger_->ask(Operation::get(kSpace, key), std::move(keep));
}

void TlsFailures::set_limit(std::size_t most) {
  local_->set_limit(most);
  asked_->set_limit(most);
}

}  // namespace maildrop::smtp
