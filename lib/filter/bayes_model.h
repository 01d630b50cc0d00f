/// bayes_model.h: what was learned of features (bayes_tokens.h): in how many messages each was that are spam, and in
/// how many that are not.
///
/// A table of fixed size, so a model takes the same memory whatever it is taught: places of 8 bytes, eight in a line of
/// the cache, by 18 bits of a feature's hash; 32 more tell features of one line apart. Where a line is full the feature
/// goes of which the least is known: most are words that came once, and will not come again.
///
/// It learns from a message only what it does not know for certain (train on error, with a margin): from one in six of
/// the public corpus's. What it would judge no otherwise afterwards would fill its table, and make it trust in what is
/// common. A message's certainty is the mean of its features' log odds, each weighted with its square: so what is
/// certain has its say, however much says little. Robinson's and Fisher's combination, which bogofilter has, takes each
/// feature for a witness of its own, and pairs of words depend on each other far more than words do. Measured on the
/// public corpus, by ten-fold cross-validation with near duplicates in one fold, without the fields that tell where
/// mail was collected, in percent of the spam found (the constants were chosen by the same mail, and by other folds
/// than those of examples/replay):
///
///                                       false positives: 0.5 %    1 %   0 to 1 %, mean   area under the curve
///   as it is, mean of five orders                     98.1     99.1        96.8               .9994
///   learning from everything                          97.4     98.9        96.0               .9995
///   the same by Fisher's combination                  96.8     97.8        92.7               .9950
///   bogofilter 1.2.5                                  97.5     98.5        94.2               .9988
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::filter {

/// Thread-safe to read; what changes it has it alone.
class BayesModel {
 public:
  struct Counts {
    std::uint64_t spam = 0;
    std::uint64_t ham = 0;
  };

  static constexpr std::string_view kKeptAs = "bayes";  // in a store (store/models.h)
  static constexpr std::size_t kSize = 16u << 20;       // bytes of the table: two million features
  static constexpr std::size_t kMostBytes = 20u << 20;  // of bytes(): little of it can be made smaller

  BayesModel();
  BayesModel(const BayesModel&) = delete;
  BayesModel(BayesModel&&) noexcept;
  BayesModel& operator=(BayesModel&&) noexcept;
  ~BayesModel();

  /// What bytes() gave.
  ///   corrupt      it is damaged, or was never that
  ///   invalid      it is of another version
  ///   unavailable  memory is out
  static Result<BayesModel> parse(std::string_view bytes);
  /// A file of that. not_found, unavailable: it cannot be read. Blocking.
  static Result<BayesModel> open(const std::string& path);
  /// For files and stores: zstd of a line that tells of it, and the table; the same model gives the same. unavailable:
  /// memory is out.
  Result<std::string> bytes() const;

  const Counts& seen() const { return seen_; }        // messages that it was told of
  const Counts& learned() const { return learned_; }  // of these, that it learned from, as far as that still counts
  Counts of(std::uint64_t feature) const;

  /// A feature of a message, and what it says: log odds, above 0 for spam.
  struct Say {
    std::size_t feature;  // its place among those that were given
    double odds;
  };
  /// From 1 on the message is spam for certain, from -1 down it is ham; 0 where nothing is known. The strongest `most`
  /// of what it goes by come into `says`, if there is one, the strongest first.
  double judge(std::span<const std::uint64_t> features, std::vector<Say>* says = nullptr, std::size_t most = 0) const;

  /// Teaches it a message. True: it learned from it; false: it knew.
  bool learn(std::span<const std::uint64_t> features, bool is_spam);

  // How it learns.
  static constexpr std::uint64_t kFirst = 25;            // of each kind, from which it learns whatever they are
  static constexpr std::uint64_t kMostLearned = 30'000;  // of a kind: then all counts are halved, so that what was
                                                         // learned long ago fades, and a count of 16 bits suffices

 private:
  struct Line;
  double odds_of(std::uint64_t feature) const;
  void count(std::uint64_t feature, bool is_spam);
  void fade();

  std::unique_ptr<Line[]> lines_;
  Counts seen_{};
  Counts learned_{};
};

}  // namespace maildrop::filter
