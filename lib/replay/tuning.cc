/// tuning.cc: from examples to weights, fold by fold.
#include "replay/tuning.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "core/text.h"
#include "filter/scoring.h"
#include "replay/logistic.h"

namespace maildrop::replay {

namespace {

constexpr double kMostWeight = 100;                        // as settings have it
constexpr std::array<double, 4> kPulls{1000, 100, 10, 1};  // the strongest first: it is nearest to where a fit begins
constexpr double kBetter = 1e-3;                           // part of a loss by which a weaker pull must be better
constexpr double kWeakPull = 1e-3;                         // of one column, which needs none
constexpr double kTie = 1e-9;     // of a sum at a threshold: sums are of numbers with two digits
constexpr unsigned kFewer = 100;  // times that rounded weights are made less by a hundredth

using Weights = std::vector<double>;  // of columns, or of filters
using InFold = std::function<bool(unsigned fold)>;

/// Which filter is which column, and what counts besides.
struct Columns {
  static constexpr std::size_t kNone = SIZE_MAX;
  std::vector<std::size_t> of_filter;  // or kNone
  std::vector<std::size_t> filters;
  Weights fixed;           // of filters that are none, and count
  bool has_fixed = false;  // one of these gave something: the last column is of their sum
  std::size_t size() const { return filters.size() + (has_fixed ? 1 : 0); }
};

struct Sum {
  double fixed = 0;
  std::vector<double> row;
};

class Tuner {
 public:
  Tuner(const Examples& examples, const std::vector<Tunable>& filters, const TuningOptions& options,
        const TuningGoOn& go_on)
      : examples_(examples), filters_(filters), options_(options), go_on_(go_on) {}

  Result<Tuning> tune();

 private:
  Result<void> look();
  Result<void> fit_folds();
  Result<void> fit_all();
  Result<void> judge();

  struct Fit {
    Weights weights;  // of the columns but the last, as they are written
    double move = 1;  // Tuning::move
  };
  Result<std::array<double, kPulls.size()>> losses(unsigned fold);
  Result<Fit> fit(const InFold& in, double pull);
  Result<LogisticModel> model(const InFold& in, double pull, const LogisticModel& middle, LogisticModel from);
  Result<LogisticModel> begin(const InFold& in);

  struct Scale {
    double most = 0, least = 0;  // with more, too much ham is caught; with less, less spam
  };
  Result<Scale> scale(const InFold& in, const Weights& weights) const;
  Result<bool> is_within(const InFold& in, const Weights& weights) const;
  Weights written(const Weights& weights, double times) const;

  template <class Seen>
  Result<void> each(const InFold& in, const Seen& seen) const;
  Rows rows(const InFold& in) const;
  Result<void> go_on();
  void fill(const Example& example, Sum& sum) const;
  static double score(const Sum& sum, const Weights& weights);
  bool reaches(double score, std::size_t threshold = 0) const {
    return score >= options_.thresholds[threshold].score - kTie;
  }

  const Examples& examples_;
  const std::vector<Tunable>& filters_;
  const TuningOptions& options_;
  const TuningGoOn& go_on_;
  Columns columns_;
  Weights now_;  // of columns, in force; 0 of what does not count
  std::vector<Fit> folds_;
  Fit all_;
  std::array<double, kPulls.size()> losses_{};
  unsigned fits_ = 0;
  Tuning tuning_;
};

std::size_t best_of(const std::array<double, kPulls.size()>& losses) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < losses.size(); ++i)
    if (losses[i] < losses[best] * (1 - kBetter)) best = i;
  return best;
}

Result<void> Tuner::go_on() {
  const unsigned of = examples_.folds() * (kPulls.size() + 1) + 1;
  return go_on_(fits_++, of) ? Result<void>() : fail(Code::unavailable, "interrupted");
}

template <class Seen>
Result<void> Tuner::each(const InFold& in, const Seen& seen) const {
  Sum sum;
  return examples_.each([&](const Example& example, unsigned fold) {
    if (!in(fold)) return;
    fill(example, sum);
    seen(example, fold, sum);
  });
}

void Tuner::fill(const Example& example, Sum& sum) const {
  sum.fixed = 0;
  sum.row.assign(columns_.size(), 0);
  for (const auto& [filter, score] : example.scores) {
    if (const std::size_t column = columns_.of_filter[filter]; column != Columns::kNone) sum.row[column] = score;
    sum.fixed += columns_.fixed[filter] * score;
  }
  if (columns_.has_fixed) sum.row.back() = sum.fixed;
}

double Tuner::score(const Sum& sum, const Weights& weights) {
  double score = sum.fixed;
  for (std::size_t i = 0; i < weights.size(); ++i) score += weights[i] * sum.row[i];
  return score;
}

Rows Tuner::rows(const InFold& in) const {
  return [this, in](const RowSeen& seen) {
    return each(in, [&seen](const Example& example, unsigned, const Sum& sum) { seen(example.spam, sum.row); });
  };
}

