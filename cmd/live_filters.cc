/// live_filters.cc: a resolver for each loop, and the filters that ask it.
#include "live_filters.h"

#include <boost/asio/post.hpp>

#include "dns/unbound_resolver.h"
#include "filter/filters.h"

namespace maildrop::cmd {

void LiveFilters::end(service::Loops& loops) {
  for (std::size_t i = 0; i < resolvers_.size(); ++i)
    boost::asio::post(loops.at(i).context(), [this, i] { resolvers_[i].reset(); });
}

Result<std::unique_ptr<LiveFilters>> open_filters(const Config& config, service::Loops& loops,
                                                  store::Bookkeeper& bookkeeper, const Clock& clock,
                                                  metrics::Registry& metrics) {
  auto chain = TRY(filter::Chain::make(config, filter::filter_kinds()));
  LiveFilters::Resolvers resolvers;
  filter::LiveParts parts{{}, bookkeeper, clock, metrics};
  for (std::size_t i = 0; i < loops.size(); ++i) {
    boost::asio::io_context& context = loops.at(i).context();
    const auto of_all = static_cast<unsigned>(loops.size());
    resolvers.push_back(TRY(dns::make_unbound_resolver(context, config.dns, of_all, metrics)));
    parts.loops.push_back({context, *resolvers.back()});
  }
  return std::make_unique<LiveFilters>(std::move(resolvers), std::move(parts), std::move(chain));
}

}  // namespace maildrop::cmd
