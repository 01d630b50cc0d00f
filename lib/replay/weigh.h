/// weigh.h: what becomes of a message by what was found of it: by the rules of then, by others, or without one filter.
/// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "filter/findings.h"
#include "replay/outcome.h"

namespace maildrop::replay {

/// A phase, or a recipient at RCPT, with what was found; what is silent may be left out.
struct Step {
  filter::Phase phase{};
  std::vector<std::pair<std::size_t, filter::Finding>> found{};
};

struct Weight {
  Fate fate{};
  std::string by{};  // as Outcome::by
  double score = 0;
};

/// `steps` in the order of a session, of all phases, as filter/rehearsal asks them: also of those behind a refusal. A
/// message that nobody gets is deferred if one recipient is, who would be tried again; else rejected if one is; else
/// all copies were dropped.
Weight weigh(const filter::Rules& rules, std::span<const Step> steps, std::optional<std::size_t> without = {});

}  // namespace maildrop::replay
