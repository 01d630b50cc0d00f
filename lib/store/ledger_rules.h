/// ledger_rules.h: what an operation makes of a record, as a function of both and the time: the arithmetic of windows
/// and buckets for memory and SQLite. redis_ledger_script.cc says the same in Lua.
///
/// All numbers are integers below 2^53, so that Lua, which has doubles, comes to the same ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/ledger.h"

namespace maildrop::store {

/// An operation that keeps the rules.
struct LedgerTask {
  Operation::Kind kind;
  std::string key;         // with its space; a long one as its digest: 97 bytes at most
  std::string_view value;  // the operation's
  std::int64_t x = 0;      // lifetime, ms           amount         cost
  std::int64_t y = 0;      //                        window, ms     time for one token to come back, us
  std::int64_t z = 0;      //                                       burst

  /// Whatever is there stays as it is.
  bool only_asks() const {
    return kind == Operation::Kind::get || ((kind == Operation::Kind::add || kind == Operation::Kind::take) && x == 0);
  }
};

/// invalid: it breaks a rule of Operation. The task refers to the operation.
Result<LedgerTask> task_of(const Operation& operation);

/// The space that a task's key is in.
std::string_view space_of(std::string_view key);

/// What is stored under a key.
struct LedgerRecord {
  enum Kind : std::int64_t { note = 1, sum = 2, bucket = 3 };

  std::int64_t kind = note;
  std::int64_t until = 0;  // ms since 1970: as good as none from then on
  std::int64_t a = 0;      // made at, ms     begin of the window, ms      when it is full again, us since 1970
  std::int64_t b = 0;      //                 what came in it
  std::int64_t c = 0;      //                 and in the one before
  std::string value{};
};

enum class LedgerChange : std::uint8_t { none, write, erase };

/// What is stored where that is the answer to `task` at `now`, which changed nothing; of sums and buckets about.
std::optional<LedgerRecord> record_as_told(const LedgerTask& task, const Answer& answer, Time now);

/// Carries it out on what is stored (none: nothing is), at `now`; `change` says what has to be done with `record` then.
/// What is written counts as used.
Answer apply(const LedgerTask& task, Time now, std::optional<LedgerRecord>& record, LedgerChange& change);

}  // namespace maildrop::store
