/// trace.h: what filters found of a message, as it is kept with it and shown to those who ask why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/filter_settings.h"
#include "core/result.h"
#include "filter/verdict.h"
#include "store/store.h"

namespace maildrop::filter {

/// What one filter found at one phase.
struct TraceEntry {
  Phase phase = Phase::connect;
  std::string filter;
  FilterUse::Mode mode = FilterUse::Mode::score;
  Action action = Action::pass;  // what it would have done
  double score = 0;              // with its weight; of a filter that is only observed, what it would have been
  bool allowed = false;
  bool failed = false;
  std::uint64_t micros = 0;        // that it took to judge, waiting not included
  std::string reason;              // one line; may hold anything that a stranger wrote
  std::vector<std::string> facts;  // of the DNS that it went by: `TXT example.com = "v=spf1 -all"`

  bool is_silent() const { return action == Action::pass && score == 0 && !allowed && !failed && reason.empty(); }
};

struct Trace {
  static constexpr std::size_t kMostBytes = 16 * 1024;  // as text; what is beyond is left out, and said to be

  store::Mark mark = store::Mark::none;
  double score = 0;
  std::vector<TraceEntry> entries;  // in the order of phases and filters
  std::optional<Upshot> shadow{};   // what would have come of it by filter.shadow
  bool cut = false;                 // more was found
};

/// One line for each entry. What found nothing is a name in a line for its phase: its cost is lost.
std::string format_trace(const Trace& trace);
/// A line that may follow it, with Trace::shadow.
std::string format_shadow(const Upshot& shadow);
/// corrupt: format_trace() did not write that.
Result<Trace> parse_trace(std::string_view text);

std::string_view name_of(Phase phase);
std::string_view name_of(Action action);
std::string_view name_of(FilterUse::Mode mode);
std::optional<Fate> fate_named(std::string_view name);
std::optional<Phase> phase_named(std::string_view name);
std::optional<Action> action_named(std::string_view name);
std::optional<FilterUse::Mode> mode_named(std::string_view name);

}  // namespace maildrop::filter
