/// weigh.cc: a session that is decided once more.
#include "replay/weigh.h"

#include <algorithm>

namespace maildrop::replay {

namespace {

using filter::Action;
using filter::Phase;

/// Of what lets nothing through.
Fate fate_of(Action action) {
  if (action == Action::discard) return Fate::discarded;
  return action == Action::defer ? Fate::deferred : Fate::rejected;
}

bool is_lost(const filter::Verdict& verdict) { return verdict.refuses() || verdict.action == Action::discard; }

unsigned rank_of(Fate fate) { return fate == Fate::deferred ? 2 : fate == Fate::rejected ? 1 : 0; }

Weight kept(const filter::Findings& findings, double score) {
  const filter::Findings::Marked marked = findings.marked();
  if (marked.mark == store::Mark::none) return {Fate::accepted, {}, score};
  return {marked.mark == store::Mark::tag ? Fate::tagged : Fate::quarantined, std::string(marked.by), score};
}

}  // namespace

Weight weigh(const filter::Rules& rules, std::span<const Step> steps, std::optional<std::size_t> without) {
  filter::Findings findings(rules);
  std::optional<Weight> of_recipients;  // the one of those who get nothing that says most
  bool somebody = false;
  double score = 0;
  for (const Step& step : steps) {
    if (step.phase > Phase::rcpt && of_recipients && !somebody) break;
    findings.begin(step.phase);
    for (const auto& [filter, finding] : step.found)
      if (filter != without) findings.add(filter, finding);
    const filter::Verdict verdict = findings.decide();
    score = verdict.score;
    if (!is_lost(verdict)) {
      somebody |= step.phase == Phase::rcpt;
      continue;
    }
    Weight lost{fate_of(verdict.action), verdict.by, verdict.score};
    if (step.phase != Phase::rcpt) return lost;
    if (!of_recipients || rank_of(lost.fate) > rank_of(of_recipients->fate)) of_recipients = std::move(lost);
  }
  if (of_recipients && !somebody) return *of_recipients;
  findings.settle_recipient();
  return kept(findings, score);
}

}  // namespace maildrop::replay
