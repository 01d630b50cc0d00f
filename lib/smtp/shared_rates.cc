/// shared_rates.cc: where the ledger keeps what a source or network did.
#include "smtp/shared_rates.h"

#include <string_view>

#include "store/rate_sharing.h"

namespace maildrop::smtp {

using service::Flood;

namespace {

std::string_view space_of(Flood::Of of) {
  switch (of) {
    case Flood::Of::connection: return "rate-connection";
    case Flood::Of::message: return "rate-message";
    case Flood::Of::recipient: return "rate-recipient";
    case Flood::Of::error: break;
  }
  return "rate-error";
}

}  // namespace

void share_rates(const std::shared_ptr<Flood>& flood, store::Bookkeeper& ledger) {
  for (const Flood::Spending& each : flood->untold(store::room_to_share(ledger))) {
    const std::string key = each.prefix.to_string() + (each.network ? " network" : "");
    store::share(ledger, {space_of(each.of), key, each.tokens, each.per_minute},
                 [weak = std::weak_ptr(flood), each](float missing) {
                   if (const std::shared_ptr<Flood> alive = weak.lock()) alive->hear(each, missing);
                 });
  }
}

}  // namespace maildrop::smtp
