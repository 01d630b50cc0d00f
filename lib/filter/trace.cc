/// trace.cc: the first line is `1 MARK SCORE`; then, each part behind a tab,
///   PHASE FILTER MODE ACTION SCORE FLAGS MICROS REASON FACT...    what a filter found
///   PHASE - FILTER...                                             who found nothing
///   shadow FATE SCORE BY REASON                                   what would have come of it by other rules
/// Tabs, line ends and backslashes within a part are escaped.
#include "filter/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>

#include "core/text.h"
#include "filter/scoring.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kTraceVersion = "1";
constexpr std::string_view kSilent = "-";
constexpr std::string_view kCut = "cut";
constexpr std::string_view kShadow = "shadow";
constexpr std::size_t kShadowParts = 5;
constexpr std::size_t kLongestShadow = 500;  // bytes, of a shadow's
constexpr std::string_view kActionNames[] = {"pass",   "tag",     "quarantine", "defer",
                                             "reject", "discard", "disconnect", "delay"};
constexpr char kAllowed = 'a', kFailed = 'f', kNoFlag = '-';
constexpr std::size_t kParts = 8;  // of an entry, before its facts

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::string_view (&names)[N], std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\\': out += "\\\\"; break;
      default: out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else {
      const char c = text[++i];
      out += c == 't' ? '\t' : c == 'n' ? '\n' : c;
    }
  }
  return out;
}

std::string number(double value) { return format_number(rounded_score(value)); }

std::optional<double> parse_finite(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string line_of(const TraceEntry& entry) {
  std::string line(name_of(entry.phase));
  const auto part = [&](std::string_view text) { line.append(1, '\t').append(text); };
  part(entry.filter);
  part(name_of(entry.mode));
  part(name_of(entry.action));
  part(number(entry.score));
  part(std::string(1, entry.failed ? kFailed : entry.allowed ? kAllowed : kNoFlag));
  part(std::to_string(entry.micros));
  part(escaped(entry.reason));
  for (const std::string& fact : entry.facts) part(escaped(fact));
  return line += '\n';
}

std::string line_of_silent(const Trace& trace, std::size_t phase) {
  std::string names;
  for (const TraceEntry& entry : trace.entries)
    if (static_cast<std::size_t>(entry.phase) == phase && entry.is_silent()) names += '\t' + entry.filter;
  return names.empty() ? names : std::string(kPhaseNames[phase]) + '\t' + std::string(kSilent) + names + '\n';
}

tl::unexpected<Error> damaged() { return fail(Code::corrupt, "the verdicts kept with a message are damaged"); }

Result<TraceEntry> parse_entry(Phase phase, const std::vector<std::string_view>& parts) {
  if (parts.size() < kParts) return damaged();
  TraceEntry entry;
  entry.phase = phase;
  entry.filter = parts[1];
  const auto mode = mode_named(parts[2]);
  const auto action = action_named(parts[3]);
  const auto score = parse_finite(parts[4]);
  const auto micros = parse_finite(parts[6]);
  if (!mode || !action || !score || parts[5].size() != 1 || !micros || *micros < 0 || *micros > 1e15) return damaged();
  entry.mode = *mode;
  entry.action = *action;
  entry.score = *score;
  entry.allowed = parts[5][0] == kAllowed;
  entry.failed = parts[5][0] == kFailed;
  entry.micros = static_cast<std::uint64_t>(*micros);
  entry.reason = unescaped(parts[7]);
  for (std::size_t i = kParts; i < parts.size(); ++i) entry.facts.push_back(unescaped(parts[i]));
  return entry;
}

Result<Upshot> parse_shadow(const std::vector<std::string_view>& parts) {
  const auto fate = fate_named(parts[1]);
  const auto score = parse_finite(parts[2]);
  if (!fate || !score) return damaged();
  return Upshot{*fate, unescaped(parts[3]), *score, unescaped(parts[4])};
}

}  // namespace

std::string_view name_of(Phase phase) { return kPhaseNames[static_cast<std::size_t>(phase)]; }
std::string_view name_of(Action action) { return kActionNames[static_cast<std::size_t>(action)]; }
std::string_view name_of(FilterUse::Mode mode) { return FilterUse::kModes[static_cast<std::size_t>(mode)]; }

std::optional<Phase> phase_named(std::string_view name) { return find_name<Phase>(kPhaseNames, name); }
std::optional<Action> action_named(std::string_view name) { return find_name<Action>(kActionNames, name); }
std::optional<FilterUse::Mode> mode_named(std::string_view name) {
  return find_name<FilterUse::Mode>(FilterUse::kModes, name);
}

std::optional<Fate> fate_named(std::string_view name) {
  const auto found = std::find(kFateNames.begin(), kFateNames.end(), name);
  if (found == kFateNames.end()) return std::nullopt;
  return static_cast<Fate>(found - kFateNames.begin());
}

std::string format_shadow(const Upshot& shadow) {
  std::string line(kShadow);
  for (const std::string& part : {std::string(name_of(shadow.fate)), number(shadow.score), escaped(shadow.by),
                                  escaped(utf8_prefix(shadow.reason, kLongestShadow))})
    line += '\t' + part;
  return line += '\n';
}

std::string format_trace(const Trace& trace) {
  std::string text =
      std::string(kTraceVersion) + '\t' + std::string(store::name_of(trace.mark)) + '\t' + number(trace.score) + '\n';
  bool full = false;
  const auto add = [&](const std::string& line) {
    full = full || text.size() + line.size() > Trace::kMostBytes - kCut.size() - 1;
    if (!full) text += line;
  };
  for (std::size_t phase = 0; phase < std::size(kPhaseNames); ++phase) {
    for (const TraceEntry& entry : trace.entries)
      if (static_cast<std::size_t>(entry.phase) == phase && !entry.is_silent()) add(line_of(entry));
    add(line_of_silent(trace, phase));
  }
  if (full || trace.cut) text += std::string(kCut) + '\n';
  return trace.shadow ? text + format_shadow(*trace.shadow) : text;
}

Result<Trace> parse_trace(std::string_view text) {
  Trace trace;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return damaged();
    const std::vector<std::string_view> parts = split(text.substr(0, end), '\t');
    text.remove_prefix(end + 1);
    if (std::exchange(first, false)) {
      const auto score = parts.size() == 3 ? parse_finite(parts[2]) : std::nullopt;
      const auto mark = parts.size() == 3 ? store::mark_named(parts[1]) : std::nullopt;
      if (!score || !mark || parts[0] != kTraceVersion) return damaged();
      trace.mark = *mark;
      trace.score = *score;
      continue;
    }
    if (parts.size() == 1 && parts[0] == kCut) {
      trace.cut = true;
      continue;
    }
    if (parts.size() == kShadowParts && parts[0] == kShadow) {
      trace.shadow = TRY(parse_shadow(parts));
      continue;
    }
    const auto phase = phase_named(parts[0]);
    if (!phase || parts.size() < 2) return damaged();
    if (parts[1] == kSilent) {
      for (std::size_t i = 2; i < parts.size(); ++i) {
        TraceEntry& silent = trace.entries.emplace_back();
        silent.phase = *phase;
        silent.filter = parts[i];
      }
    } else {
      trace.entries.push_back(TRY(parse_entry(*phase, parts)));
    }
  }
  if (first) return damaged();
  return trace;
}

}  // namespace maildrop::filter
