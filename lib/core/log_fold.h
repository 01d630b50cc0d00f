/// log_fold.h: lines that come again and again, as one that says how many it stands for.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"

namespace maildrop::log {

/// Of lines that are the same but for what differs in every line, the first few of a minute are written as they are.
/// Further ones are held back, and at the end of the minute the last of them is written with their number. So a flood
/// costs what its kinds cost and not what its lines do, nothing of it is hidden, and somebody's own line, which is like
/// no other, is always there.
///
/// Not thread-safe. Holds kKinds kinds at most, of some 700 bytes each as they come, and of some KB where strangers do
/// their worst; of more, the one that began first is given up.
class Fold {
 public:
  static constexpr std::chrono::minutes kWindow{1};
  static constexpr std::size_t kKinds = 512;

  /// What is written instead of `repeated` lines, the last of which was `line`.
  struct Summary {
    std::string line;
    std::uint64_t repeated;
  };

  /// One more of `kind`. true: it is to be written; `most` of a kind are in a window. false: give its line to hold().
  bool is_written(std::string_view kind, unsigned most, Monotonic now);
  /// The line of the kind that was asked for last.
  void hold(std::string line);
  /// Those whose window is over (all of them: with Monotonic::max()), in the order in which they began, and those of
  /// kinds that were given up.
  std::vector<Summary> take_due(Monotonic now);

 private:
  struct Kind {
    std::string name;
    Monotonic since;
    unsigned written;
    Summary held;
  };
  void give_up_first();

  std::list<Kind> kinds_;  // by their begin
  std::unordered_map<std::string_view, std::list<Kind>::iterator> by_name_;
  std::list<Kind>::iterator last_ = kinds_.end();
  std::vector<Summary> due_;
};

}  // namespace maildrop::log
