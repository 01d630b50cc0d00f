/// scoring.cc: weights, thresholds and their replies.
#include "filter/scoring.h"

#include <algorithm>
#include <cmath>

namespace maildrop::filter {

namespace {

constexpr std::size_t kLongestReply = 400;  // bytes of a text: RFC 5321 4.5.3.1.5 has 512 for the line

/// `5.7.1 text`: a class, a subject, a detail (RFC 3463).
bool has_code(std::string_view text) {
  constexpr std::size_t kMostDigits = 3;  // of a subject and of a detail
  if (!text.starts_with('2') && !text.starts_with('4') && !text.starts_with('5')) return false;
  std::size_t at = 1;
  for (int part = 0; part < 2; ++part) {
    if (at >= text.size() || text[at] != '.') return false;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", ++at), text.size());
    if (end == at || end - at > kMostDigits) return false;
    at = end;
  }
  return at + 1 < text.size() && text[at] == ' ';
}

Action action_of(FilterUse::OnError on_error) {
  switch (on_error) {
    case FilterUse::OnError::pass: return Action::pass;
    case FilterUse::OnError::defer: return Action::defer;
    case FilterUse::OnError::reject: return Action::reject;
  }
  return Action::pass;
}

}  // namespace

Effect effect_of(const FilterUse& use, const Finding& finding) {
  Effect effect;
  if (!finding.failed) effect.score = finding.score * use.weight;
  effect.counts = use.mode == FilterUse::Mode::score || use.mode == FilterUse::Mode::enforce;
  effect.spares = finding.spares && !finding.failed && effect.counts;
  if (use.mode != FilterUse::Mode::enforce) return effect;
  effect.action = finding.failed ? action_of(use.on_error) : finding.action;
  effect.allows = finding.allows && !finding.failed;
  return effect;
}

Action action_of(const FilterSettings& settings, double score, bool spared) {
  const auto reaches = [&](double threshold) { return threshold > 0 && score >= threshold; };
  if (!spared && reaches(settings.reject)) return Action::reject;
  if (!spared && reaches(settings.defer)) return Action::defer;
  if (reaches(settings.quarantine)) return Action::quarantine;
  return reaches(settings.tag) ? Action::tag : Action::pass;
}

store::Mark mark_of(const FilterSettings& settings, double score) {
  if (settings.quarantine > 0 && score >= settings.quarantine) return store::Mark::quarantine;
  return settings.tag > 0 && score >= settings.tag ? store::Mark::tag : store::Mark::none;
}

double rounded_score(double score) { return std::round(score * 100) / 100; }

unsigned rank_of(Action action) {
  switch (action) {
    case Action::pass:
    case Action::delay: return 0;
    case Action::tag: return 1;
    case Action::quarantine: return 2;
    case Action::discard: return 3;
    case Action::defer: return 4;
    case Action::reject: return 5;
    case Action::disconnect: return 6;
  }
  return 0;
}

bool tells_at(Phase phase, FilterSettings::DecideAt decide_at) {
  switch (decide_at) {
    case FilterSettings::DecideAt::phase: return true;
    case FilterSettings::DecideAt::rcpt: return phase >= Phase::rcpt;
    case FilterSettings::DecideAt::message: return phase >= Phase::message;
  }
  return true;
}

std::string reply_of(Phase phase, Action action, std::string_view text) {
  if (text.empty()) return {};
  const bool for_now = action == Action::defer;
  const bool greeting = phase == Phase::connect;
  std::string reply = for_now ? (greeting ? "421 " : "450 ") : (greeting ? "554 " : "550 ");
  const std::size_t code = reply.size();
  if (!has_code(text)) reply += "5.7.1 ";
  reply += text.substr(0, kLongestReply);
  reply[code] = for_now ? '4' : '5';
  std::replace_if(
      reply.begin(), reply.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return reply;
}

}  // namespace maildrop::filter
