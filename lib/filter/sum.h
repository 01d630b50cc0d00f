/// sum.h: what a filter finds of which several things may be true at once.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "filter/filter.h"

namespace maildrop::filter {

/// Scores, and the reasons for them with commas between. Reasons are phrases of ours: what a stranger wrote is in the
/// message's trace, and may be anything.
class Sum {
 public:
  void add(double score, std::string_view reason) {
    score_ += score;
    reasons_.append(reasons_.empty() ? "" : ", ").append(reason);
  }
  bool empty() const { return reasons_.empty(); }
  Finding finding() { return Finding::score_of(score_, std::move(reasons_)); }

 private:
  double score_ = 0;
  std::string reasons_;
};

}  // namespace maildrop::filter
