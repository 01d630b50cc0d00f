/// tuning.h: weights of filters, fitted to labelled mail, and how they fare on mail that they were not fitted to.
///
/// What a filter finds is a column, what it gave a row's number in it, and fit_logistic() (logistic.h) says how much
/// each tells. No weight is below zero: that would turn around what a filter says, where it was wrong by chance or by
/// how the mail was gathered, and who reads that it spoke for a message would be misled. Weights are pulled towards
/// those in force, so that little mail changes little.
///
/// A logit is no score: the operator has thresholds, and they keep their meaning. So all weights are multiplied by one
/// number, by which the lowest threshold has so much of the ham of those folds at or above it as is let: as near to
/// that as can be, but not where the model takes a message for ham.
///
/// Each fold is judged by weights, and that number, that come of the others alone; how strong the pull is by two of
/// these, of which one was left out. The last weights are of all folds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "replay/comparison.h"
#include "replay/examples.h"
#include "replay/measures.h"

namespace maildrop::replay {

/// One of a chain.
struct Tunable {
  std::string name{};
  double weight = 1;  // in force
  bool counts = false;
  bool fitted = false;   // its weight is to be found; otherwise it counts as it does
  bool script = false;   // its weight is in its own file:
  double of_script = 1;  // and is multiplied with this
};

struct TuningOptions {
  static constexpr unsigned kFolds = 10;
  static constexpr std::uint64_t kLeast = 50;  // of each label that differ: in a fold are five then

  struct Threshold {
    std::string does;  // `tag`
    double score = 0;
  };
  std::vector<Threshold> thresholds{};  // from the lowest on; one at least
  double most_false = 0.005;            // part of the ham
};

/// Of messages that were judged by one set of weights, or by one for each fold.
struct TunedFigures {
  struct At {
    Rate recall, false_positives;
  };
  std::vector<At> at{};  // of each threshold: those that reach it
  ScoreHistogram spam{}, ham{};
};

struct Tuning {
  struct Weight {
    std::string name{};
    bool script = false;
    bool counted = false;             // it does by the weights in force
    double before = 0;                // the weight in force, as it is written
    double after = 0;                 // the new one
    double low = 0, high = 0;         // of those of the folds
    std::uint64_t spam = 0, ham = 0;  // messages that it gave a score
  };
  TuningOptions options{};
  std::uint64_t spam = 0, ham = 0;
  std::uint64_t different_spam = 0, different_ham = 0;
  unsigned folds = 0;
  double pull = 0;                       // that was chosen
  std::vector<Weight> weights{};         // of those that are fitted and found something, in the order of the chain
  std::vector<std::string> silent{};     // were to be fitted, and gave nothing
  std::vector<std::string> unchanged{};  // gave something, and count as they do
  // By the weights in force; by them when all are multiplied by the one number; and by the new ones.
  TunedFigures before{}, moved{}, after{};
  double move = 1;                             // that number, of all folds
  Disagreement spam_changed{}, ham_changed{};  // at the lowest threshold, between `before` and `after`
};

/// How many fits of how many are done. false ends it.
using TuningGoOn = std::function<bool(unsigned done, unsigned of)>;

/// `examples` are divided (Examples::divide), and of `filters`. Takes some ten seconds for 100,000 messages. The same
/// examples give the same weights, on processors whose exp() has the same last bit.
///   invalid      there is too little to go by, or nothing to fit: the text says what
///   unavailable  as Examples::each(), or `go_on` ended it
Result<Tuning> tune(const Examples& examples, const std::vector<Tunable>& filters, const TuningOptions& options,
                    const TuningGoOn& go_on);

}  // namespace maildrop::replay