/// Who found what, and whether that is enough.
Result<void> Tuner::look() {
  std::vector<std::array<std::uint64_t, 2>> found(filters_.size());
  TRY(examples_.each([&](const Example& example, unsigned) {
    for (const auto& [filter, score] : example.scores) ++found[filter][example.spam ? 1 : 0];
  }));
  columns_.of_filter.assign(filters_.size(), Columns::kNone);
  columns_.fixed.assign(filters_.size(), 0);
  for (std::size_t at = 0; at < filters_.size(); ++at) {
    const Tunable& filter = filters_[at];
    const auto [ham, spam] = found[at];
    if (filter.fitted && ham + spam == 0) tuning_.silent.push_back(filter.name);
    if (ham + spam == 0) continue;
    if (!filter.fitted) {
      columns_.fixed[at] = filter.counts ? filter.weight : 0;
      columns_.has_fixed |= columns_.fixed[at] != 0;
      if (columns_.fixed[at] != 0) tuning_.unchanged.push_back(filter.name);
      continue;
    }
    columns_.of_filter[at] = columns_.filters.size();
    columns_.filters.push_back(at);
    now_.push_back(filter.counts ? filter.weight : 0);
    tuning_.weights.push_back({.name = filter.name,
                               .script = filter.script,
                               .counted = filter.counts,
                               .before = filter.weight / filter.of_script,
                               .spam = spam,
                               .ham = ham});
  }
  tuning_.spam = examples_.spam();
  tuning_.ham = examples_.ham();
  tuning_.different_spam = examples_.different_spam();
  tuning_.different_ham = examples_.different_ham();
  tuning_.folds = examples_.folds();
  for (const auto& [label, all, different] :
       {std::tuple{"spam", tuning_.spam, tuning_.different_spam}, {"ham", tuning_.ham, tuning_.different_ham}}) {
    if (different >= TuningOptions::kLeast) continue;
    return fail(Code::invalid, "too little " + std::string(label) + " that a sum could decide on: " +
                                   std::to_string(all) + " messages, of which " + std::to_string(different) +
                                   " differ, and " + std::to_string(TuningOptions::kLeast) + " are needed");
  }
  if (columns_.filters.empty())
    return fail(Code::invalid, "no filter whose weight could be fitted gave any message a score");
  return {};
}

/// How well each pull does on the fold behind `fold` by the other ones, without both.
Result<std::array<double, kPulls.size()>> Tuner::losses(unsigned fold) {
  const unsigned other = (fold + 1) % examples_.folds();
  const InFold in = [fold, other](unsigned each) { return each != fold && each != other; };
  std::array<double, kPulls.size()> losses{};
  const LogisticModel middle = TRY(begin(in));
  LogisticModel found = middle;
  for (std::size_t i = 0; i < kPulls.size(); ++i) {
    found = TRY(model(in, kPulls[i], middle, std::move(found)));
    losses[i] = TRY(log_loss(rows([other](unsigned each) { return each == other; }), found));
  }
  return losses;
}

/// The weights in force, by how much their sum tells.
Result<LogisticModel> Tuner::begin(const InFold& in) {
  const Rows sums = [&](const RowSeen& seen) {
    return each(in, [&](const Example& example, unsigned, const Sum& sum) {
      const double score = Tuner::score(sum, now_);
      seen(example.spam, std::span(&score, 1));
    });
  };
  const LogisticModel one = TRY(fit_logistic(sums, {kWeakPull, {0}}, {0, {0}}));
  LogisticModel begin{one.intercept, Weights(columns_.size(), one.weights[0])};
  for (std::size_t i = 0; i < now_.size(); ++i) begin.weights[i] *= now_[i];
  return begin;
}

Result<LogisticModel> Tuner::model(const InFold& in, double pull, const LogisticModel& middle, LogisticModel from) {
  TRY(go_on());
  return fit_logistic(rows(in), {pull, middle.weights}, std::move(from));
}

Result<Tuner::Fit> Tuner::fit(const InFold& in, double pull) {
  const LogisticModel middle = TRY(begin(in));
  const LogisticModel found = TRY(model(in, pull, middle, middle));
  const Weights weights(found.weights.begin(), found.weights.begin() + static_cast<std::ptrdiff_t>(now_.size()));
  Scale limits = TRY(scale(in, weights));
  // At the threshold a message is spam by the model rather than ham.
  if (found.intercept < 0) limits.most = std::min(limits.most, options_.thresholds[0].score / -found.intercept);
  limits.least = std::min(limits.least, limits.most);
  double times = std::isfinite(limits.most) ? std::sqrt(limits.most * limits.least) : limits.least * 1.1;
  if (limits.least == 0) times = std::isfinite(limits.most) ? limits.most * 0.99 : 1;
  const double largest = *std::max_element(weights.begin(), weights.end());
  if (largest * times > kMostWeight) times = kMostWeight / largest;
  Fit fit{written(weights, times)};
  for (unsigned i = 0; i < kFewer && !TRY(is_within(in, fit.weights)); ++i)
    fit.weights = written(weights, times *= 0.99);
  const Scale now = TRY(scale(in, now_));
  if (now.least > 0) fit.move = std::isfinite(now.most) ? std::sqrt(now.most * now.least) : now.least;
  return fit;
}

