/// reputation.cc: what came of earlier sessions with this client, its network and its operator.
#include "filter/reputation.h"

#include <algorithm>
#include <cmath>

#include "filter/filter.h"
#include "filter/remembered.h"

namespace maildrop::filter {

namespace {

using store::Operation;

/// Whose history counts how much. `doubt`: so many sessions that were neither good nor bad are taken to have come
/// before, so that the first one decides nothing. The worst and the best that can be said are not the same: who sends
/// good mail for a while to be let in with spam then is to gain little.
struct Scope {
  std::string_view name;
  double doubt;
  double worst;
  double best;
};
constexpr Scope kAddress{"address", 5, 3, -2};
constexpr Scope kNetwork{"network", 20, 1.5, -0.5};
constexpr Scope kSystem{"system", 100, 1, -0.5};

constexpr double kTooLittle = 0.05;  // is not worth a word

double score_of(const Scope& scope, std::int64_t good, std::int64_t bad) {
  const double all = static_cast<double>(good + bad) + scope.doubt;
  const double share = static_cast<double>(bad - good) / all;
  return share > 0 ? share * scope.worst : -share * scope.best;
}

struct History {
  Scope scope;
  std::string key;
  std::int64_t good = 0;
  std::int64_t bad = 0;

  double score() const { return score_of(scope, good, bad); }
  std::string text() const {
    return std::string(scope.name) + " " + std::to_string(bad) + " bad " + std::to_string(good) + " good";
  }
};

std::vector<History> histories_of(const mail::Peer& peer, const std::string& system) {
  std::vector<History> histories{{kAddress, address_key(peer.address)}, {kNetwork, network_key(peer.address)}};
  if (!system.empty()) histories.push_back({kSystem, "as " + system});
  return histories;
}

class Reputation final : public Filter {
 public:
  explicit Reputation(Millis window) : window_(window) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (!is_remembered(transaction.peer)) return {};
    const std::string* system = facts.told("asn");
    if (!system) return {};
    std::vector<History> histories = histories_of(transaction.peer, *system);
    const Error* failed = nullptr;
    for (History& history : histories) {
      failed = ask(history.good, kGoodSpace, history.key, facts, failed);
      failed = ask(history.bad, kBadSpace, history.key, facts, failed);
      facts.at_end(Outcome::good, Operation::add(kGoodSpace, history.key, 1, window_));
      facts.at_end(Outcome::bad, Operation::add(kBadSpace, history.key, 1, window_));
    }
    if (failed) return Finding::fail(failed->what);
    return judge(histories);
  }

 private:
  const Error* ask(std::int64_t& sum, std::string_view space, const std::string& key, Facts& facts,
                   const Error* failed) const {
    const Result<store::Answer>* answer = facts.ledger(Operation::add(space, key, 0, window_));
    if (!answer) return failed;
    if (!*answer) return &answer->error();
    sum = std::max<std::int64_t>(0, (*answer)->sum);  // below it was forgotten by command
    return failed;
  }

  static Finding judge(const std::vector<History>& histories) {
    double score = 0;
    std::string reason;
    for (const History& history : histories) {
      score += history.score();
      if (std::abs(history.score()) >= kTooLittle) reason += (reason.empty() ? "" : ", ") + history.text();
    }
    return reason.empty() ? Finding{} : Finding::score_of(std::round(score * 100) / 100, std::move(reason));
  }

  Millis window_;
};

}  // namespace

double score_of_address(std::int64_t good, std::int64_t bad) { return score_of(kAddress, good, bad); }
double score_of_network(std::int64_t good, std::int64_t bad) { return score_of(kNetwork, good, bad); }

extern const FilterKind kReputation{
    "reputation",
    "What came of earlier sessions with the client and its network.",
    bit(Phase::connect),
    {},
    Evidence::wish,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.reputation; },
    [](const Config& config) -> Result<std::unique_ptr<Filter>> {
      return std::make_unique<Reputation>(config.filter.reputation.window);
    }};

}  // namespace maildrop::filter
