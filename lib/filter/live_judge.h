/// live_judge.h: the filters before the sessions of a server: facts come from the DNS and the ledger as they are asked
/// for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/budget.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "dns/resolver.h"
#include "filter/chain.h"
#include "filter/verdict.h"
#include "service/service_client.h"
#include "store/bookkeeper.h"

namespace maildrop::filter {

/// What it works with; all of it outlives it, and so it outlives its trials.
struct LiveParts {
  struct Loop {
    boost::asio::io_context& context;
    dns::Resolver& resolver;
    service::ServiceClient& services;
  };
  std::vector<Loop> loops;  // by their index of service::Loops
  store::Bookkeeper& ledger;
  const Clock& clock;
  metrics::Registry& metrics;
  Millis outage_after = std::chrono::seconds(10);  // Outage's `least`
  // Before the spaces of the ledger that its filters use, and before names in the log; 8 bytes at most. So those that
  // only look on learn by themselves, and are told from those in force.
  std::string prefix{};
};

class LiveJudge final : public Judge {
 public:
  LiveJudge(LiveParts parts, std::shared_ptr<const Chain> chain);
  ~LiveJudge() override;

  /// For terms() to come; who has some keeps them. Thread-safe.
  void apply(std::shared_ptr<const Chain> chain);

  /// A line for each source of facts that does not answer now, and each filter that fails. Thread-safe.
  std::string impaired() const;
  bool dns_answers() const;  // false: it has an outage, which impaired() tells, too

  /// That terms() to come are of. Thread-safe.
  std::shared_ptr<const Chain> chain() const;

  Terms terms() const override;
  std::unique_ptr<Trial> begin(std::size_t loop, const Terms& terms) override;

 private:
  struct Shared;
  class Session;
  std::unique_ptr<Shared> shared_;
};

}  // namespace maildrop::filter
