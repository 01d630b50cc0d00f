/// weigh.cc: a session that is decided once more.
#include "replay/weigh.h"

#include <algorithm>

namespace maildrop::replay {

namespace {

filter::Upshot upshot_of(filter::Findings& findings, std::span<const Step> steps, std::optional<std::size_t> without) {
  filter::SessionFate fate;
  for (const Step& step : steps) {
    if (fate.is_over()) break;
    findings.begin(step.phase);
    fate.begin(step.phase);
    for (const auto& [filter, finding] : step.found)
      if (filter != without) findings.add(filter, finding);
    fate.decided(findings.decide());
  }
  findings.settle_recipient();
  return fate.of(filter::About::message, findings.marked());
}

}  // namespace

filter::Upshot weigh(const filter::Rules& rules, std::span<const Step> steps, std::optional<std::size_t> without) {
  filter::Findings findings(rules);
  return upshot_of(findings, steps, without);
}

filter::Rules bare_rules(const filter::Rules& rules) {
  filter::Rules bare = rules;
  bare.settings.tag = bare.settings.quarantine = bare.settings.defer = bare.settings.reject = 0;
  for (filter::Rules::Of& each : bare.filters) each.use.weight = 1;
  return bare;
}

Parts parts_of(const filter::Rules& bare, std::span<const Step> steps) {
  filter::Findings findings(bare);
  Parts parts{.decided = upshot_of(findings, steps, {}).fate != filter::Fate::accepted || findings.is_allowed()};
  if (parts.decided) return parts;
  for (const filter::TraceEntry& entry : findings.trace().entries) {
    if (entry.score == 0) continue;
    const auto is_it = [&entry](const filter::Rules::Of& of) { return of.name == entry.filter; };
    const auto of = std::find_if(bare.filters.begin(), bare.filters.end(), is_it);
    const auto at = static_cast<std::size_t>(of - bare.filters.begin());
    const auto part =
        std::find_if(parts.scores.begin(), parts.scores.end(), [at](auto& each) { return each.first == at; });
    if (part == parts.scores.end())
      parts.scores.emplace_back(at, entry.score);
    else
      part->second += entry.score;
  }
  std::sort(parts.scores.begin(), parts.scores.end());
  return parts;
}

}  // namespace maildrop::replay
