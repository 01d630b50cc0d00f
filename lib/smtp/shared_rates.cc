/// shared_rates.cc: local first, shared behind.
#include "smtp/shared_rates.h"

#include <algorithm>
#include <string>
#include <utility>

namespace maildrop::smtp {

using service::Flood;
using store::Answer;
using store::Operation;

namespace {

constexpr std::size_t kMostAtOnce = 1000;

std::string_view space_of(Flood::Of of) {
  switch (of) {
    case Flood::Of::connection: return "rate-connection";
    case Flood::Of::message: return "rate-message";
    case Flood::Of::recipient: return "rate-recipient";
    case Flood::Of::error: break;
  }
  return "rate-error";
}

std::string key_of(const Flood::Spending& spending) {
  return spending.prefix.to_string() + (spending.network ? " network" : "");
}

}  // namespace

void share_rates(const std::shared_ptr<Flood>& flood, store::Bookkeeper& ledger) {
  if (ledger.waiting() >= kMostAtOnce) return;
  for (const Flood::Spending& spending : flood->untold(kMostAtOnce)) {
    // The ledger's bucket holds two of ours: one to be spent, and one to be owed.
    const unsigned burst = 2 * spending.per_minute;
    if (burst > Operation::kLargestBurst) continue;
    const store::Rate rate{spending.per_minute, std::chrono::minutes(1), burst};
    auto hear = [weak = std::weak_ptr(flood), spending, burst](const Result<Answer>& answer) {
      const std::shared_ptr<Flood> alive = weak.lock();
      if (answer && alive) alive->hear(spending, burst - static_cast<unsigned>(answer->left));
    };
    ledger.ask(Operation::take(space_of(spending.of), key_of(spending), std::min(spending.tokens, burst), rate),
               std::move(hear));
  }
}

}  // namespace maildrop::smtp
