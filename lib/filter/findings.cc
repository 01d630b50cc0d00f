/// findings.cc: sums, the worst of all, and who goes before whom.
#include "filter/findings.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kSpam = "5.7.1 this looks like spam";
constexpr std::string_view kMaybeSpam = "4.7.1 this may be spam, come again later";
constexpr std::string_view kCannotTellNow = "4.3.0 cannot judge this now, come again later";
constexpr std::string_view kCannotTell = "5.3.0 cannot judge this";
constexpr std::size_t kMostParts = 5;  // of a score, in a reason

std::string format_score(double score) { return format_number(rounded_score(score)); }

bool refuses(Action action) { return rank_of(action) >= rank_of(Action::defer); }

constexpr double kNextToNothing = 1;  // a score below it speaks against nobody

constexpr unsigned kRefusedOutcomes = kBadOutcome | bit_of(Outcome::refused);

unsigned outcomes_of(Action action) {
  switch (action) {
    case Action::pass:
    case Action::delay:
    case Action::defer: return 0;
    case Action::tag:
    case Action::quarantine: return kBadOutcome;
    default: return kRefusedOutcomes;
  }
}

}  // namespace

void Findings::begin(Phase phase) {
  settle_recipient();
  // Of recipients there are many.
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.phase > phase || (entry.phase == phase && phase != Phase::rcpt);
  });
  if (phase <= Phase::mail) recipients_ = 0;
  phase_ = phase;
  at_recipient_ = gone_ = phase == Phase::rcpt;
}

void Findings::add(std::size_t filter, Finding finding, std::uint64_t micros, std::vector<std::string> facts) {
  const Effect effect = effect_of(rules_.filters[filter].use, finding);
  insert(phase_ == Phase::rcpt ? recipient_ : entries_,
         {phase_, filter, std::move(finding), effect, micros, std::move(facts)});
}

void Findings::each(const Seen& seen) const {
  for (const Entry& entry : phase_ == Phase::rcpt ? recipient_ : entries_)
    if (entry.phase == phase_) seen(entry.filter, entry.finding, entry.micros);
}

/// In the order of phases and filters, whoever has his answers first.
void Findings::insert(std::vector<Entry>& entries, Entry entry) {
  const auto before = [](const Entry& a, const Entry& b) {
    return a.phase != b.phase ? a.phase < b.phase : a.filter < b.filter;
  };
  entries.insert(std::upper_bound(entries.begin(), entries.end(), entry, before), std::move(entry));
}

/// Of the recipients a message has, each filter's worst finding is kept: what is kept does not grow with them. One who
/// was refused, or whose copy was dropped, gets no message and has no part in it.
void Findings::settle_recipient() {
  if (at_recipient_ && !gone_) ++recipients_;
  for (Entry& fresh : recipient_) {
    if (gone_) break;
    const auto before = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.phase == Phase::rcpt && entry.filter == fresh.filter;
    });
    if (before == entries_.end()) {
      insert(entries_, std::move(fresh));
      continue;
    }
    // It speaks for a message if it does for all of its recipients.
    const bool allows = before->effect.allows && fresh.effect.allows;
    const bool spares = before->effect.spares && fresh.effect.spares;
    if (is_worse(fresh, *before)) *before = std::move(fresh);
    before->effect.allows = allows;
    before->effect.spares = spares;
  }
  recipient_.clear();
  at_recipient_ = false;
}

void Findings::pass_over_recipient() {
  settle_recipient();
  at_recipient_ = gone_ = true;
}

bool Findings::is_worse(const Entry& one, const Entry& other) {
  const unsigned rank = rank_of(one.effect.action), before = rank_of(other.effect.action);
  return rank != before ? rank > before : one.effect.score > other.effect.score;
}

/// What was found of earlier recipients has no part in what the next one hears.
std::vector<const Findings::Entry*> Findings::concerned() const {
  std::vector<const Entry*> found;
  for (const Entry& entry : entries_)
    if (!at_recipient_ || entry.phase != Phase::rcpt) found.push_back(&entry);
  for (const Entry& entry : recipient_) found.push_back(&entry);
  return found;
}

const Findings::Entry* Findings::allowing() const {
  for (const Entry* entry : concerned())
    if (entry->effect.allows) return entry;
  return nullptr;
}

bool Findings::is_spared() const {
  const std::vector<const Entry*> entries = concerned();
  return std::any_of(entries.begin(), entries.end(), [](const Entry* entry) { return entry->effect.spares; });
}

double Findings::score() const {
  double sum = 0;
  for (const Entry* entry : concerned())
    if (entry->effect.counts) sum += entry->effect.score;
  return sum;
}

/// `score 12.5: dnsbl 8, helo 4.5`, the largest first.
std::string Findings::explain_score() const {
  std::vector<const Entry*> parts;
  for (const Entry* entry : concerned())
    if (entry->effect.counts && entry->effect.score != 0) parts.push_back(entry);
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Entry* a, const Entry* b) { return a->effect.score > b->effect.score; });
  std::string text = "score " + format_score(score());
  for (std::size_t i = 0; i < parts.size() && i < kMostParts; ++i) {
    text += i == 0 ? ": " : ", ";
    text += std::string(rules_of(*parts[i]).name) + " " + format_score(parts[i]->effect.score);
  }
  return text;
}

