/// budget.h: bytes of memory that many share, so that strangers cannot make the process grow without end.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace maildrop {

/// Counts what its shares hold. Thread-safe, never blocks. Outlives its shares.
class Budget {
 public:
  explicit Budget(std::uint64_t limit) : limit_(limit) {}
  Budget(const Budget&) = delete;

  /// After a reload. What is held already stays held, even beyond a smaller limit.
  void set_limit(std::uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  friend class BudgetShare;
  bool take(std::uint64_t bytes) {
    std::uint64_t before = used();
    do {
      const std::uint64_t most = limit();
      if (before > most || bytes > most - before) return false;
    } while (!used_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
    return true;
  }
  void give(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> limit_;
};

/// What one holder has of a budget; given back when it goes. Not thread-safe.
class BudgetShare {
 public:
  BudgetShare() = default;  // of no budget: everything fits
  explicit BudgetShare(Budget& budget) : budget_(&budget) {}
  BudgetShare(BudgetShare&& other) noexcept : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}
  BudgetShare& operator=(BudgetShare&& other) noexcept {
    if (this == &other) return *this;
    resize(0);
    budget_ = other.budget_;
    held_ = std::exchange(other.held_, 0);
    return *this;
  }
  ~BudgetShare() { resize(0); }

  /// Holds `bytes` from now on. false: there is no room, and it holds what it held. Holding less never fails.
  bool resize(std::uint64_t bytes) {
    if (budget_ && bytes > held_ && !budget_->take(bytes - held_)) return false;
    if (budget_ && bytes < held_) budget_->give(held_ - bytes);
    held_ = bytes;
    return true;
  }
  std::uint64_t held() const { return held_; }

 private:
  Budget* budget_ = nullptr;
  std::uint64_t held_ = 0;
};

}  // namespace maildrop
