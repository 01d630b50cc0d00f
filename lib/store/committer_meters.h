/// committer_meters.h: what the Committer counts.
#pragma once

#include <algorithm>
#include <vector>

#include "core/metrics.h"
#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

struct CommitterMeters {
  explicit CommitterMeters(metrics::Registry& registry)
      : commits(registry.counter("maildrop_commits_total",
                                 "Commits, each of the deliveries that waited for it, successful or not")),
        seconds(registry.histogram("maildrop_commit_seconds", "Time of a commit")),
        waiting(registry.gauge("maildrop_delivery_waiting", "Deliveries that the store has not answered yet")),
        unpacked(registry.counter("maildrop_compression_input_bytes_total", "Bytes of mail before it was compressed")),
        packed(registry.counter("maildrop_compression_output_bytes_total", "Bytes of the same mail afterwards")),
        stored(registry.counter(kName, kHelp, "result=\"stored\"")) {
    for (const Code code : kAllCodes) {
      failed.push_back(&registry.counter(kName, kHelp, "result=\"" + std::string(to_string(code)) + "\""));
    }
  }

  void count(const Result<MessageId>& result) {
    waiting.add(-1);
    if (result) return stored.add();
    const auto at = std::find(kAllCodes.begin(), kAllCodes.end(), result.error().code);
    failed[static_cast<std::size_t>(at - kAllCodes.begin()) % failed.size()]->add();
  }

  static constexpr std::string_view kName = "maildrop_deliveries_total";
  static constexpr std::string_view kHelp =
      "Deliveries by the store's answer; a message refused before its end is none";
  metrics::Counter& commits;
  metrics::Histogram& seconds;
  metrics::Gauge& waiting;
  metrics::Counter& unpacked;
  metrics::Counter& packed;
  metrics::Counter& stored;
  std::vector<metrics::Counter*> failed;  // as kAllCodes
};

}  // namespace maildrop::store
