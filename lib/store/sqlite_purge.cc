/// sqlite_purge.cc: one bounded step of expiry, through the index on `due`; and removal of many at once.
///
/// `due` is a lazy alarm: it rings at the earliest time at which an inbox can have expired. One that has received since
/// is set anew, once in each inbox.max_age (in a store that is full, once in inbox.min_age); so deliveries need not
/// touch the index.
#include <algorithm>
#include <charconv>

#include "store/sqlite_writer_state.h"

namespace maildrop::store::sqlite {

namespace {

constexpr std::int64_t kInboxes = 200;  // looked at in one step
constexpr std::int64_t kAtOnce = 64;    // rows read at a time

struct Due {
  std::string name;
  std::int64_t id, last, floor, due;
};

class Step {
 public:
  Step(Writer::State& state, std::size_t messages, std::int64_t bytes)
      : state_(state), left_(messages), bytes_(bytes) {}

  Result<PurgeReport> run(std::int64_t expired) {
    const std::vector<Due> due = TRY(ringing(expired));
    PurgeReport report;
    if (due.empty()) return report;  // nothing to write, so nothing to sync
    const std::size_t before = left_;
    Transaction transaction = TRY(Transaction::begin(state_));
    bool done = true;
    for (const Due& inbox : due) {
      done = TRY(settle(inbox, expired));
      if (!done) break;
    }
    TRY(transaction.commit());
    report.removed = before - left_;
    report.more = !done || static_cast<std::int64_t>(due.size()) == kInboxes;
    return report;
  }

 private:
  Result<std::vector<Due>> ringing(std::int64_t expired) {
    std::vector<Due> found;
    Cursor cursor(state_.due_inboxes);
    cursor->bind(1, expired).bind(2, kInboxes);
    while (TRY(cursor->step())) {
      found.push_back({std::string(cursor->bytes(0)), cursor->integer(1), cursor->integer(2), cursor->integer(3),
                       cursor->integer(4)});
    }
    return found;
  }

  /// false: the step's budget is used up.
  Result<bool> settle(const Due& inbox, std::int64_t expired) {
    const std::int64_t last = std::max(inbox.last, TRY(newest(inbox.id)));
    if (last > expired) {
      if (inbox.floor > 0 && !TRY(remove_up_to(inbox.id, inbox.floor))) return false;
      TRY(state_.arm_inbox.bind_text(1, inbox.name).bind(2, last).run());
      return true;
    }
    if (!TRY(remove_up_to(inbox.id, INT64_MAX))) return false;
    TRY(state_.close(inbox.name));
    return true;
  }

  Result<std::int64_t> newest(std::int64_t inbox) {
    Cursor cursor(state_.newest_at);
    cursor->bind(1, inbox);
    return TRY(cursor->step()) ? cursor->integer(0) : 0;
  }

  /// false: there are more.
  Result<bool> remove_up_to(std::int64_t inbox, std::int64_t seq) {
    for (;;) {
      const std::int64_t portion = std::min<std::int64_t>(kAtOnce, static_cast<std::int64_t>(left_));
      const std::vector<Row> rows = TRY(oldest(inbox, seq, portion));
      TRY(state_.drop(inbox, rows));
      left_ -= rows.size();
      for (const Row& row : rows) bytes_ -= row.size;
      if (static_cast<std::int64_t>(rows.size()) < kAtOnce && left_ > 0 && bytes_ > 0) return true;
      if (left_ == 0 || bytes_ <= 0) return false;
    }
  }

  Result<std::vector<Row>> oldest(std::int64_t inbox, std::int64_t seq, std::int64_t limit) {
    std::vector<Row> rows;
    Cursor cursor(state_.oldest_rows);
    cursor->bind(1, inbox).bind(2, seq).bind(3, limit);
    while (TRY(cursor->step())) {
      rows.push_back(row_of(cursor));
      if ((bytes_in_sight(rows)) >= bytes_) break;
    }
    return rows;
  }

  static std::int64_t bytes_in_sight(const std::vector<Row>& rows) {
    std::int64_t sum = 0;
    for (const Row& row : rows) sum += row.size;
    return sum;
  }

  Writer::State& state_;
  std::size_t left_;
  std::int64_t bytes_;
};

}  // namespace

Result<PurgeReport> purge_step(Writer::State& state, const PurgeQuery& query, const Caps& caps) {
  return expire(state, query.messages, kStepBytes, state.expiry_now() - caps.age.count());
}

Result<PurgeReport> expire(Writer::State& state, std::size_t messages, std::int64_t bytes, std::int64_t expired) {
  return Step(state, messages, bytes).run(expired);
}

namespace {

/// The messages of one inbox go, and with the last of them the inbox. What it received counts, not what it has: so the
/// newest leaves its time behind.
Result<std::size_t> remove_from(Writer::State& state, std::span<const Spot* const> spots) {
  const std::string& name = spots.front()->inbox.name();
  const InboxRow box = TRY(state.inbox(name));
  if (!box.found) return 0;
  std::int64_t newest = 0;
  {
    Cursor cursor(state.newest_at);
    cursor->bind(1, box.id);
    if (TRY(cursor->step())) newest = cursor->integer(0);
  }
  std::size_t removed = 0;
  for (const Spot* spot : spots) {
    std::int64_t seq = 0;
    const char* end = spot->key.data() + spot->key.size();
    if (std::from_chars(spot->key.data(), end, seq).ptr != end) continue;
    Row row;
    {
      Cursor cursor(state.one_row);
      cursor->bind(1, box.id).bind(2, seq);
      if (!TRY(cursor->step()) || cursor->bytes(kRowColumns) != spot->id.text()) continue;
      row = row_of(cursor);
    }
    TRY(state.drop(box.id, {&row, 1}));
    ++removed;
  }
  if (removed == 0) return removed;
  state.totals.changes.add(name);
  if (TRY(state.is_empty(box.id))) {
    TRY(state.close(name));
  } else if (newest > box.last) {
    TRY(state.note_last.bind_text(1, name).bind(2, newest).run());
  }
  return removed;
}

}  // namespace

Result<std::size_t> Writer::remove_all(std::span<const Spot> spots) {
  std::vector<const Spot*> sorted;
  for (const Spot& spot : spots) sorted.push_back(&spot);
  const auto by_name = [](const Spot* a, const Spot* b) { return a->inbox.name() < b->inbox.name(); };
  std::stable_sort(sorted.begin(), sorted.end(), by_name);
  Transaction transaction = TRY(Transaction::begin(*state_));
  std::size_t removed = 0;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::upper_bound(first, sorted.end(), *first, by_name);
    removed += TRY(remove_from(*state_, {first, last}));
    first = last;
  }
  if (removed == 0) return removed;
  TRY(transaction.commit());
  return removed;
}

}  // namespace maildrop::store::sqlite
