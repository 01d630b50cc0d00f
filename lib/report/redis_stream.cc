/// redis_stream.cc: XRANGE in steps, so that neither side holds much of it at once.
#include "report/redis_stream.h"

#include <algorithm>
#include <string>

#include "store/redis_client.h"

namespace maildrop::report {

namespace redis = store::redis;

Result<void> read_stream(const ReportSettings& settings, const RedisSettings& redis, Time since,
                         const std::function<void(std::string_view decision)>& each) {
  constexpr std::string_view kStep = "1000";
  const redis::Client client(TRY(redis::parse_target(settings.redis, "report.redis")), redis);
  redis::Link link = TRY(client.open(client.deadline()));
  std::string from = std::to_string(std::max<std::int64_t>(0, to_millis(since))) + "-0";
  for (;;) {
    const redis::Reply step =
        TRY(link.ask({"XRANGE", settings.redis_stream, from, "+", "COUNT", kStep}, client.deadline()));
    if (step.is(redis::Reply::Kind::error)) return tl::unexpected(redis::error_of(step, link.place()));
    if (step.list.empty()) return {};
    for (const redis::Reply& entry : step.list) {
      if (entry.list.size() != 2) continue;
      from = "(" + entry.list[0].text;  // behind it
      const auto& fields = entry.list[1].list;
      for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
        if (fields[i].text == "decision") each(fields[i + 1].text);
    }
  }
}

}  // namespace maildrop::report
