/// likeness.h: by what copies of one message are known, though each may have other trace fields. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace maildrop::replay {

/// Hashes: of two messages that have nothing in common one in four thousand million times the same.
struct Likeness {
  std::uint32_t id = 0;    // of the Message-ID; 0: there is none
  std::uint32_t body = 0;  // of the body without the blank at its ends, or, where that is too short to know a message
                           // by, of all
};
Likeness likeness_of(std::string_view message);

/// Which messages are copies of each other: who has the same Message-ID or the same body as one of a group is of it.
/// `group[i]` is a number that all of a group have, and no other; `seed[i]` is one that depends on the members of the
/// group alone, not on others or the order: it stays when more mail comes. Memory: 20 bytes for each while it works.
struct Groups {
  std::vector<std::uint32_t> group, seed;
};
Groups groups_of(const std::vector<Likeness>& messages);

}  // namespace maildrop::replay
