/// redis_feed.cc: a subscription on a link of its own.
#include "store/redis_feed.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "store/redis_client.h"

namespace maildrop::store::redis {

namespace {

constexpr std::chrono::seconds kSilence{2};  // then the server is asked whether it is there

class RedisFeed final : public Feed {
 public:
  RedisFeed(Target target, const RedisSettings& settings) : client_(std::move(target), settings) {}

  Result<void> subscribe(Steady::time_point deadline) {
    Link link = TRY(client_.open(deadline));
    TRY(link.ask({"SUBSCRIBE", client_.settings().prefix + "news"}, deadline));
    link_ = std::move(link);
    return {};
  }

  Result<bool> wait(std::chrono::milliseconds at_most) override {
    const Steady::time_point until = Steady::now() + at_most;
    news_ = News();
    if (!link_) {  // it had failed: what came meanwhile nobody told us
      TRY(subscribe(std::min(until, client_.deadline())));
      news_.add_all();
      return true;
    }
    Result<bool> heard = listen(until);
    if (!heard) link_.reset();
    return heard;
  }

  Steady::time_point deadline() const { return client_.deadline(); }

 private:
  Result<bool> listen(Steady::time_point until) {
    for (;;) {
      std::vector<Reply> said(1);
      const Steady::time_point silence = Steady::now() + kSilence;
      Result<bool> heard = link_->next(std::min(until, silence), said.front());
      if (!heard) return heard;
      if (!*heard && silence < until) {  // a server whose machine has gone says nothing either
        said.clear();
        link_->add({"PING"});
        TRY(link_->exchange(client_.deadline(), said));
        heard = true;
      }
      if (!*heard) return false;
      take(said.front());
      // All that is there already is one piece of news.
      for (Result<bool> more = true; more && *more;) {
        more = link_->next(Steady::now(), said.front());
        if (more && *more) take(said.front());
      }
      if (!news_.empty()) return true;
    }
  }

  /// `message`, the channel, and whose it is; nobody's: somebody has tried whether he may publish.
  void take(const Reply& said) {
    if (said.list.size() < 3 || said.list.front().text != "message" || said.list[2].text.empty()) return;
    news_.add(news_mark(said.list[2].text));
  }

  Client client_;
  std::optional<Link> link_;
};

}  // namespace

Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options) {
  auto feed = std::make_unique<RedisFeed>(TRY(parse_target(options.url)), options.redis);
  TRY(feed->subscribe(feed->deadline()));
  return feed;
}

}  // namespace maildrop::store::redis
