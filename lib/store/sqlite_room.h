/// sqlite_room.h: what each source holds in a SQLite store, and the making of room (fair_share.h).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "store/caps.h"
#include "store/fair_share.h"
#include "store/sqlite_writer.h"

namespace maildrop::store::sqlite {

/// Of a message: the order of their table.
struct Place {
  std::int64_t inbox = 0;
  std::int64_t seq = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// Each message says in its row whose it is and what it takes; no index by source is kept, since that would cost each
/// delivery half as much again as all else that it writes. What each source holds is counted in memory: at once where
/// there is little, else when a quarter of the store is used (before that no source can hold too much), by reading all
/// rows once, in steps. When sources have to make room the rows are read again, and the oldest of theirs are noted, to
/// be removed as they are needed.
///
/// Not thread-safe: the Writer's.
class Room {
 public:
  explicit Room(std::uint64_t capacity) : capacity_(capacity), holdings_(capacity) {}
  /// Counts what there is, if it is little.
  Result<void> start(Writer::State& state);

  /// What a transaction does counts from committed() on; charges of what is removed are negative.
  void begin();
  void message(Place place, Source source, std::int64_t charge);
  void shared_body(std::int64_t body, Source source, std::int64_t charge);
  void committed();

  /// As far as it is known: less while it is being counted.
  std::uint64_t held(Source source) const { return holdings_.of(source); }

  /// One bounded step of whatever has to be done, of at most `most` messages.
  Result<void> step(Writer::State& state, std::size_t most, const Caps& caps, PurgeReport& report);

 private:
  struct Change {
    Source source;
    std::int64_t charge;
  };
  struct Victim {
    std::int64_t at;
    Place place;
  };
  /// Of a source that has to make room.
  struct Prey {
    std::int64_t old = 0;           // what was stored then or before may go
    std::vector<Victim> victims{};  // the oldest last, when no hunt is on
  };
  enum class Counted { messages, bodies, all };  // are being counted, up to a place; or were

  Result<void> count(Writer::State& state);
  void begin_hunt(const std::vector<Holdings::Holder>& holders, std::int64_t now, const Caps& caps);
  Result<void> hunt(Writer::State& state, const Caps& caps);
  void end_hunt(std::int64_t now);
  void note(Prey& prey, const Victim& victim);
  Result<void> evict(Writer::State& state, const Holdings::Holder& holder, std::size_t most, PurgeReport& report);
  Result<void> expire_longest(Writer::State& state, std::size_t most, const Caps& caps, PurgeReport& report);
  bool must_yield(std::uint64_t held, std::uint64_t freed = 0) const;

  const std::uint64_t capacity_;
  std::uint64_t free_ = 0;  // as of this step
  Counted counted_ = Counted::messages;
  Place message_;          // counted up to it
  std::int64_t body_ = 0;  // the same
  Holdings holdings_;
  std::vector<Change> changes_;  // of the transaction

  std::unordered_map<Source, Prey> prey_;
  std::optional<Place> hunted_;                  // a hunt is on, and has come so far
  std::chrono::steady_clock::duration took_{0};  // its steps
  std::int64_t next_old_ = 0;                    // when something more may be old enough; of the hunt
  std::int64_t next_hunt_ = 0;                   // not before
};

}  // namespace maildrop::store::sqlite
