/// show_trace.cc: a table of findings.
#include "show_trace.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/aligned.h"
#include "core/text.h"

namespace maildrop::cmd {

namespace {

using filter::Trace;
using filter::TraceEntry;

constexpr std::size_t kColumns = 6;  // before the reason
constexpr std::size_t kNumbers = 4;  // columns from there on are numbers
using Cells = std::array<std::string, kColumns>;

Cells cells_of(const TraceEntry& entry) {
  const std::string_view says = entry.failed ? "cannot tell" : entry.allowed ? "allow" : filter::name_of(entry.action);
  return {std::string(filter::name_of(entry.phase)),
          terminal_safe(entry.filter),
          std::string(filter::name_of(entry.mode)),
          std::string(says),
          format_number(entry.score),
          std::to_string(entry.micros)};
}

/// Numbers to the right, all else to the left.
std::string line_of(const Cells& cells, const std::array<std::size_t, kColumns>& widths, std::string_view reason) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    line += aligned(cells[i], widths[i], i >= kNumbers ? Align::right : Align::left) + "  ";
  }
  line += reason;
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string silent_of(const Trace& trace, bool costs) {
  std::string text;
  for (std::size_t phase = 0; phase < std::size(filter::kPhaseNames); ++phase) {
    std::string names;
    for (const TraceEntry& entry : trace.entries)
      if (static_cast<std::size_t>(entry.phase) == phase && entry.is_silent())
        names += (names.empty() ? "" : ", ") + terminal_safe(entry.filter) +
                 (costs ? " " + std::to_string(entry.micros) + "us" : "");
    if (!names.empty()) text += "Nothing at " + std::string(filter::kPhaseNames[phase]) + ": " + names + "\n";
  }
  return text;
}

/// Why a score came to nothing.
std::string allowed_by(const Trace& trace) {
  for (const TraceEntry& entry : trace.entries)
    if (entry.allowed && !entry.failed && entry.mode == FilterUse::Mode::enforce)
      return ", allowed by " + terminal_safe(entry.filter) + " at " + std::string(filter::name_of(entry.phase));
  return {};
}

/// `By filter.shadow: rejected, score 12.5: dnsbl 8, helo 4.5`.
std::string shadow_of(const Trace& trace) {
  if (!trace.shadow) return {};
  const filter::Upshot& shadow = *trace.shadow;
  return "By filter.shadow: " + std::string(filter::name_of(shadow.fate)) + ", " +
         (shadow.reason.empty() ? "score " + format_number(shadow.score) : terminal_safe(shadow.reason)) + "\n";
}

}  // namespace

std::string show_trace(const Trace& trace, const Screen& screen, bool costs) {
  const Cells heading = {"PHASE", "FILTER", "MODE", "SAYS", "SCORE", "USEC"};
  std::array<std::size_t, kColumns> widths{};
  const auto fit = [&widths](const Cells& cells) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], display_width(cells[i]));
  };
  fit(heading);
  for (const TraceEntry& entry : trace.entries)
    if (!entry.is_silent()) fit(cells_of(entry));
  std::string rows;
  for (const TraceEntry& entry : trace.entries) {
    if (entry.is_silent()) continue;
    rows += line_of(cells_of(entry), widths, terminal_safe(entry.reason));
    for (const std::string& fact : entry.facts) rows += "    " + terminal_safe(fact) + "\n";
  }
  std::string head = line_of(heading, widths, "WHY");
  head.pop_back();
  return screen.bold("Mark:") + " " + std::string(store::name_of(trace.mark)) + ", score " +
         format_number(trace.score) + allowed_by(trace) + "\n" + (rows.empty() ? "" : screen.bold(head) + "\n") + rows +
         silent_of(trace, costs) + (trace.cut ? "More was found than is kept.\n" : "") + shadow_of(trace);
}

}  // namespace maildrop::cmd
