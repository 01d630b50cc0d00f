/// report_comparison.cc: from two fates to words.
#include "replay/report_comparison.h"

#include "api/page.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

using api::with_commas;

constexpr Label kLabelled[] = {Label::spam, Label::ham};

std::string fate_word(std::size_t fate) { return std::string(kFateNames[fate]); }

std::vector<std::string> row_of(std::string name, std::uint64_t all, const Disagreement& found) {
  return {std::move(name), with_commas(all), with_commas(found.better), with_commas(found.worse),
          fixed(found.p_value(), 4)};
}

}  // namespace

std::string comparison_headline(const Comparison& comparison) {
  std::string text = with_commas(comparison.changed) + " of " + plural_of(comparison.compared, "message", "messages") +
                     " fare otherwise than before";
  if (comparison.unknown > 0)
    text += "; nothing is known from before of " + plural_of(comparison.unknown, "message", "messages");
  return text;
}

TextRows comparison_by_label(const Comparison& comparison) {
  TextRows rows{{"", "compared", "right now", "wrong now", "p"}};
  std::uint64_t both = 0;
  for (const Label label : kLabelled) {
    const std::uint64_t all = comparison.count(label);
    both += all;
    if (all > 0) rows.push_back(row_of(std::string(label_word(label)), all, comparison.disagreement(label)));
  }
  if (rows.size() > 2) rows.push_back(row_of("both", both, comparison.disagreement()));
  return rows.size() > 1 ? rows : TextRows();
}

TextRows comparison_by_fate(const Comparison& comparison) {
  TextRows rows{{"before", "now"}};
  for (const Label label : kAllLabels)
    if (comparison.count(label) > 0) rows.front().emplace_back(label_word(label));
  for (std::size_t before = 0; before < kFates; ++before) {
    for (std::size_t after = 0; after < kFates; ++after) {
      if (before == after) continue;
      std::vector<std::string> row{fate_word(before), fate_word(after)};
      std::uint64_t any = 0;
      for (const Label label : kAllLabels) {
        const std::uint64_t times = comparison.fates[place_of(label)][before][after];
        if (comparison.count(label) > 0) row.push_back(with_commas(times));
        any += times;
      }
      if (any > 0) rows.push_back(std::move(row));
    }
  }
  return rows.size() > 1 ? rows : TextRows();
}

std::string change_text(const Change& change) {
  std::string text = fate_word(place_of(change.before.fate)) + " -> " + fate_word(place_of(change.after.fate));
  const std::string& by = change.after.by.empty() ? change.before.by : change.after.by;
  if (!by.empty()) text += (change.after.by.empty() ? ", before by " : " by ") + by;
  text += ", " + score_text(change.before.score) + " -> " + score_text(change.after.score);
  for (const std::string& reason : change.reasons) text += "; " + reason;
  return text;
}

}  // namespace maildrop::replay
