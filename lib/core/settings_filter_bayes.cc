/// settings_filter_bayes.cc: the rows of the filter that learns words.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_bayes(std::vector<Setting>& rows) {
  add_use(rows, "bayes", [](Config& config) -> FilterUse& { return config.filter.bayes; });
  rows.push_back(reloadable(text_row(
      "filter.bayes.model", MEMBER(filter.bayes.model), check_path, "PATH",
      "What it has learned: a file that `maildrop filter train --to` wrote. Empty: what the store keeps, which "
      "`maildrop filter train` teaches. Where there is neither it is not asked.")));
  rows.push_back(
      reloadable(number_row("filter.bayes.least", {1, 10'000}, MEMBER(filter.bayes.least), "1..10000",
                            "It finds nothing until it has learned so many messages that are spam, and so many "
                            "that are not.")));
  rows.push_back(
      reloadable(decimal_row("filter.bayes.spam_score", kScore, MEMBER(filter.bayes.spam_score), "-100..100",
                             "What a message scores that is spam for certain; one that may be scores less, and one "
                             "that is beyond doubt a fifth more at most.")));
  rows.push_back(reloadable(decimal_row("filter.bayes.ham_score", kScore, MEMBER(filter.bayes.ham_score), "-100..100",
                                        "The same of one that is none for certain.")));
}

}  // namespace maildrop::rows
