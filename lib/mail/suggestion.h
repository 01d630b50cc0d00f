/// suggestion.h: a name for an inbox that nobody can guess, and that a person can read out and remember.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop::mail {

/// Eight syllables, `rabodinu-velozita`: 47 bits of the kernel's randomness. Who tries a million names a day finds one
/// of ten thousand inboxes in use in 46 years. A local part under any policy. Thread-safe.
std::string suggest_name();

/// Whether it spells nothing that one would rather not be called, over the hyphen too. Pure.
bool is_clean(std::string_view name);

}  // namespace maildrop::mail
