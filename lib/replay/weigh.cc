/// weigh.cc: a session that is decided once more.
#include "replay/weigh.h"

namespace maildrop::replay {

filter::Upshot weigh(const filter::Rules& rules, std::span<const Step> steps, std::optional<std::size_t> without) {
  filter::Findings findings(rules);
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

}  // namespace maildrop::replay
