/// report_kinds.h: what a run of recorded mail before the filters was, and the forms in which that is told.
///
/// A form is a file that ends in a ReportKind, and a line in report_kinds.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "replay/comparison.h"
#include "replay/costs.h"
#include "replay/summary.h"
#include "replay/tally.h"

namespace maildrop::replay {

/// A value. Names and reasons may hold anything that strangers wrote: each form makes them safe for its readers.
struct Report {
  /// What is another figure each time. Without it, the same messages give the same bytes.
  struct Timing {
    double seconds = 0;  // that the run took
    Costs costs{};
  };
  /// From which sum of scores on the configuration does something by itself.
  struct Threshold {
    std::string does;  // `tag`
    double score = 0;
  };

  Summary summary{};
  std::string version{};  // of maildrop
  std::string config{};   // the name of its file; empty: the defaults
  std::uint64_t sources = 0;
  bool interrupted = false;         // it is of what came until then
  std::uint64_t broken = 0;         // samples that could not be read, and are nowhere in the summary
  std::vector<Trouble> troubles{};  // the first of these; who fills it bounds it, as Tally does
  std::vector<Threshold> thresholds{};
  std::optional<Comparison> comparison{};  // with what there was before
  std::optional<Timing> timing{};
};

struct ReportKind {
  std::string_view name;  // `html`
  std::string_view summary;
  /// Pure: equal reports give equal bytes, on any machine and in any locale.
  std::string (*write)(const Report&);
};

std::span<const ReportKind* const> report_kinds();
/// nullptr: there is none of that name.
const ReportKind* report_kind(std::string_view name);

}  // namespace maildrop::replay
