/// loop_resolvers.h: a resolver for each loop, for the filters there, and for who asks what these hear.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <future>
#include <list>
#include <memory>
#include <vector>

#include "core/config.h"
#include "core/metrics.h"
#include "dns/resolver.h"
#include "service/loops.h"

namespace maildrop::cmd {

/// Goes before the loops, while they do not run.
class LoopResolvers {
 public:
  LoopResolvers(service::Loops& loops, const DnsSettings& settings, metrics::Registry& metrics);

  dns::Resolver& at(std::size_t loop) { return *lanes_[loop].resolver; }
  /// What each of them says, in the order of the loops: a loop that says nothing within `patience` has timed_out, one
  /// whose resolver has ended failed. Thread-safe; blocks, so not on a loop.
  std::vector<dns::Answer> ask(const dns::Question& question, Millis patience);
  /// On that loop's thread. Who waits for an answer then hears at once that there is none.
  void end(std::size_t loop);

 private:
  using Told = std::shared_ptr<std::promise<dns::Answer>>;
  struct Lane {
    boost::asio::io_context* context;
    std::unique_ptr<dns::Resolver> resolver;
    std::list<dns::Lookup> lookups{};  // of ask(); touched on the loop's thread alone
  };

  static void look_up(Lane& lane, const dns::Question& question, const Told& told);

  std::vector<Lane> lanes_;
};

}  // namespace maildrop::cmd
