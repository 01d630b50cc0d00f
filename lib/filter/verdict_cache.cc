/// verdict_cache.cc: who was refused for good a moment ago is refused again, whatever he calls himself now.
#include <algorithm>

#include "core/text.h"
#include "filter/filter.h"
#include "filter/remembered.h"

namespace maildrop::filter {

namespace {

constexpr double kRefusedBefore = 4;

class VerdictCache final : public Filter {
 public:
  explicit VerdictCache(Millis lifetime) : lifetime_(lifetime) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (!is_remembered(transaction.peer)) return {};
    const std::string key = address_key(transaction.peer.address);
    // Its own word does not count there: a record is not renewed by the refusals that come of it.
    facts.at_end(Outcome::refused, store::Operation::put(kVerdictSpace, key, lifetime_));
    const Result<store::Answer>* answer = facts.ledger(store::Operation::get(kVerdictSpace, key));
    if (!answer) return {};
    if (!*answer) return Finding::fail(answer->error().what);
    if (!(*answer)->found) return {};
    const Millis ago = std::chrono::duration_cast<std::chrono::seconds>(facts.now() - (*answer)->since);
    return Finding::act(Action::reject, kRefusedBefore, "5.7.1 refused a moment ago",
                        "was refused " + format_duration(std::max(ago, Millis(0))) + " ago");
  }

 private:
  Millis lifetime_;
};

}  // namespace

extern const FilterKind kVerdictCache{
    "verdict_cache",
    "Whether the client was refused a moment ago.",
    bit(Phase::connect),
    {},
    Evidence::wish,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.verdict_cache; },
    [](const Config& config) -> Result<std::unique_ptr<Filter>> {
      return std::make_unique<VerdictCache>(config.filter.verdict_cache.lifetime);
    }};

}  // namespace maildrop::filter
