/// words.h: the actions as scripts and services say them, and what they score where that is not said.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

#include "filter/verdict.h"

namespace maildrop::filter {

inline constexpr double kSpamScore = 5;  // of what is not wanted; as filter.tag is shipped

struct Word {
  std::string_view name;  // ends in NUL
  Action action;
  bool replies;  // the client may be told why
  double score;
};
inline constexpr Word kPass{"pass", Action::pass, false, 0};
inline constexpr Word kWords[] = {kPass,
                                  {"tag", Action::tag, false, kSpamScore},
                                  {"quarantine", Action::quarantine, false, kSpamScore},
                                  {"discard", Action::discard, false, kSpamScore},
                                  {"defer", Action::defer, true, 0},
                                  {"reject", Action::reject, true, kSpamScore},
                                  {"disconnect", Action::disconnect, true, kSpamScore},
                                  {"delay", Action::delay, false, 0}};

/// nullptr: there is none.
inline const Word* find_word(std::string_view name) {
  const auto* const word =
      std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& each) { return each.name == name; });
  return word == std::end(kWords) ? nullptr : word;
}

}  // namespace maildrop::filter
