/// bayes.cc: what a message has in common with mail that somebody said is spam, or is not.
///
/// It learns nothing by itself: from what it judged it would learn to trust its own errors, and whoever sends enough
/// could teach it.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "filter/bayes_model.h"
#include "filter/bayes_tokens.h"
#include "filter/filter.h"

namespace maildrop::filter {

namespace {

constexpr std::size_t kMostSays = 6;  // in a reason

/// The part of a score that is on top of what full certainty is worth, at most: as shipped, all of it stays below
/// FilterSettings::tag. A score that ended there would be the same for half of all spam and for the one ham that looks
/// most like it, and nobody could draw a line between.
constexpr double kOnTop = 0.2;

/// As it is below 1; above, it goes on growing towards 1 + kOnTop, as the model's has no end.
double bounded_certainty(double certainty) {
  const double size = std::abs(certainty);
  return size <= 1 ? certainty : std::copysign(1 + kOnTop * (1 - std::exp(1 - size)), certainty);
}

double to_hundredths(double number) { return std::round(number * 100) / 100; }

class Bayes final : public Filter {
 public:
  Bayes(const BayesFilter& settings, std::unique_ptr<BayesModel> model, std::vector<FileProblem> problems)
      : settings_(settings), model_(std::move(model)), problems_(std::move(problems)) {}

  std::uint8_t phases() const override { return model_ ? UINT8_MAX : 0; }
  std::vector<FileProblem> problems() const override { return problems_; }
  bool is_taught() const override { return model_ != nullptr; }

  Finding judge(Phase, const mail::Transaction& transaction, Facts&) const override {
    const BayesTokens tokens(transaction.data);
    std::vector<BayesModel::Say> says;
    const double certainty = bounded_certainty(model_->judge(tokens.features(), &says, kMostSays));
    const double score = certainty > 0 ? certainty * settings_.spam_score : -certainty * settings_.ham_score;
    if (to_hundredths(certainty) == 0) return {};
    return Finding::score_of(to_hundredths(score), reason_of(certainty, tokens, says));
  }

 private:
  /// `0.93 spam: free money 12:0, subject:free 7:1`: behind what was seen, in how much spam and ham it was before.
  std::string reason_of(double certainty, const BayesTokens& tokens, const std::vector<BayesModel::Say>& says) const {
    std::string reason = format_number(to_hundredths(std::abs(certainty))) + (certainty > 0 ? " spam" : " ham");
    for (const BayesModel::Say& say : says) {
      const BayesModel::Counts counts = model_->of(tokens.features()[say.feature]);
      reason.append(&say == &says.front() ? ": " : ", ").append(tokens.text_of(say.feature));
      reason.append(" ").append(std::to_string(counts.spam)).append(":").append(std::to_string(counts.ham));
    }
    return reason;
  }

  BayesFilter settings_;
  std::unique_ptr<const BayesModel> model_;  // none: it is not asked
  std::vector<FileProblem> problems_;        // of its file
};

/// Of the store. Nothing: there is none.
Result<std::optional<BayesModel>> kept_model(const Means& means) {
  const std::optional<std::string> bytes = TRY(means.model(BayesModel::kKeptAs));
  if (!bytes) return std::nullopt;
  return TRY(BayesModel::parse(*bytes));
}

/// A file is named by a setting, and wrong as that. What a store has is not there yet, or not now: mail is judged
/// without, and the chain is made again when it comes.
Result<std::unique_ptr<Filter>> make_bayes(const Config& config, const Means& means) {
  const BayesFilter& settings = config.filter.bayes;
  const std::string where = settings.model.empty() ? "model bayes of the store" : settings.model;
  std::vector<FileProblem> problems;
  std::unique_ptr<BayesModel> model;
  if (!settings.model.empty()) {
    model = std::make_unique<BayesModel>(TRY(in_setting("model", BayesModel::open(settings.model))));
  } else if (auto kept = kept_model(means); !kept) {
    problems.push_back({where, kept.error().what});
  } else if (*kept) {
    model = std::make_unique<BayesModel>(*std::move(*kept));
  } else if (means.models != nullptr) {
    problems.push_back({where, "there is none, and bayes is not asked: see maildrop filter train"});
  }
  if (model && std::min(model->seen().spam, model->seen().ham) < settings.least) {
    problems.push_back({where, "it was taught " + std::to_string(model->seen().spam) + " spam and " +
                                   std::to_string(model->seen().ham) + " ham, and is not asked below " +
                                   std::to_string(settings.least) + " of each"});
    model.reset();
  }
  return std::make_unique<Bayes>(settings, std::move(model), std::move(problems));
}

}  // namespace

extern const FilterKind kBayes{"bayes",
                               "What a message has in common with mail that you said is spam, or is not.",
                               bit(Phase::message),
                               {},
                               Evidence::own,
                               [](const FilterSettings& settings) -> const FilterUse& { return settings.bayes; },
                               make_bayes};

}  // namespace maildrop::filter
