/// known.cc: where in the ledger to look.
#include "filter/known.h"

#include "core/net.h"
#include "filter/remembered.h"
#include "filter/reputation.h"

namespace maildrop::filter {

namespace {

using store::Operation;

KnownItem record(std::string filter, std::string what, std::string_view space, const std::string& key) {
  return {std::move(filter), std::move(what), {Operation::get(space, key)}};
}

}  // namespace

std::vector<KnownItem> known_items(const std::string& who, const Config& config) {
  const Result<IpAddress> address = IpAddress::parse(who);
  if (!address) return {record("greylist", "came again, as " + who, kKnownSpace, known_host_key(who))};
  const Millis window = config.filter.reputation.window;
  const auto sums = [window](const char* whose, const std::string& of, double (*score)(std::int64_t, std::int64_t)) {
    return KnownItem{"reputation",
                     whose,
                     {Operation::add(kBadSpace, of, 0, window), Operation::add(kGoodSpace, of, 0, window)},
                     score};
  };
  return {record("verdict_cache", "was refused for good", kVerdictSpace, address_key(*address)),
          sums("address", address_key(*address), score_of_address),
          sums("network", network_key(*address), score_of_network),
          record("greylist", "came again", kKnownSpace, known_network_key(*address))};
}

Operation forgetting(const Operation& ask, const store::Answer& answer) {
  if (ask.kind == Operation::Kind::get) return Operation::remove(ask.space, ask.key);
  return Operation::add(ask.space, ask.key, -answer.sum, ask.time);
}

}  // namespace maildrop::filter
