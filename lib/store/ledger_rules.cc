/// ledger_rules.cc: lifetimes, windows, buckets.
#include "store/ledger_rules.h"

#include <algorithm>

#include "mail/sha256.h"

namespace maildrop::store {

namespace {

constexpr std::size_t kLongestSpace = 40;
constexpr std::size_t kPlainKey = 64;                    // bytes; longer ones are kept as a digest, which has as many
constexpr std::int64_t kParts = 4096;                    // of a window, in which the one before it is forgotten
constexpr std::int64_t kLargestSum = 1'000'000'000'000;  // times kParts it is below 2^53
constexpr std::int64_t kMicros = 1000;                   // in a millisecond

bool is_space(std::string_view text) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !text.empty() && text.size() <= kLongestSpace && text.find_first_not_of(kAlphabet) == text.npos;
}

/// No space holds ':' or '#': no key can be made to look like another's, nor like one of another space.
std::string key_of(const Operation& operation) {
  if (operation.key.size() <= kPlainKey) return operation.space + ":" + operation.key;
  mail::Sha256 digest;
  digest.add(operation.key);
  return operation.space + "#" + digest.hex();
}

std::int64_t floor_of(std::int64_t dividend, std::int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

std::int64_t ceiling_of(std::int64_t dividend, std::int64_t divisor) { return -floor_of(-dividend, divisor); }

LedgerRecord::Kind kind_of(Operation::Kind kind) {
  if (kind == Operation::Kind::add) return LedgerRecord::sum;
  return kind == Operation::Kind::take ? LedgerRecord::bucket : LedgerRecord::note;
}

using MaybeRecord = std::optional<LedgerRecord>;

Answer tell(const MaybeRecord& record) {
  Answer answer;
  answer.found = record.has_value();
  if (!record) return answer;
  answer.since = from_millis(record->a);
  answer.until = from_millis(record->until);
  answer.value = record->value;
  return answer;
}

Answer keep(const LedgerTask& task, std::int64_t now, MaybeRecord& record, LedgerChange& change) {
  Answer answer = tell(record);
  switch (task.kind) {
    case Operation::Kind::note:
      if (record) break;
      [[fallthrough]];
    case Operation::Kind::put:
      record = LedgerRecord{LedgerRecord::note, now + task.x, now, 0, 0, std::string(task.value)};
      change = LedgerChange::write;
      break;
    case Operation::Kind::remove:
      if (record) change = LedgerChange::erase;
      break;
    default: break;
  }
  return answer;
}

Answer add(const LedgerTask& task, std::int64_t now, MaybeRecord& record, LedgerChange& change) {
  const std::int64_t window = task.y;
  const std::int64_t start = now - now % window;
  // Another window than it was counted in: a new setting, and a new count.
  if (record && record->until - record->a != 2 * window) record.reset();
  if (!record) record = LedgerRecord{LedgerRecord::sum, 0, start, 0, 0, {}};
  if (record->a < start) {
    record->c = start - record->a == window ? record->b : 0;
    record->b = 0;
  }
  record->a = start;  // also where the clock was set back
  record->until = start + 2 * window;
  record->b = std::clamp(record->b + task.x, -kLargestSum, kLargestSum);
  const std::int64_t share = (window - (now - start)) * kParts / window;
  Answer answer;
  answer.current = record->b;
  answer.sum = record->b + floor_of(record->c * share, kParts);
  if (task.x != 0) change = LedgerChange::write;
  return answer;
}

/// As the virtual scheduling of ITU-T I.371 (GCRA) has it: a bucket is the one moment at which it is full again.
Answer take(const LedgerTask& task, std::int64_t now, MaybeRecord& record, LedgerChange& change) {
  const std::int64_t at = now * kMicros;
  const std::int64_t empty = at + task.z * task.y;  // full then: it is empty now
  // Never later than that: whatever the clock did, or a larger bucket before, nobody waits longer than for a full one.
  const std::int64_t full = std::clamp(record ? record->a : at, at, empty);
  const std::int64_t next = full + task.x * task.y;
  Answer answer;
  answer.granted = next <= empty;
  if (!answer.granted) answer.wait = Millis(ceiling_of(next - empty, kMicros));
  const std::int64_t then = answer.granted ? next : full;
  answer.left = (empty - then) / task.y;
  if (task.x == 0) return answer;
  // Also where it was refused: who goes on trying is not forgotten.
  record = LedgerRecord{LedgerRecord::bucket, ceiling_of(then, kMicros), then, 0, 0, {}};
  change = LedgerChange::write;
  return answer;
}

Result<void> check(const Operation& operation) {
  const auto invalid = [&](const char* what) {
    return fail(Code::invalid, "ledger '" + operation.space + "': " + what);
  };
  if (!is_space(operation.space)) return fail(Code::invalid, "not the name of a space in the ledger");
  if (operation.key.size() > Operation::kLongestKey) return invalid("the key is too long");
  if (operation.value.size() > Operation::kLongestValue) return invalid("the value is too long");
  const Millis time = operation.time;
  switch (operation.kind) {
    case Operation::Kind::get:
    case Operation::Kind::remove: return {};
    case Operation::Kind::put:
    case Operation::Kind::note:
      return time.count() >= 1 && time <= Operation::kLongest ? Result<void>() : invalid("no such lifetime");
    case Operation::Kind::add: {
      if (time.count() < 1 || time > Operation::kLongest / 2) return invalid("no such window");
      const bool fits = operation.amount >= -Operation::kLargestAmount && operation.amount <= Operation::kLargestAmount;
      return fits ? Result<void>() : invalid("the amount is too large");
    }
    case Operation::Kind::take: break;
  }
  const Rate& rate = operation.rate;
  const bool makes_sense = rate.tokens >= 1 && rate.burst >= 1 && rate.burst <= Operation::kLargestBurst &&
                           rate.per.count() >= 1 && rate.per <= Operation::kLongest &&
                           rate.per.count() * kMicros >= rate.tokens;
  if (!makes_sense || Operation::kLongest.count() * kMicros / (rate.per.count() * kMicros / rate.tokens) < rate.burst)
    return invalid("no such rate");
  return operation.amount <= rate.burst ? Result<void>() : invalid("more tokens than the bucket holds");
}

}  // namespace

Result<LedgerTask> task_of(const Operation& operation) {
  TRY(check(operation));
  LedgerTask task{operation.kind, key_of(operation), operation.value};
  switch (operation.kind) {
    case Operation::Kind::put:
    case Operation::Kind::note: task.x = operation.time.count(); break;
    case Operation::Kind::add:
      task.x = operation.amount;
      task.y = operation.time.count();
      break;
    case Operation::Kind::take:
      task.x = operation.amount;
      task.y = operation.rate.per.count() * kMicros / operation.rate.tokens;
      task.z = operation.rate.burst;
      break;
    default: break;
  }
  return task;
}

std::string_view space_of(std::string_view key) { return key.substr(0, key.find_first_of(":#")); }

std::optional<LedgerRecord> record_as_told(const LedgerTask& task, const Answer& answer, Time time) {
  const std::int64_t now = to_millis(time);
  if (task.kind == Operation::Kind::add) {
    const std::int64_t window = task.y;
    const std::int64_t start = now - now % window;
    const std::int64_t share = (window - (now - start)) * kParts / window;
    const std::int64_t before = share > 0 ? ceiling_of((answer.sum - answer.current) * kParts, share) : 0;
    return LedgerRecord{LedgerRecord::sum, start + 2 * window, start, answer.current, before, {}};
  }
  if (task.kind == Operation::Kind::take) {
    const std::int64_t full = now * kMicros + (task.z - answer.left) * task.y;
    return LedgerRecord{LedgerRecord::bucket, ceiling_of(full, kMicros), full, 0, 0, {}};
  }
  if (!answer.found) return std::nullopt;
  return LedgerRecord{LedgerRecord::note, to_millis(answer.until), to_millis(answer.since), 0, 0, answer.value};
}

Answer apply(const LedgerTask& task, Time time, std::optional<LedgerRecord>& record, LedgerChange& change) {
  const std::int64_t now = to_millis(time);
  change = LedgerChange::none;
  if (record && (record->until <= now || record->kind != kind_of(task.kind))) record.reset();
  switch (task.kind) {
    case Operation::Kind::add: return add(task, now, record, change);
    case Operation::Kind::take: return take(task, now, record, change);
    default: return keep(task, now, record, change);
  }
}

}  // namespace maildrop::store
