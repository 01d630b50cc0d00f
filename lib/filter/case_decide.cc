/// case_decide.cc: what comes of all that was found. Part of case.h.
#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "filter/case.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kSpam = "5.7.1 this looks like spam";
constexpr std::string_view kMaybeSpam = "4.7.1 this may be spam, come again later";
constexpr std::string_view kCannotTell = "4.3.0 cannot judge this now, come again later";
constexpr std::size_t kMostParts = 5;  // of a score, in a reason

std::string format_score(double score) { return format_number(std::round(score * 100) / 100); }

bool refuses(Action action) { return rank_of(action) >= rank_of(Action::defer); }

}  // namespace

/// What was found of earlier recipients has no part in what the next one hears.
std::vector<const Case::Entry*> Case::concerned() const {
  std::vector<const Entry*> found;
  for (const Entry& entry : entries_)
    if (!at_recipient_ || entry.phase != Phase::rcpt) found.push_back(&entry);
  for (const Entry& entry : recipient_) found.push_back(&entry);
  return found;
}

const Case::Entry* Case::allowing() const {
  for (const Entry* entry : concerned())
    if (entry->effect.allows) return entry;
  return nullptr;
}

double Case::score() const {
  double sum = 0;
  for (const Entry* entry : concerned())
    if (entry->effect.counts) sum += entry->effect.score;
  return sum;
}

/// `score 12.5: dnsbl 8, helo 4.5`, the largest first.
std::string Case::explain_score() const {
  std::vector<const Entry*> parts;
  for (const Entry* entry : concerned())
    if (entry->effect.counts && entry->effect.score != 0) parts.push_back(entry);
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Entry* a, const Entry* b) { return a->effect.score > b->effect.score; });
  std::string text = "score " + format_score(score());
  for (std::size_t i = 0; i < parts.size() && i < kMostParts; ++i) {
    text += i == 0 ? ": " : ", ";
    text += std::string(chain_->links()[parts[i]->filter].name) + " " + format_score(parts[i]->effect.score);
  }
  return text;
}

/// The action that goes before all others; of equal ones the first in the order.
Verdict Case::worst(bool tells) const {
  Verdict verdict;
  const Entry* worst = nullptr;
  for (const Entry* entry : concerned()) {
    const Action action = entry->effect.action;
    const bool held =
        refuses(action) && action != Action::disconnect && !tells && !(entry->phase == Phase::rcpt && at_recipient_);
    if (!held && rank_of(action) > rank_of(verdict.action)) {
      verdict.action = action;
      worst = entry;
    }
  }
  const Action by_score = action_of(chain_->settings(), score());
  if ((tells || !refuses(by_score)) && rank_of(by_score) > rank_of(verdict.action)) {
    verdict.action = by_score;
    verdict.reason = explain_score();
    verdict.reply = by_score == Action::reject ? kSpam : by_score == Action::defer ? kMaybeSpam : "";
  } else if (worst) {
    verdict.reason = std::string(chain_->links()[worst->filter].name) + ": " + worst->finding.reason;
    verdict.reply = worst->finding.failed ? std::string(kCannotTell) : worst->finding.reply;
  }
  return verdict;
}

Verdict Case::decide() {
  Verdict verdict;
  if (const Entry* allowed = allowing()) {
    verdict.reason = std::string(chain_->links()[allowed->filter].name) + ": " + allowed->finding.reason;
  } else {
    verdict = worst(tells_at(phase_, chain_->settings().decide_at));
    verdict.reply = refuses(verdict.action) ? reply_of(phase_, verdict.action, verdict.reply) : std::string();
    for (const Entry* entry : concerned())
      if (entry->phase == phase_ && entry->effect.action == Action::delay)
        verdict.delay = std::max(verdict.delay, entry->finding.delay);
    if (verdict.delay > Millis(0) && rank_of(verdict.action) < rank_of(Action::discard)) verdict.action = Action::delay;
  }
  verdict.score = score();
  refused_ = verdict.refuses();
  return verdict;
}

Trace Case::message_trace() {
  settle_recipient();
  return trace();
}

Trace Case::trace() const {
  Trace trace;
  trace.score = score();
  if (!allowing()) {
    const Action action = worst(false).action;
    if (action == Action::tag) trace.mark = store::Mark::tag;
    if (action == Action::quarantine) trace.mark = store::Mark::quarantine;
  }
  for (const Entry* entry : concerned()) {
    const Chain::Link& link = chain_->links()[entry->filter];
    trace.entries.push_back({.phase = entry->phase,
                             .filter = std::string(link.name),
                             .mode = link.use.mode,
                             .action = entry->finding.action,
                             .score = entry->effect.score,
                             .allowed = entry->finding.allows,
                             .failed = entry->finding.failed,
                             .micros = entry->micros,
                             .reason = entry->finding.reason,
                             .facts = entry->facts});
  }
  return trace;
}

}  // namespace maildrop::filter
