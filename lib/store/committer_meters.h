/// committer_meters.h: what the Committer counts, and compressing, which is counted.
#pragma once

#include <algorithm>
#include <vector>

#include "core/metrics.h"
#include "core/result.h"
#include "store/packed_body.h"
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

  /// Gives the memory that it takes then. Without memory for it the delivery stays as it is: the store tries again, or
  /// refuses it. Thread-safe.
  std::size_t pack(Delivery& delivery, int level) {
    const std::size_t before = delivery.data.size() + delivery.transcript.size() + delivery.verdicts.size();
    try {
      if (!delivery.packed) {
        pack_body(delivery, level);
        unpacked.add(before);
        packed.add(delivery.packed->bytes.size());
      }
    } catch (const std::exception&) {
    }
    return memory_of(delivery);
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
