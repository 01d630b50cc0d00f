/// sqlite_room.cc: one bounded step of making room (fair_share.h).
#include <algorithm>

#include "store/fair_share.h"
#include "store/sqlite_writer_state.h"

namespace maildrop::store::sqlite {

namespace {

constexpr std::int64_t kAtOnce = 64;  // rows read at a time

struct Old {
  Row row;
  std::int64_t inbox = 0;
};

class Room {
 public:
  Room(Writer::State& state, std::size_t messages, const Caps& caps)
      : state_(state), left_(messages), old_(state.expiry_now() - caps.min_age.count()) {}

  Result<void> run(PurgeReport& report) {
    free_ = static_cast<std::uint64_t>(TRY(state_.free()));
    const std::vector<Source> sources = largest();
    for (std::size_t i = 0; i < std::min(sources.size(), kAsked) && must_yield(sources[i].held); ++i) {
      std::vector<Old> rows = TRY(oldest(sources[i].id));
      if (!rows.empty()) return evict(sources[i], std::move(rows), report);
    }
    if (!must_yield(0)) return {};
    const auto wanted = static_cast<std::int64_t>(reserve(state_.capacity()) - free_);
    const PurgeReport idle = TRY(expire(state_, left_, std::min(kStepBytes, wanted), old_));
    report.evicted += idle.removed;
    report.more = idle.removed != 0 && idle.more;
    return {};
  }

 private:
  struct Source {
    std::int64_t id;
    std::uint64_t held;
  };

  bool must_yield(std::uint64_t held, std::uint64_t freed = 0) const {
    return store::must_yield(held, free_ + freed, state_.capacity());
  }

  std::vector<Source> largest() const {
    std::vector<Source> found;
    found.reserve(state_.large.size());
    for (const auto& [id, charge] : state_.large) found.push_back({id, static_cast<std::uint64_t>(charge)});
    std::sort(found.begin(), found.end(), [](const Source& a, const Source& b) { return a.held > b.held; });
    return found;
  }

  /// What is old enough of it, a portion.
  Result<std::vector<Old>> oldest(std::int64_t source) {
    std::vector<Old> rows;
    Cursor cursor(state_.oldest_of_source);
    cursor->bind(1, source).bind(2, std::min<std::int64_t>(kAtOnce, static_cast<std::int64_t>(left_)));
    while (TRY(cursor->step())) {
      const Old next{row_of(cursor), cursor->integer(kRowColumns)};
      if (next.row.at > old_) break;
      rows.push_back(next);
    }
    return rows;
  }

  /// As far as one step goes, until that source need not make room. What is removed counts as free, though of a page
  /// that messages share nothing is before all of them are gone: the next step sees how it is.
  Result<void> evict(const Source& source, std::vector<Old> rows, PurgeReport& report) {
    Transaction transaction = TRY(Transaction::begin(state_));
    report.source = TRY(text(state_.name_source, source.id));
    std::uint64_t freed = 0;
    const auto goes_on = [&] { return left_ > 0 && freed < kStepBytes && must_yield(source.held - freed, freed); };
    while (!rows.empty() && goes_on()) {
      for (std::size_t i = 0; i < rows.size() && goes_on(); ++i) {
        TRY(remove(rows[i]));
        ++report.evicted;
        --left_;
        freed = static_cast<std::uint64_t>(-state_.added[source.id]);
      }
      rows = TRY(oldest(source.id));
    }
    TRY(transaction.commit());
    report.more = must_yield(source.held - freed, freed);
    return {};
  }

  Result<std::string> text(Statement& statement, std::int64_t id) {
    Cursor cursor(statement);
    cursor->bind(1, id);
    return TRY(cursor->step()) ? std::string(cursor->bytes(0)) : std::string();
  }

  Result<void> remove(const Old& old) {
    TRY(state_.drop(old.inbox, {&old.row, 1}));
    if (!TRY(state_.is_empty(old.inbox))) return {};
    return state_.close(TRY(text(state_.inbox_name, old.inbox)));
  }

  Writer::State& state_;
  std::size_t left_;
  const std::int64_t old_;  // what was stored then may go
  std::uint64_t free_ = 0;
};

}  // namespace

Result<void> room_step(Writer::State& state, std::size_t messages, const Caps& caps, PurgeReport& report) {
  return Room(state, messages, caps).run(report);
}

}  // namespace maildrop::store::sqlite
