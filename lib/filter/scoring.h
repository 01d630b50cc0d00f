/// scoring.h: what findings are worth by the configuration, alone and together.
#pragma once

#include <string>
#include <string_view>

#include "core/filter_settings.h"
#include "filter/filter.h"
#include "filter/verdict.h"

namespace maildrop::filter {

/// What becomes of one finding.
struct Effect {
  double score = 0;              // with its weight; of one that is only observed, what it would have been
  bool counts = false;           // its score does
  Action action = Action::pass;  // that is taken: of filters that are enforced
  bool allows = false;
  bool spares = false;
};
Effect effect_of(const FilterUse& use, const Finding& finding);

/// A sum of scores by filter.reject and filter.defer, filter.quarantine and filter.tag; of who is spared, by the last
/// two.
Action action_of(const FilterSettings& settings, double score, bool spared = false);

/// The same of a message that is kept, whatever its sum.
store::Mark mark_of(const FilterSettings& settings, double score);

/// As it is told: with two digits, in which no sum shows what its parts lost in binary.
double rounded_score(double score);

/// Who refuses goes before who does not, and who refuses for good before who does for now.
unsigned rank_of(Action action);

/// Are clients told in that phase that they are refused (filter.decide_at)? Otherwise it is held back.
bool tells_at(Phase phase, FilterSettings::DecideAt decide_at);

/// The reply that refuses at that phase (RFC 5321 4.3.2) for a text as in Finding::reply. Its code (RFC 3463), or 5.7.1
/// where it has none, gets the class that the action has; bytes that may not be in a reply become `?`. Empty for an
/// empty text.
std::string reply_of(Phase phase, Action action, std::string_view text);

}  // namespace maildrop::filter
