/// ledger.h: what is kept of strangers beside their mail: who came when, how often, and how much more he may.
///
/// Records with a lifetime, sums over a sliding window and token buckets, each under a key in a space of its own. All
/// of it is worth remembering and nothing of it is worth a message: it is bounded, and a ledger that fails is an error
/// to its callers and no more.
///
/// Where there are too many records, the space that holds most loses the one it used longest ago (of those that hold as
/// many: the space whose name sorts last), and so on. So of n spaces each keeps at least its n-th part of the limit,
/// whatever strangers bring into the others, and one that is alone may have all of it. A space is there as long as it
/// holds any record, so it is the limit that bounds them, too; what a record costs grows with the logarithm of both.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"

namespace maildrop::store {

/// `tokens` come back in each `per`; `burst` of them is what a bucket holds, and has at first.
struct Rate {
  unsigned tokens = 1;
  Millis per = std::chrono::minutes(1);
  unsigned burst = 1;
  friend bool operator==(const Rate&, const Rate&) = default;
};

/// One thing to be done. `space` is ours, `[a-z0-9-]`, 40 bytes at most, and has operations of one kind: records
/// (put, note, get, remove), sums, or buckets; what another kind left under a key counts as nothing. `key` is any
/// bytes, kLongestKey of them at most.
struct Operation {
  enum class Kind : std::uint8_t { put, note, get, remove, add, take };

  static constexpr std::size_t kLongestKey = 4096;
  static constexpr std::size_t kLongestValue = 256;
  /// A lifetime, two windows, and the time that an empty bucket needs to fill.
  static constexpr Millis kLongest = std::chrono::hours(24 * 100);
  static constexpr std::int64_t kLargestAmount = 1'000'000'000;
  static constexpr unsigned kLargestBurst = 1'000'000;

  /// A record of now with `value`, for `lifetime`, in place of the one that is there.
  static Operation put(std::string_view space, std::string_view key, Millis lifetime, std::string_view value = {});
  /// The same unless there is one: that one stays as it is, and is the answer.
  static Operation note(std::string_view space, std::string_view key, Millis lifetime, std::string_view value = {});
  static Operation get(std::string_view space, std::string_view key);
  static Operation remove(std::string_view space, std::string_view key);
  /// Adds `amount`, which may be negative; 0 only asks. The sum is that of the current window (they begin at multiples
  /// of `window` since 1970) and, of the one before, the part that is not `window` ago yet, as if what came in it had
  /// come evenly: two numbers for a key, where exact sums need each event. At worst, when all of it came at one moment,
  /// that is off by what came in one window, and by nothing when it came evenly (Cloudflare, "How we built rate
  /// limiting capable of scaling to millions of domains", 2017). So a counter decays too: all of an amount is gone
  /// after two windows at most.
  static Operation add(std::string_view space, std::string_view key, std::int64_t amount, Millis window);
  /// `cost` tokens, all of them or none; 0 only asks. Exact to the microsecond that a token takes to come back.
  static Operation take(std::string_view space, std::string_view key, unsigned cost, const Rate& rate);

  Kind kind = Kind::get;
  std::string space;
  std::string key;
  std::string value{};
  Millis time{};  // lifetime or window
  std::int64_t amount = 0;
  Rate rate{};
  friend bool operator==(const Operation&, const Operation&) = default;
};

struct Answer {
  // Of records: was there one before? And what it was.
  bool found = false;
  Time since{};  // when it was made
  Time until{};
  std::string value{};
  // Of add():
  std::int64_t sum = 0;      // over the sliding window
  std::int64_t current = 0;  // since the last multiple of it alone: what statistics count
  // Of take():
  bool granted = false;
  Millis wait{};          // until it would be granted, if nobody else takes any; 0: it was
  std::int64_t left = 0;  // whole tokens in the bucket now
};

struct LedgerStats {
  std::uint64_t records = 0;  // as of the last batch, expired ones not yet removed included
  std::uint64_t expired = 0;  // removed by this Ledger since it was opened
  std::uint64_t evicted = 0;  // the same of those that had not expired, and made room
};

struct LedgerTask;

/// Implementations: memory, sqlite, redis; all pass tests/store/ledger_contract.h. Thread-safe. Blocking, but for
/// memory: loops go through the Bookkeeper. Times are the wall clock's, which all processes of a machine share and a
/// restart does not stop; one that jumps ahead forgets, and that is all.
class Ledger {
 public:
  /// What one run() takes.
  static constexpr std::size_t kLargestBatch = 200;

  explicit Ledger(std::size_t most) : most_(most) {}
  virtual ~Ledger() = default;
  Ledger(const Ledger&) = delete;

  /// All in one transaction, in their order; answers in the order of the operations. Others see each whole or not at
  /// all. Each batch removes some of what has expired, and all that is too many by itself; one that only asks (get, and
  /// amounts and costs of 0) changes nothing at all.
  ///   invalid      the operation breaks a rule above, or would change what is only read; the others are done
  ///   not_found    there is none, and it is not made here (OpenOptions)
  ///   over_limit   the disk or server is full; nothing was done. Also: more than kLargestBatch, for those behind it
  ///   unavailable  disk or server failed, or others wrote for too long; nothing was done, unless it is the answer of a
  ///                server that was lost
  std::vector<Result<Answer>> run(std::span<const Operation> operations);
  /// What a single operation comes to.
  Result<Answer> run(const Operation& operation) { return run({&operation, 1}).front(); }

  /// From now on what is not a question is refused.
  void only_read() { only_reads_ = true; }
  /// Records to be kept at most (limits.ledger), of all spaces together. What is too many then goes in the next
  /// batches, some in each.
  void set_limit(std::size_t most) { most_ = most; }
  virtual LedgerStats stats() const = 0;

 protected:
  /// Answers to all, in their order. REQUIRES: at least one, and no more than kLargestBatch.
  virtual Result<std::vector<Answer>> carry_out(std::span<const LedgerTask> tasks) = 0;
  std::size_t most() const { return most_; }
  /// How many may be removed beside a batch: more than can come in it, so that any backlog ends. 0: it only asks, and
  /// nothing is written.
  static std::size_t removals(std::span<const LedgerTask> tasks);

 private:
  std::atomic<std::size_t> most_;
  std::atomic<bool> only_reads_{false};
};

}  // namespace maildrop::store
