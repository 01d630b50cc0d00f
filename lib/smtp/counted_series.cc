/// counted_series.cc: a table. What the metrics are: maildrop-serve(8).
#include "smtp/counted_series.h"

#include <string>

namespace maildrop::smtp {

std::vector<store::CountedSeries> counted_series() {
  namespace series = store::series;
  const auto one = [](const char* metric, const char* labels, std::string_view name) {
    return store::CountedSeries{metric, labels, std::string(name)};
  };
  const auto group = [](const char* metric, std::string_view name) {
    return store::CountedSeries{metric, {}, std::string(name), true};
  };
  const auto durations = [](const char* metric, std::string_view name) {
    return store::CountedSeries{metric, {}, std::string(name), false, true};
  };
  constexpr const char* kMessages = "maildrop_smtp_messages_total";
  constexpr const char* kMarked = "maildrop_smtp_marked_messages_total";
  return {one(kMessages, "result=\"stored\"", series::kStored),
          one(kMessages, "result=\"refused\"", series::kRefused),
          one("maildrop_smtp_refused_recipients_total", "", series::kRefused),
          one(kMessages, "result=\"deferred\"", series::kDeferred),
          one(kMessages, "result=\"discarded\"", series::kDiscarded),
          one(kMarked, "mark=\"tag\"", series::kTagged),
          one(kMarked, "mark=\"quarantine\"", series::kQuarantined),
          one("maildrop_smtp_sessions_total", "", series::kConnections),
          one("maildrop_smtp_message_bytes_total", "", series::kBytes),
          group("maildrop_smtp_refused_total", series::kReason),
          group("maildrop_filter_actions_total", series::kFilter),
          group("maildrop_dnsbl_listed_total", series::kList),
          durations("maildrop_smtp_delivery_seconds", series::kLatency)};
}

}  // namespace maildrop::smtp
