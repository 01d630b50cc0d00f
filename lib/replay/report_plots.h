/// report_plots.h: pictures of a run, as SVG of ours in the colours of the pages' sheet. Pure.
///
/// Each says in words (aria-label) what it shows; the figures themselves are in tables beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/markup.h"
#include "replay/report_kinds.h"

namespace maildrop::replay {

/// Scores in bins that are wide enough to be drawn.
struct DrawnScores {
  int first = 0;  // hundredths, where the first begins
  int width = 1;  // hundredths
  std::vector<PerLabel> bins;

  bool empty() const { return bins.empty(); }
};
inline constexpr std::size_t kDrawnBins = 80;  // at most
DrawnScores drawn_scores(const Summary& summary);

/// Spam above the line and ham below it, or what has no label where nothing else is; by the logarithm of how many, so
/// that a few can be seen beside many. With lines where the sum does something.
api::Markup score_plot(const Report& report, const DrawnScores& scores);

/// The curve twice: whole, and its corner of few false positives, where a mail server lives. With a dot where the
/// configuration is, whose filters do more than go by scores. REQUIRES: there are points.
api::Markup roc_plots(const Summary& summary, const std::vector<RocPoint>& points);

/// Of one label, what was caught on what was not. REQUIRES: there are slots.
api::Markup timeline_plot(const Timeline::View& view, Label label);

/// A bar of a table: pale for what a filter hit, full for what of it nobody else caught. REQUIRES: most is no less.
api::Markup filter_bar(std::uint64_t hits, std::uint64_t unique, std::uint64_t most, Label label);

}  // namespace maildrop::replay
