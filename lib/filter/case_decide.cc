/// case_decide.cc: what comes of all that was found. Part of case.h.
#include <algorithm>

#include "core/text.h"
#include "filter/case.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kSpam = "5.7.1 this looks like spam";
constexpr std::string_view kMaybeSpam = "4.7.1 this may be spam, come again later";
constexpr std::string_view kCannotTellNow = "4.3.0 cannot judge this now, come again later";
constexpr std::string_view kCannotTell = "5.3.0 cannot judge this";
constexpr std::size_t kMostParts = 5;  // of a score, in a reason

std::string format_score(double score) { return format_number(rounded_score(score)); }

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

bool Case::is_spared() const {
  const std::vector<const Entry*> entries = concerned();
  return std::any_of(entries.begin(), entries.end(), [](const Entry* entry) { return entry->effect.spares; });
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

/// Is what was seen of the mail and its client, by itself, reason enough for as grave an action?
bool Case::has_evidence(Action action) const {
  double sum = 0;
  bool enough = false;
  for (const Entry* entry : concerned()) {
    if (chain_->links()[entry->filter].evidence != Evidence::own || entry->finding.failed) continue;
    enough |= rank_of(entry->effect.action) >= rank_of(action);
    if (entry->effect.counts) sum += entry->effect.score;
  }
  return enough || rank_of(action_of(chain_->settings(), sum, is_spared())) >= rank_of(action);
}

/// The action that goes before all others; of equal ones the first in the order.
Verdict Case::worst(bool tells) const {
  Verdict verdict;
  const Entry* worst = nullptr;
  for (const Entry* entry : concerned()) {
    const Action action = entry->effect.action;
    const bool of_recipient = entry->phase == Phase::rcpt && at_recipient_;
    // A message is dropped at its end: until then somebody may allow it, or another HELO make that void.
    const bool held = action == Action::discard ? phase_ != Phase::message : refuses(action) && !tells;
    const bool now = !held || of_recipient || action == Action::disconnect;
    if (now && rank_of(action) > rank_of(verdict.action)) {
      verdict.action = action;
      worst = entry;
    }
  }
  const Action by_score = action_of(chain_->settings(), score(), is_spared());
  if ((tells || !refuses(by_score)) && rank_of(by_score) > rank_of(verdict.action)) {
    verdict.action = by_score;
    verdict.by = kSum;
    verdict.reason = explain_score();
    verdict.reply = by_score == Action::reject ? kSpam : by_score == Action::defer ? kMaybeSpam : "";
  } else if (worst) {
    verdict.by = chain_->links()[worst->filter].name;
    verdict.reason = verdict.by + ": " + worst->finding.reason;
    verdict.reply = worst->finding.reply;
    if (worst->finding.failed) verdict.reply = verdict.action == Action::defer ? kCannotTellNow : kCannotTell;
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
  if (verdict.refuses() || verdict.action == Action::discard) verdict.evidence = has_evidence(verdict.action);
  verdict.score = score();
  gone_ = verdict.refuses() || (at_recipient_ && verdict.action == Action::discard);
  if (phase_ == Phase::message) conclude(!gone_);
  return verdict;
}

Verdict Case::foreseen() const {
  if (allowing()) return {};
  Verdict verdict = worst(true);
  const Phase told = chain_->settings().decide_at == FilterSettings::DecideAt::message ? Phase::message : Phase::rcpt;
  verdict.reply = refuses(verdict.action) ? reply_of(std::max(phase_, told), verdict.action, verdict.reply) : "";
  return verdict;
}

/// By what filters want, and by the sum, which may be above what refuses: nobody asked when it came to that.
Case::Marked Case::marked() const {
  if (allowing()) return {};
  Marked marked{mark_of(chain_->settings(), score()), kSum, false};
  for (const Entry* entry : concerned()) {
    const Action action = entry->effect.action;
    const store::Mark mark = action == Action::quarantine ? store::Mark::quarantine
                             : action == Action::tag      ? store::Mark::tag
                                                          : store::Mark::none;
    if (mark > marked.mark) marked = {mark, chain_->links()[entry->filter].name, false};
  }
  if (marked.mark == store::Mark::none) return {};
  marked.evidence = has_evidence(marked.mark == store::Mark::tag ? Action::tag : Action::quarantine);
  return marked;
}

Trace Case::trace() const {
  Trace trace;
  trace.score = score();
  trace.mark = marked().mark;
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
    // What was found of one recipient is not for the others to read: he may be a blind copy.
    if (entry->phase != Phase::rcpt || at_recipient_ || recipients_ < 2) continue;
    trace.entries.back().reason.clear();
    trace.entries.back().facts.clear();
  }
  return trace;
}

}  // namespace maildrop::filter
