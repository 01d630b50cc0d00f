/// redis_sink.cc: a link, and one command for each decision.
#include "report/redis_sink.h"

#include <optional>
#include <utility>
#include <vector>

#include "report/wire.h"
#include "store/redis_client.h"
#include "store/redis_target.h"

namespace maildrop::report {

namespace {

namespace redis = store::redis;

class RedisSink final : public Sink {
 public:
  RedisSink(redis::Target target, const RedisSettings& redis, std::string stream, unsigned length)
      : client_(std::move(target), redis), stream_(std::move(stream)), length_(std::to_string(length)) {}

  std::string_view name() const override { return "redis"; }

  Result<std::size_t> write(std::span<const std::string> lines) override {
    const Result<void> written = try_to_write(lines);
    if (written) return 0;
    wire_.forget();
    link_.reset();
    return tl::unexpected(written.error());
  }

  void cancel() override { wire_.cut(); }

 private:
  Result<void> try_to_write(std::span<const std::string> lines) {
    const auto deadline = client_.deadline();
    if (!link_) link_ = TRY(client_.open(deadline));
    if (!wire_.follow(link_->descriptor())) return fail(Code::timed_out, "cancelled");
    for (const std::string& line : lines) {
      const std::string_view decision = std::string_view(line).substr(0, line.size() - 1);
      link_->add({"XADD", stream_, "MAXLEN", "~", length_, "*", "decision", decision});
    }
    std::vector<redis::Reply> replies;
    TRY(link_->exchange(deadline, replies));
    for (const redis::Reply& reply : replies)
      if (reply.is(redis::Reply::Kind::error)) return tl::unexpected(redis::error_of(reply, link_->place()));
    return {};
  }

  redis::Client client_;
  std::optional<redis::Link> link_;
  Wire wire_;
  const std::string stream_;
  const std::string length_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_redis_sink(const ReportSettings& settings, const RedisSettings& redis) {
  redis::Target target = TRY(redis::parse_target(settings.redis, {}));
  return std::make_unique<RedisSink>(std::move(target), redis, settings.redis_stream, settings.redis_length);
}

}  // namespace maildrop::report
