/// source_budgets.h: a budget for each source or network, so that none can take what is there for all.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/budget.h"
#include "core/net.h"

namespace maildrop {

/// Thread-safe; outlives what it gave out.
class SourceBudgets {
 public:
  /// `limit`: bytes of each source.
  explicit SourceBudgets(std::uint64_t limit) : limit_(limit) {}
  SourceBudgets(const SourceBudgets&) = delete;

  /// What the holders of one `source` (an address or a prefix) share; it goes with the last of them.
  std::shared_ptr<Budget> of(const IpAddress& source);
  /// For sources to come; those that are there keep theirs.
  void set_limit(std::uint64_t limit) { limit_ = limit; }

 private:
  std::atomic<std::uint64_t> limit_;
  std::mutex mutex_;
  std::unordered_map<IpAddress, std::weak_ptr<Budget>> sources_;  // bounded by the holders that there are
};

}  // namespace maildrop
