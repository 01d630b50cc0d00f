/// budget.h: bytes of memory that strangers may make us hold, counted by those who hold them.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace maildrop {

/// A limit of bytes, and how many of them are taken. Thread-safe, lock-free.
class Budget {
 public:
  explicit Budget(std::uint64_t limit) : limit_(limit) {}
  Budget(const Budget&) = delete;

  /// What is held beyond a smaller limit stays held.
  void set_limit(std::uint64_t limit) { limit_ = limit; }
  std::uint64_t limit() const { return limit_; }
  std::uint64_t used() const { return used_; }

 private:
  friend class BudgetShare;

  bool take(std::uint64_t bytes) {
    std::uint64_t before = used_;
    do {
      const std::uint64_t limit = limit_;
      if (before > limit || bytes > limit - before) return false;
    } while (!used_.compare_exchange_weak(before, before + bytes));
    return true;
  }
  void give_back(std::uint64_t bytes) { used_ -= bytes; }

  std::atomic<std::uint64_t> limit_;
  std::atomic<std::uint64_t> used_{0};
};

/// What one holder has of a budget; all of it is given back when it is destroyed. The budget outlives it. Not
/// thread-safe itself.
class BudgetShare {
 public:
  BudgetShare() = default;  // of no budget: everything fits
  explicit BudgetShare(Budget& budget) : budget_(&budget) {}
  BudgetShare(BudgetShare&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), held_(std::exchange(other.held_, 0)) {}
  BudgetShare& operator=(BudgetShare&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~BudgetShare() {
    if (budget_) budget_->give_back(held_);
  }

  /// false: there is no room, and nothing has changed. Shrinking never fails.
  bool resize(std::uint64_t bytes) {
    if (budget_ && bytes > held_ && !budget_->take(bytes - held_)) return false;
    if (budget_ && bytes < held_) budget_->give_back(held_ - bytes);
    held_ = bytes;
    return true;
  }
  std::uint64_t held() const { return held_; }

 private:
  Budget* budget_ = nullptr;
  std::uint64_t held_ = 0;
};

}  // namespace maildrop
