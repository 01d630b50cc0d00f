/// redis_feed.cc: a subscription on a link of its own.
#include "store/redis_feed.h"

#include <optional>
#include <utility>

#include "store/redis_client.h"

namespace maildrop::store::redis {

namespace {

class RedisFeed final : public Feed {
 public:
  RedisFeed(Target target, const RedisSettings& settings) : client_(std::move(target), settings) {}

  Result<void> subscribe() {
    const Steady::time_point deadline = client_.deadline();
    Link link = TRY(client_.open(deadline));
    TRY(link.ask({"SUBSCRIBE", client_.settings().prefix + "news"}, deadline));
    link_ = std::move(link);
    return {};
  }

  Result<bool> wait(std::chrono::milliseconds at_most) override {
    if (!link_) {  // it had failed: what came meanwhile nobody told us
      TRY(subscribe());
      return true;
    }
    Reply news;
    Result<bool> heard = link_->next(Steady::now() + at_most, news);
    // All that is there already is one piece of news.
    for (Result<bool> more = heard; more && *more;) more = link_->next(Steady::now(), news);
    if (!heard) link_.reset();
    return heard;
  }

 private:
  Client client_;
  std::optional<Link> link_;
};

}  // namespace

Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options) {
  auto feed = std::make_unique<RedisFeed>(TRY(parse_target(options.url)), options.redis);
  TRY(feed->subscribe());
  return feed;
}

}  // namespace maildrop::store::redis
