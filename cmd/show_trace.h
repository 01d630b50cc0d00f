/// show_trace.h: what filters found, for eyes.
#pragma once

#include <string>

#include "filter/trace.h"
#include "terminal.h"

namespace maildrop::cmd {

/// Mark and score; a line for each filter that found something, and below it what it went by; and who found nothing,
/// together in a line for each phase, with `costs` of each.
std::string show_trace(const filter::Trace& trace, const Screen& screen, bool costs = false);

}  // namespace maildrop::cmd
