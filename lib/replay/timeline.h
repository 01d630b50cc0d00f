/// timeline.h: how many came when, whatever the span, in bounded memory.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "replay/outcome.h"

namespace maildrop::replay {

/// Slots are as wide as a minute to begin with, and only those exist that somebody came in. When there are too many,
/// all become as wide as the next step (5 min, 15 min, 1 h, ..., 1 day, 1 week, 2, 4, ... weeks), each of which holds
/// whole ones of the one before: the slots are the same in whatever order messages come. Weeks begin on Mondays, all in
/// UTC. Not thread-safe.
class Timeline {
 public:
  static constexpr std::size_t kKept = 500;  // slots that somebody came in: more than are shown, as some may be far off
  static constexpr std::size_t kShown = 100;  // slots of a view: bars that can be told apart

  struct Slot {
    std::array<std::uint64_t, kLabels> all{}, caught{};
    std::uint64_t messages() const { return all[0] + all[1] + all[2]; }
    Slot& operator+=(const Slot& more);
  };

  /// Slots side by side, from the first that somebody came in to the last.
  struct View {
    Time first{};                        // where the first begins
    std::chrono::milliseconds width{0};  // of a slot
    std::vector<Slot> slots;             // kShown at most
    Slot before, after;                  // what lies far off, see below
    Slot undated;
  };

  /// A time that is not known, or not within the years 1970 to 9999, is no date.
  void add(Time time, Label label, bool caught);
  /// Records may have any date. What lies far off is not in view: where slots at an end have half a hundredth of all
  /// messages at most, are further away than a quarter of the time that the others take, and would make the view more
  /// than twice as long.
  View view() const;
  std::size_t kept() const { return slots_.size(); }  // kKept at most

 private:
  static std::int64_t width_of(unsigned step);
  static std::map<std::int64_t, Slot> widened(const std::map<std::int64_t, Slot>& slots, unsigned from, unsigned to);

  std::map<std::int64_t, Slot> slots_;  // by how many widths they begin after the first Monday
  unsigned step_ = 0;
  Slot undated_;
};

}  // namespace maildrop::replay
