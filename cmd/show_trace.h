/// show_trace.h: what filters found, for eyes.
#pragma once

#include <string>

#include "filter/trace.h"
#include "terminal.h"

namespace maildrop::cmd {

/// Mark and score; a line for each filter that found something, and below it what it went by; and who found nothing,
/// together in a line for each phase, or, with `all`, in lines of their own with what it cost.
std::string show_trace(const filter::Trace& trace, const Screen& screen, bool all = false);

}  // namespace maildrop::cmd
