/// fate.cc: the first refusal of a session counts, and of recipients the one that says most.
#include "filter/fate.h"

namespace maildrop::filter {

namespace {

/// Of what lets nothing through.
Fate fate_of(Action action) {
  if (action == Action::discard) return Fate::discarded;
  return action == Action::defer ? Fate::deferred : Fate::rejected;
}

unsigned says(Fate fate) { return fate == Fate::deferred ? 2 : fate == Fate::rejected ? 1 : 0; }

}  // namespace

void SessionFate::begin(Phase phase) {
  phase_ = phase;
  if (phase == Phase::rcpt) ++recipients_;
  for (std::size_t i = static_cast<std::size_t>(phase); i < kPhases; ++i) lost_[i].reset();
  if (phase > Phase::mail) return;
  of_recipients_.reset();
  recipients_ = 0;
  somebody_ = false;
}

void SessionFate::decided(const Verdict& verdict) {
  if (!verdict.refuses() && verdict.action != Action::discard) {
    somebody_ |= phase_ == Phase::rcpt;
    score_ = verdict.score;
    reason_ = verdict.reason;
    return;
  }
  const Upshot& lost = lost_[static_cast<std::size_t>(phase_)].emplace(
      Upshot{fate_of(verdict.action), verdict.by, verdict.score, verdict.reason});
  if (phase_ == Phase::rcpt && (!of_recipients_ || says(lost.fate) > says(of_recipients_->fate))) of_recipients_ = lost;
}

const Upshot* SessionFate::lost(Phase from, Phase to) const {
  for (auto i = static_cast<std::size_t>(from); i <= static_cast<std::size_t>(to); ++i)
    if (lost_[i]) return &*lost_[i];
  return nullptr;
}

bool SessionFate::is_over() const {
  return lost(Phase::connect, Phase::mail) || lost(Phase::headers, Phase::message) ||
         (phase_ > Phase::rcpt && of_recipients_ && !somebody_);
}

Upshot SessionFate::of(About about, const Findings::Marked& marked) const {
  if (const Upshot* const early = lost(Phase::connect, Phase::mail)) return *early;
  if (about == About::recipient && lost(Phase::rcpt, Phase::rcpt)) return *lost(Phase::rcpt, Phase::rcpt);
  if (about != About::message) return {Fate::accepted, {}, score_, {}};
  if (of_recipients_ && !somebody_) {
    Upshot upshot = *of_recipients_;
    if (recipients_ > 1) upshot.reason.clear();
    return upshot;
  }
  if (const Upshot* const late = lost(Phase::headers, Phase::message)) return *late;
  if (marked.mark == store::Mark::none) return {Fate::accepted, {}, score_, {}};
  return {marked.mark == store::Mark::tag ? Fate::tagged : Fate::quarantined, std::string(marked.by), score_, reason_};
}

}  // namespace maildrop::filter
