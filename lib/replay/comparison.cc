/// comparison.cc: who changed, and what that is worth.
#include "replay/comparison.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "filter/scoring.h"

namespace maildrop::replay {

namespace {

bool is_right(Label label, Fate fate) { return is_caught(fate) == (label == Label::spam); }

std::vector<std::string> reasons_of(const Outcome& outcome, const std::vector<std::string>& names) {
  std::vector<const Hit*> hits;
  for (const Hit& each : outcome.hits) hits.push_back(&each);
  std::stable_sort(hits.begin(), hits.end(), [](const Hit* a, const Hit* b) { return a->score > b->score; });
  std::vector<std::string> reasons;
  for (const Hit* hit : hits) {
    if (reasons.size() == Comparison::kReasons) break;
    const std::string reason(utf8_prefix(hit->reason, Comparison::kReasonBytes));
    reasons.push_back(names[hit->filter] + " " + format_number(filter::rounded_score(hit->score)) +
                      (reason.empty() ? "" : ": " + reason));
  }
  return reasons;
}

}  // namespace

double Disagreement::p_value() const {
  const std::uint64_t all = better + worse;
  // Of the binomial distribution with a half, one tail, twice; by logarithms, as the numbers are large.
  double tail = 0;
  for (std::uint64_t i = 0; i <= std::min(better, worse); ++i) {
    const auto n = static_cast<double>(all), k = static_cast<double>(i);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

void Comparison::add(std::string_view name, Label label, const Verdict& before, const Verdict& after,
                     const std::function<std::vector<std::string>()>& reasons) {
  ++compared;
  ++fates[static_cast<std::size_t>(label)][static_cast<std::size_t>(before.fate)][static_cast<std::size_t>(after.fate)];
  if (before.fate == after.fate) return;
  ++changed;
  if (named.size() == kNamed) return;
  named.push_back({std::string(utf8_prefix(name, kNameBytes)), label, before, after, reasons()});
}

void Comparison::add(const Verdict& before, const Outcome& after, const std::vector<std::string>& names) {
  add(after.name, after.label, before, {after.fate, after.by, after.score}, [&] { return reasons_of(after, names); });
}

Disagreement Comparison::disagreement(Label label) const {
  Disagreement found;
  if (label == Label::none) return found;
  for (std::size_t before = 0; before < kFates; ++before) {
    for (std::size_t after = 0; after < kFates; ++after) {
      const std::uint64_t times = fates[static_cast<std::size_t>(label)][before][after];
      const bool was = is_right(label, static_cast<Fate>(before)), is = is_right(label, static_cast<Fate>(after));
      if (was && !is) found.worse += times;
      if (!was && is) found.better += times;
    }
  }
  return found;
}

Disagreement Comparison::disagreement() const {
  const Disagreement spam = disagreement(Label::spam), ham = disagreement(Label::ham);
  return {spam.better + ham.better, spam.worse + ham.worse};
}

std::uint64_t Comparison::count(Label label) const {
  std::uint64_t all = 0;
  for (const auto& row : fates[static_cast<std::size_t>(label)])
    for (const std::uint64_t times : row) all += times;
  return all;
}

bool is_regress(const Comparison& comparison, const MostRegress& most) {
  for (const Label label : {Label::spam, Label::ham}) {
    const Disagreement found = comparison.disagreement(label);
    if (found.worse <= found.better) continue;
    const auto net = static_cast<double>(found.worse - found.better);
    const double limit = most.percent ? most.number / 100 * static_cast<double>(comparison.count(label)) : most.number;
    if (net > limit) return true;
  }
  return false;
}

}  // namespace maildrop::replay