/// Is what was seen of the mail and its client, by itself, reason enough for as grave an action?
bool Findings::has_evidence(Action action) const {
  double sum = 0;
  bool enough = false;
  for (const Entry* entry : concerned()) {
    if (rules_of(*entry).evidence != Evidence::own || entry->finding.failed) continue;
    enough |= rank_of(entry->effect.action) >= rank_of(action);
    if (entry->effect.counts) sum += entry->effect.score;
  }
  return enough || rank_of(action_of(rules_.settings, sum, is_spared())) >= rank_of(action);
}

/// The action that goes before all others; of equal ones the first in the order.
Verdict Findings::worst(bool tells) const {
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
  const Action by_score = action_of(rules_.settings, score(), is_spared());
  if ((tells || !refuses(by_score)) && rank_of(by_score) > rank_of(verdict.action)) {
    verdict.action = by_score;
    verdict.by = kSum;
    verdict.reason = explain_score();
    verdict.reply = by_score == Action::reject ? kSpam : by_score == Action::defer ? kMaybeSpam : "";
  } else if (worst) {
    verdict.by = rules_of(*worst).name;
    verdict.reason = verdict.by + ": " + worst->finding.reason;
    verdict.reply = worst->finding.reply;
    if (worst->finding.failed) verdict.reply = verdict.action == Action::defer ? kCannotTellNow : kCannotTell;
  }
  return verdict;
}

Verdict Findings::decide() {
  Verdict verdict;
  if (const Entry* allowed = allowing()) {
    verdict.reason = std::string(rules_of(*allowed).name) + ": " + allowed->finding.reason;
  } else {
    verdict = worst(tells_at(phase_, rules_.settings.decide_at));
    verdict.reply = refuses(verdict.action) ? reply_of(phase_, verdict.action, verdict.reply) : std::string();
    for (const Entry* entry : concerned())
      if (entry->phase == phase_ && entry->effect.action == Action::delay)
        verdict.delay = std::max(verdict.delay, entry->finding.delay);
    if (verdict.delay > Millis(0) && rank_of(verdict.action) < rank_of(Action::discard)) verdict.action = Action::delay;
  }
  if (verdict.refuses() || verdict.action == Action::discard) verdict.evidence = has_evidence(verdict.action);
  verdict.score = score();
  gone_ = verdict.refuses() || (at_recipient_ && verdict.action == Action::discard);
  return verdict;
}

Verdict Findings::foreseen() const {
  if (allowing()) return {};
  Verdict verdict = worst(true);
  const Phase told = rules_.settings.decide_at == FilterSettings::DecideAt::message ? Phase::message : Phase::rcpt;
  verdict.reply = refuses(verdict.action) ? reply_of(std::max(phase_, told), verdict.action, verdict.reply) : "";
  return verdict;
}

/// By what filters want, and by the sum, which may be above what refuses: nobody asked when it came to that.
Findings::Marked Findings::marked() const {
  if (allowing()) return {};
  Marked marked{mark_of(rules_.settings, score()), kSum, false};
  for (const Entry* entry : concerned()) {
    const Action action = entry->effect.action;
    const store::Mark mark = action == Action::quarantine ? store::Mark::quarantine
                             : action == Action::tag      ? store::Mark::tag
                                                          : store::Mark::none;
    if (mark > marked.mark) marked = {mark, rules_of(*entry).name, false};
  }
  if (marked.mark == store::Mark::none) return {};
  marked.evidence = has_evidence(marked.mark == store::Mark::tag ? Action::tag : Action::quarantine);
  return marked;
}

Trace Findings::trace() const {
  Trace trace;
  trace.score = score();
  trace.mark = marked().mark;
  for (const Entry* entry : concerned()) {
    const Rules::Of& rules = rules_of(*entry);
    trace.entries.push_back({.phase = entry->phase,
                             .filter = std::string(rules.name),
                             .mode = rules.use.mode,
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

/// Bits of what there is now. A filter that failed says nothing.
unsigned Findings::outcomes_without(std::size_t filter, bool taken) const {
  if (allowing()) return 0;
  double sum = 0;
  unsigned outcomes = 0;
  for (const Entry* entry : concerned()) {
    if (entry->filter == filter || entry->finding.failed) continue;
    if (entry->effect.counts) sum += entry->effect.score;
    outcomes |= outcomes_of(entry->effect.action);
  }
  const Action by_score = action_of(rules_.settings, sum);
  outcomes |= by_score == Action::defer ? kBadOutcome : outcomes_of(by_score);
  return outcomes == 0 && taken && sum < kNextToNothing ? kGoodOutcome : outcomes;
}

}  // namespace maildrop::filter
