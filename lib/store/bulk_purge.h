/// bulk_purge.h: the removal of what an operator chooses, however much it is, while mail goes on being taken.
///
/// Two walks through the store: one counts, the other removes, in chunks that are short enough for deliveries to wait
/// for, with pauses four times as long as the chunks took. So memory does not grow with what is removed, and an end at
/// any moment leaves a store that is whole, with some of it gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/clock.h"
#include "store/bulk.h"

namespace maildrop::store {

/// How much at once: grows and shrinks with the time that the last chunk took. No I/O.
class ChunkSize {
 public:
  static constexpr std::chrono::milliseconds kTarget{4};  // of one chunk; deliveries may wait for 50
  bool is_full(std::size_t messages, std::uint64_t bytes) const { return messages >= messages_ || bytes >= bytes_; }
  void took(std::chrono::steady_clock::duration time);
  std::size_t messages() const { return messages_; }

 private:
  std::size_t messages_ = 50;
  std::uint64_t bytes_ = 512u << 10;
};

/// Not thread-safe; used once: count(), then remove(), then scrub(). Blocking.
class BulkPurge {
 public:
  /// Whether it is to go. Asked twice for each message.
  using Wanted = std::function<bool(const Found&)>;

  /// In the inboxes `names`, or in all where there are none. `store` and `clock` outlive it.
  BulkPurge(Store& store, const Clock& clock, std::vector<std::string> names, Wanted wanted);

  /// What there is. Only that is removed later: what arrives after it was counted stays. false: ended by `go_on`.
  Result<bool> count(const GoOn& go_on);
  /// Removes it. A writer that is away, busy or being replaced is waited for, some seconds. false: ended by `go_on`.
  Result<bool> remove(const GoOn& go_on);
  /// As Store::scrub(), tried for two seconds. Failures are the same as a reader that holds on to it.
  bool scrub();

  const Tally& counted() const { return counted_; }
  /// So far, also after a failure. A chunk whose answer was lost may be missing from it.
  const Tally& removed() const { return removed_; }

 private:
  ScanCursor begin() const;
  bool was_counted(const Found& found) const;
  Result<void> remove_chunk(const std::function<bool()>& patient);

  Store& store_;
  const std::vector<std::string> names_;
  const Wanted wanted_;
  const Time began_;
  std::unordered_set<std::string> late_;  // ids that were counted though received after it began, or by a wrong clock
  Tally counted_, removed_;
  ChunkSize size_;
  std::vector<Found> chunk_;
  std::uint64_t chunk_bytes_ = 0;
};

}  // namespace maildrop::store