/// With two digits, of what is written: that of a script is multiplied again.
Weights Tuner::written(const Weights& weights, double times) const {
  Weights written(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double of_script = filters_[columns_.filters[i]].of_script;
    written[i] = std::min(kMostWeight, filter::rounded_score(weights[i] * times / of_script)) * of_script;
  }
  return written;
}

/// By what all weights may be multiplied. A ham that what is not fitted brings there counts whatever others give.
Result<Tuner::Scale> Tuner::scale(const InFold& in, const Weights& weights) const {
  const double threshold = options_.thresholds[0].score;
  std::array<std::vector<double>, 2> reach;  // the least number by which each reaches it
  std::array<std::uint64_t, 2> all{};
  TRY(each(in, [&](const Example& example, unsigned, const Sum& sum) {
    const std::size_t label = example.spam ? 1 : 0;
    const double fitted = score(sum, weights) - sum.fixed;
    ++all[label];
    if (sum.fixed >= threshold)
      reach[label].push_back(0);
    else if (fitted > kTie)
      reach[label].push_back((threshold - sum.fixed) / fitted);
  }));
  std::sort(reach[0].begin(), reach[0].end());
  const auto let = static_cast<std::size_t>(options_.most_false * static_cast<double>(all[0]));
  Scale scale{let < reach[0].size() ? reach[0][let] : std::numeric_limits<double>::infinity(), 0};
  for (const double each : reach[1])
    if (each < scale.most) scale.least = std::max(scale.least, each);
  return scale;
}

Result<bool> Tuner::is_within(const InFold& in, const Weights& weights) const {
  Rate caught;
  TRY(each(in, [&](const Example& example, unsigned, const Sum& sum) {
    if (example.spam) return;
    ++caught.of;
    caught.hits += reaches(score(sum, weights)) ? 1 : 0;
  }));
  return static_cast<double>(caught.hits) <= options_.most_false * static_cast<double>(caught.of);
}

Result<void> Tuner::fit_folds() {
  for (unsigned fold = 0; fold < examples_.folds(); ++fold) {
    const auto losses = TRY(this->losses(fold));
    for (std::size_t i = 0; i < kPulls.size(); ++i) losses_[i] += losses[i];
    folds_.push_back(TRY(fit([fold](unsigned each) { return each != fold; }, kPulls[best_of(losses)])));
  }
  return {};
}

Result<void> Tuner::fit_all() {
  tuning_.pull = kPulls[best_of(losses_)];
  all_ = TRY(fit([](unsigned) { return true; }, tuning_.pull));
  tuning_.move = all_.move;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    Tuning::Weight& weight = tuning_.weights[i];
    const double of_script = filters_[columns_.filters[i]].of_script;
    weight.after = filter::rounded_score(all_.weights[i] / of_script);
    weight.low = weight.high = folds_.front().weights[i] / of_script;
    for (const Fit& fold : folds_) {
      weight.low = std::min(weight.low, fold.weights[i] / of_script);
      weight.high = std::max(weight.high, fold.weights[i] / of_script);
    }
  }
  return {};
}

/// Each by the weights of the other folds.
Result<void> Tuner::judge() {
  for (TunedFigures* each : {&tuning_.before, &tuning_.moved, &tuning_.after})
    each->at.resize(options_.thresholds.size());
  const auto add = [this](TunedFigures& figures, bool spam, double score) {
    (spam ? figures.spam : figures.ham).add(score);
    for (std::size_t i = 0; i < figures.at.size(); ++i) {
      Rate& rate = spam ? figures.at[i].recall : figures.at[i].false_positives;
      ++rate.of;
      rate.hits += reaches(score, i) ? 1 : 0;
    }
  };
  const InFold any = [](unsigned) { return true; };
  return each(any, [&](const Example& example, unsigned fold, const Sum& sum) {
    const double before = score(sum, now_), after = score(sum, folds_[fold].weights);
    add(tuning_.before, example.spam, before);
    add(tuning_.moved, example.spam, sum.fixed + folds_[fold].move * (before - sum.fixed));
    add(tuning_.after, example.spam, after);
    if (reaches(before) == reaches(after)) return;
    Disagreement& changed = example.spam ? tuning_.spam_changed : tuning_.ham_changed;
    ++(reaches(after) == example.spam ? changed.better : changed.worse);
  });
}

Result<Tuning> Tuner::tune() {
  tuning_.options = options_;
  TRY(look());
  TRY(fit_folds());
  TRY(fit_all());
  const bool any =
      std::any_of(tuning_.weights.begin(), tuning_.weights.end(), [](auto& each) { return each.after > 0; });
  if (!any) return fail(Code::invalid, "nothing that filters found tells spam from ham, within that rate of ham");
  TRY(judge());
  return std::move(tuning_);
}

}  // namespace

Result<Tuning> tune(const Examples& examples, const std::vector<Tunable>& filters, const TuningOptions& options,
                    const TuningGoOn& go_on) {
  return Tuner(examples, filters, options, go_on).tune();
}

}  // namespace maildrop::replay
