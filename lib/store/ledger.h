/// ledger.h: remembers what strangers did, each record for a while and all of them within bounds.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.h"

namespace maildrop::store {

/// In the memory of this process. Thread-safe, never blocks for long.
class Ledger {
 public:
  /// At most `most` records: one more, and the one noted first is forgotten. `clock` outlives the ledger.
  Ledger(const Clock& clock, std::size_t most) : clock_(clock), most_(most) {}

  /// From now on, and for `lifetime`, noted() is true.
  void note(std::string_view key, std::chrono::milliseconds lifetime);
  bool noted(std::string_view key) const;

  /// At once: what is too much is forgotten.
  void set_limit(std::size_t most);
  std::size_t size() const;

 private:
  struct Record {
    std::string key;
    Monotonic until;
  };
  void shrink();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::size_t most_;
  std::unordered_map<std::string, Monotonic> until_;
  std::deque<Record> order_;  // as noted; a key noted again is in it twice, and only the last of them counts
};

}  // namespace maildrop::store
