/// comparison.h: the same messages judged twice: by what there was before, and by what there is now. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/outcome.h"

namespace maildrop::replay {

/// What is kept of an outcome.
struct Verdict {
  Fate fate{};
  std::string by{};  // as Outcome::by
  double score = 0;
};

/// A message that fares otherwise now. May hold anything that a stranger wrote.
struct Change {
  std::string name{};
  Label label{};
  Verdict before{}, after{};
  std::vector<std::string> reasons{};  // `dnsbl 3.50: reason`, of what was found now
};

/// Which of two is better, where they disagree: `worse` messages were judged rightly before and not now, `better` ones
/// the other way round.
struct Disagreement {
  std::uint64_t better = 0, worse = 0;
  /// How likely so uneven a split is if both were equally good: the exact test of McNemar, "Note on the sampling error
  /// of the difference between correlated proportions or percentages" (1947). 1 where they do not disagree.
  double p_value() const;
};

/// Bounded. A value; not thread-safe.
struct Comparison {
  static constexpr std::size_t kNamed = 100;        // changes; the rest is counted
  static constexpr std::size_t kReasons = 5;        // of a change
  static constexpr std::size_t kNameBytes = 300;    // of a name
  static constexpr std::size_t kReasonBytes = 200;  // of a reason

  /// `names` of the filters that `after` goes by.
  void add(const Verdict& before, const Outcome& after, const std::vector<std::string>& names);
  /// The same of what has a name. `reasons` is asked for those of a change that is kept.
  void add(std::string_view name, Label label, const Verdict& before, const Verdict& after,
           const std::function<std::vector<std::string>()>& reasons);

  std::uint64_t compared = 0, changed = 0;
  std::uint64_t unknown = 0;  // of which nothing is known from before
  /// [label][before][after]
  std::array<std::array<std::array<std::uint64_t, kFates>, kFates>, kLabels> fates{};
  std::vector<Change> named{};  // the first ones

  /// Spam is right when it is caught, ham when it is not.
  Disagreement disagreement(Label label) const;
  Disagreement disagreement() const;  // of both
  std::uint64_t count(Label label) const;
};

/// How much worse it may be: so many messages of a label more that are wrong than that are right now, or such a part
/// of its messages.
struct MostRegress {
  double number = 0;
  bool percent = false;
};
/// Spam or ham, each by itself, fares worse by more than that.
bool is_regress(const Comparison& comparison, const MostRegress& most);

}  // namespace maildrop::replay
