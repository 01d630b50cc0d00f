/// redis_statistics.cc: a script to add, a pipeline to read.
#include "store/redis_statistics.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "core/random.h"
#include "store/redis_client.h"

namespace maildrop::store::redis {

namespace {

constexpr Hour kMostAtOnce = 62 * 24 + 24;  // hours in a pipeline: what a setting can keep, and more

std::uint64_t number_of(const Reply& reply) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, reply.as_number()));
}

class RedisStatistics final : public Statistics {
 public:
  RedisStatistics(Target target, const OpenOptions& options)
      : client_(std::move(target), options.redis),
        clock_(*options.clock),
        base_(options.redis.prefix + "statistics:"),
        // An hour more, since it is kept from its last count on.
        seconds_(
            std::to_string(std::chrono::seconds(kHour).count() * (hours_kept(options.settings.statistics_age) + 1))) {}

  Result<void> add(std::span<const Count> counts, std::uint64_t number) override {
    const std::string batch = std::to_string(number);
    const std::string now = std::to_string(to_millis(clock_.now()));
    const std::string most = std::to_string(kMostSeries);
    std::deque<std::string> numbers;  // that stay where they are
    std::vector<std::string_view> words{client_.settings().prefix, writer_, batch, now, seconds_, most};
    for (const Count& each : counts) {
      words.push_back(numbers.emplace_back(std::to_string(each.hour)));
      words.push_back(series::fitting(each.series));
      words.push_back(numbers.emplace_back(std::to_string(each.n)));
    }
    TRY(client_.run(Script::statistics, words));
    return {};
  }

  Result<Numbers> read(Hour from, Hour to) override {
    const Steady::time_point deadline = client_.deadline();
    Client::Lease lease = TRY(client_.borrow(deadline));
    lease->add({"GET", base_ + "since"});
    lease->add({"HGETALL", base_ + "total"});
    from = std::max(from, to - kMostAtOnce + 1);
    for (Hour hour = from; hour <= to; ++hour) lease->add({"HGETALL", base_ + std::to_string(hour)});
    const std::vector<Reply> replies = TRY(lease.answers(deadline));
    Numbers numbers;
    if (replies[0].is(Reply::Kind::text)) numbers.since = from_millis(replies[0].as_number());
    for_each(replies[1], [&](const std::string& name, std::uint64_t n) { numbers.totals.emplace(name, n); });
    for (Hour hour = from; hour <= to; ++hour) {
      std::map<std::string, std::uint64_t> sorted;
      for_each(replies[static_cast<std::size_t>(hour - from) + 2],
               [&](const std::string& name, std::uint64_t n) { sorted.emplace(name, n); });
      for (auto& [name, n] : sorted) numbers.counts.push_back({hour, name, n});
    }
    return numbers;
  }

 private:
  template <class Take>
  static void for_each(const Reply& hash, Take take) {
    for (std::size_t i = 0; i + 1 < hash.list.size(); i += 2) take(hash.list[i].text, number_of(hash.list[i + 1]));
  }

  Client client_;
  const Clock& clock_;
  const std::string base_;
  const std::string seconds_;
  const std::string writer_ = random_name(10);
};

}  // namespace

Result<std::unique_ptr<Statistics>> open_statistics(const OpenOptions& options) {
  return std::make_unique<RedisStatistics>(TRY(parse_target(options.url)), options);
}

}  // namespace maildrop::store::redis
