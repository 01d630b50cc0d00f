/// summary.h: what came of all messages of a run before the filters: a report is made of it, and others compare two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "replay/measures.h"
#include "replay/outcome.h"
#include "replay/timeline.h"

namespace maildrop::replay {

using PerLabel = std::array<std::uint64_t, kLabels>;  // in the order of Label
using PerFate = std::array<std::uint64_t, kFates>;    // in the order of Fate
using FatesPerLabel = std::array<PerFate, kLabels>;

constexpr std::size_t place_of(Label label) { return static_cast<std::size_t>(label); }
constexpr std::size_t place_of(Fate fate) { return static_cast<std::size_t>(fate); }

/// What one filter was worth.
struct FilterSummary {
  std::string name{};
  PerLabel hits{};           // messages of which it found something
  PerLabel unique{};         // of these accepted without it, and not with it: only this one caught them
  PerLabel saved{};          // of these accepted with it, and not without it
  std::uint64_t failed = 0;  // messages of which it could not tell
  FatesPerLabel with{};      // what became of those that it hit or failed on
  FatesPerLabel without{};   // what would have become of the same without it
};

/// Ham that was caught, or spam that was accepted: for people, who want to know why. Cut to what is worth reading; may
/// hold anything that a stranger wrote.
struct Mistake {
  struct Reason {
    std::size_t filter = 0;
    double score = 0;
    bool counts = false;
    std::string text{};
  };
  std::string name{};
  Label label{};
  Fate fate{};
  std::string by{};
  double score = 0;
  std::vector<Reason> reasons{};  // those that made it so first, then by how much they weigh
};

/// The same outcomes in the same order give the same summary. Bounded, whatever their number: some 0.5 MB, most of it
/// scores. A value; not thread-safe.
struct Summary {
  static constexpr std::size_t kMistakesNamed = 50;  // of either kind; the rest is counted. People read no more
  static constexpr std::size_t kReasonsNamed = 5;    // of a mistake
  static constexpr std::size_t kNameBytes = 300;     // of a name: paths may have 4,096
  static constexpr std::size_t kReasonBytes = 200;   // of a reason

  /// Of the filters of a chain, in its order.
  explicit Summary(const std::vector<std::string>& names = {});

  /// REQUIRES: its filters are of those.
  void add(const Outcome& outcome);

  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  FatesPerLabel fates{};
  std::array<ScoreHistogram, kLabels> scores{};
  Timeline timeline{};
  std::vector<FilterSummary> filters{};
  std::map<std::string, PerLabel> decided_by{};  // what was not accepted, by Outcome::by
  std::vector<Mistake> false_positives{};        // the first ones
  std::vector<Mistake> false_negatives{};

  std::uint64_t count(Label label) const;
  std::uint64_t count(Label label, Fate fate) const { return fates[place_of(label)][place_of(fate)]; }
  Confusion confusion() const;
  /// What it would be without the filter at that place.
  Confusion confusion_without(std::size_t filter) const;
  /// How many of a label would be accepted without it.
  std::uint64_t accepted_without(std::size_t filter, Label label) const;
  const ScoreHistogram& scores_of(Label label) const { return scores[place_of(label)]; }
};

}  // namespace maildrop::replay
