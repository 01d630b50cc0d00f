/// live_filters.h: the filters of a daemon, and what they ask the world with.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "dns/resolver.h"
#include "filter/live_judge.h"
#include "service/loops.h"
#include "store/bookkeeper.h"

namespace maildrop::cmd {

/// Goes before the loops, while they do not run.
class LiveFilters {
 public:
  using Resolvers = std::vector<std::unique_ptr<dns::Resolver>>;  // one for each loop
  LiveFilters(Resolvers resolvers, filter::LiveParts parts, std::shared_ptr<const filter::Chain> chain)
      : resolvers_(std::move(resolvers)), judge_(std::move(parts), std::move(chain)) {}

  filter::LiveJudge& judge() { return judge_; }
  /// When no session is left: questions that nobody waits for any more would keep the loops from ending for half a
  /// minute. Thread-safe.
  void end(service::Loops& loops);

 private:
  Resolvers resolvers_;
  filter::LiveJudge judge_;
};

/// All that is given outlives it. Fails as filter::Chain::make() and dns::make_unbound_resolver().
Result<std::unique_ptr<LiveFilters>> open_filters(const Config& config, service::Loops& loops,
                                                  store::Bookkeeper& bookkeeper, const Clock& clock,
                                                  metrics::Registry& metrics);

}  // namespace maildrop::cmd
