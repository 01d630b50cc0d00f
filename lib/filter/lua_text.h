/// lua_text.h: what scripts look at text with, so that no text of a stranger makes it take long.
///
/// Lua's own patterns go back and forth: two `.-` over 1,500 characters took 5.8 s, and nothing can stop them. So its
/// functions find, match, gmatch and gsub are there for patterns that cannot take long for that text, and raise an
/// error for others; and `re` has expressions that take time as the text is long, whatever they are (RE2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

struct lua_State;

namespace maildrop::filter {

/// How many steps Lua may need for that pattern over so many bytes, at worst; saturates.
std::uint64_t steps_of_pattern(std::string_view pattern, std::size_t length);

/// string.find, match, gmatch and gsub with a limit, string.rep, and `re`:
///   re.match(text, expression)  its groups, or all of it where it has none; nil: it is not in there
///   re.find(text, expression)   where it begins and ends, from 1 on
/// REQUIRES: the string library is open.
void open_lua_text(lua_State* state);

}  // namespace maildrop::filter
