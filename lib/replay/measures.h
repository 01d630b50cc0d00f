/// measures.h: how good a judgement was, and how sure one can be of it, of counts alone. Pure.
///
/// All sums are of whole numbers, so that the same messages give the same figures in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "replay/outcome.h"

namespace maildrop::replay {

/// Of 95 %.
struct Interval {
  double low = 0, high = 1;
};

/// So many of so many.
struct Rate {
  std::uint64_t hits = 0;
  std::uint64_t of = 0;  // hits at least

  std::optional<double> value() const;  // nothing: of none
  /// Wilson's score interval (1927), method 3 of Newcombe, "Two-sided confidence intervals for the single proportion"
  /// (1998): it stays within 0 and 1 and is right for few as well. Of none: all is possible.
  Interval interval() const;
};

/// What was caught (is_caught) of what should have been. The rates are of all messages with that label: a deferred one
/// counts as not caught. So they do not get better by what was only put off, and are of the same messages for any
/// configuration.
struct Confusion {
  struct Row {
    std::uint64_t caught = 0, deferred = 0, passed = 0;
    std::uint64_t all() const { return caught + deferred + passed; }
  };
  Row spam, ham;

  /// Nothing for a message without a label.
  void add(Label label, Fate fate, std::uint64_t times = 1);

  Rate recall() const { return {spam.caught, spam.all()}; }                   // of the spam, what was caught
  Rate false_positives() const { return {ham.caught, ham.all()}; }            // of the ham, what was caught
  Rate precision() const { return {spam.caught, spam.caught + ham.caught}; }  // of what was caught, the spam
  Rate spam_deferred() const { return {spam.deferred, spam.all()}; }
  Rate ham_deferred() const { return {ham.deferred, ham.all()}; }
  std::optional<double> f1() const;  // the harmonic mean of recall and precision; nothing: no spam, and none caught
};

/// Scores of any number of messages, by the hundredth.
class ScoreHistogram {
 public:
  static constexpr int kEnd = 50;                               // as far from 0 a score has a bin of its own
  static constexpr std::size_t kBins = 2 * kEnd * 100 + 1 + 2;  // and two that are open

  ScoreHistogram() : bins_(kBins, 0) {}

  /// What is no number counts as 0.
  void add(double score);
  std::uint64_t count() const { return count_; }
  std::uint64_t at(std::size_t bin) const { return bins_[bin]; }
  /// In hundredths: of the open ones one beyond the end, which stands for all behind it.
  static constexpr int hundredths(std::size_t bin) { return static_cast<int>(bin) - kEnd * 100 - 1; }

 private:
  std::vector<std::uint64_t> bins_;
  std::uint64_t count_ = 0;
};

/// What would be caught and what would be harmed if all with this score or more were.
struct RocPoint {
  std::optional<int> hundredths;  // the score; nothing: nobody has as much
  Rate recall, false_positives;
};

/// One for each score that somebody has, the highest first; before them that of nobody caught. Empty without spam or
/// without ham.
std::vector<RocPoint> roc_points(const ScoreHistogram& spam, const ScoreHistogram& ham);
/// The one that catches most while it harms no more than `part` (0 to 1) of the ham. REQUIRES: there are points.
const RocPoint& best_within(const std::vector<RocPoint>& points, double part);

/// How likely a spam has a higher score than a ham, ties counting half: the area below the ROC. Its standard error as
/// of Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve"
/// (1982). The interval holds those areas that are within 95 % of this one by their own error, as Wilson's does
/// (Newcombe 2006): it is not empty where spam and ham do not meet. Exact for scores of two digits within the ends.
struct RocArea {
  double value = 0;
  double error = 0;
  Interval interval;
};
/// Nothing without spam or without ham.
std::optional<RocArea> roc_area(const ScoreHistogram& spam, const ScoreHistogram& ham);

}  // namespace maildrop::replay
