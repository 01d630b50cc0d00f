/// live_filters.h: the filters of a daemon, and what they ask the world with.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/route.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "filter/chain_source.h"
#include "filter/live_judge.h"
#include "filter/shadow_judge.h"
#include "filter/store_models.h"
#include "loop_resolvers.h"
#include "service/loops.h"
#include "service/service_client.h"
#include "store/bookkeeper.h"
#include "store/store.h"

namespace maildrop::cmd {

/// How often LiveFilters looks.
struct FilterLooks {
  Millis scripts{1000};   // who saves one wants to see what it does
  Millis models{60'000};  // the store is asked, on whatever machine, for what comes once a day
};

/// Goes before the loops, while they do not run.
class LiveFilters {
 public:
  using ServiceClients = std::vector<std::unique_ptr<service::ServiceClient>>;  // one for each loop
  /// `source` has a chain, made of what `models` has. `patience`: how long ask_dns() waits.
  LiveFilters(std::unique_ptr<LoopResolvers> resolvers, Millis patience, ServiceClients clients,
              const filter::LiveParts& parts, std::unique_ptr<filter::StoreModels> models,
              std::unique_ptr<filter::ChainSource> source);

  filter::Judge& judge() { return both_; }
  /// In force.
  std::shared_ptr<const filter::Chain> chain() const { return judge_.chain(); }
  filter::ChainSource& source() { return *source_; }
  /// The latest chains are those of sessions to come, and the log tells what is wrong with files. On the main loop.
  void adopt();
  /// Whenever scripts or models have changed it adopts the chain that comes of it, and calls `changed`, on the main
  /// loop. It looks on a thread of its own, as files and the store may take long.
  void watch(service::Loops& loops, std::function<void()> changed, FilterLooks looks = {});
  /// Thread-safe. Whether sessions in force have answers of the DNS, as far as they asked.
  bool dns_answers() const { return judge_.dns_answers(); }
  /// Lines: what does not answer, and what is wrong with files. Thread-safe.
  std::string impaired() const;
  const api::AskDns& ask_dns() const { return ask_dns_; }
  /// When no session is left: questions that nobody waits for any more would keep the loops from ending for half a
  /// minute, and connections to services for as long as these want. Thread-safe.
  void end(service::Loops& loops);

 private:
  std::unique_ptr<LoopResolvers> resolvers_;
  std::mutex asking_;  // one at a time: each holds a thread that readers of mail wait for
  const api::AskDns ask_dns_;
  ServiceClients clients_;
  std::unique_ptr<filter::StoreModels> models_;
  std::unique_ptr<filter::ChainSource> source_;
  filter::LiveJudge judge_;
  metrics::Registry uncounted_;  // what the shadow's filters find is in the reports, message by message
  filter::LiveJudge shadow_;
  filter::ShadowJudge both_;
  std::vector<filter::FileProblem> told_;
  std::jthread watching_;
};

/// All that is given outlives it. Fails as filter::ChainSource::make().
Result<std::unique_ptr<LiveFilters>> open_filters(const Config& config, service::Loops& loops, store::Store& store,
                                                  store::Bookkeeper& bookkeeper, const Clock& clock,
                                                  metrics::Registry& metrics);

}  // namespace maildrop::cmd
