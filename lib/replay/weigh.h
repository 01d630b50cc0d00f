/// weigh.h: what becomes of a message by what was found of it: by the rules of then, by others, or without one filter.
/// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "filter/fate.h"
#include "filter/findings.h"
#include "replay/outcome.h"

namespace maildrop::replay {

/// A phase, or a recipient at RCPT, with what was found; what is silent may be left out.
struct Step {
  filter::Phase phase{};
  std::vector<std::pair<std::size_t, filter::Finding>> found{};
};

/// Of the message (filter::SessionFate). `steps` in the order of a session, of all phases, as filter/rehearsal asks
/// them: also of those behind a refusal.
filter::Upshot weigh(const filter::Rules& rules, std::span<const Step> steps, std::optional<std::size_t> without = {});

/// The same without weights and thresholds: what is enforced decides, and no sum.
filter::Rules bare_rules(const filter::Rules& rules);
/// `bare`: such rules.
Parts parts_of(const filter::Rules& bare, std::span<const Step> steps);

}  // namespace maildrop::replay
