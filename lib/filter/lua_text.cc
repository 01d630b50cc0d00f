/// lua_text.cc: Lua's patterns where they cannot take long, and RE2.
#include "filter/lua_text.h"

#include <lauxlib.h>
#include <lua.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "filter/lua_state.h"

namespace maildrop::filter {

namespace {

constexpr std::uint64_t kMostSteps = 5'000'000;      // some 20 ms
constexpr std::size_t kLongestExpression = 1000;     // bytes
constexpr std::size_t kMostExpressions = 32;         // of a state that are kept
constexpr std::int64_t kExpressionMemory = 1 << 20;  // bytes of one expression
constexpr std::size_t kMostGroups = 16;
constexpr lua_Integer kLongestRepetition = 1 << 20;  // bytes

std::uint64_t times(std::uint64_t a, std::uint64_t b) { return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b; }

enum Guarded : int { find, match, gmatch, gsub };
constexpr const char* kGuarded[] = {"find", "match", "gmatch", "gsub"};

/// The function of the library that this one stands for is its upvalue.
int guarded(lua_State* state) {
  const std::string_view text = text_at(state, 1), pattern = text_at(state, 2);
  const lua_Integer which = lua_tointeger(state, lua_upvalueindex(2));
  std::uint64_t steps = steps_of_pattern(pattern, text.size());
  if (which == find && lua_toboolean(state, 4)) steps = times(text.size(), 1 + pattern.size() / 64);
  if (which == gmatch && pattern.starts_with('^')) steps = times(steps, text.size());  // there it is no anchor
  if (steps > kMostSteps)
    return luaL_error(state, "the pattern may take too long for %d bytes: use re.match or re.find",
                      static_cast<int>(text.size()));
  LuaState::check_time(state);
  const int arguments = lua_gettop(state);
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, arguments, LUA_MULTRET);
  return lua_gettop(state);
}

/// string.rep, whose work is what it makes, and never more.
int repeat(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  const std::string_view between = lua_isnoneornil(state, 3) ? std::string_view() : text_at(state, 3);
  const lua_Integer count = std::max<lua_Integer>(0, luaL_checkinteger(state, 2));
  const auto each = static_cast<lua_Integer>(text.size() + between.size());
  if (each > 0 && count > kLongestRepetition / each) return luaL_error(state, "string.rep: too long");
  luaL_Buffer buffer;
  luaL_buffinit(state, &buffer);
  for (lua_Integer i = 0; each > 0 && i < count; ++i) {
    if (i > 0) luaL_addlstring(&buffer, between.data(), between.size());
    luaL_addlstring(&buffer, text.data(), text.size());
  }
  luaL_pushresult(&buffer);
  return 1;
}

// --- re ---

/// Of a state; compiled once each, and all forgotten when there are many.
using Expressions = std::map<std::string, RE2, std::less<>>;

int forget_expressions(lua_State* state) {
  std::destroy_at(static_cast<Expressions*>(lua_touserdata(state, 1)));
  return 0;
}

const RE2& expression(lua_State* state) {
  auto& known = *static_cast<Expressions*>(lua_touserdata(state, lua_upvalueindex(1)));
  const std::string_view text = text_at(state, 2);
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  if (text.size() > kLongestExpression) luaL_error(state, "the expression is longer than 1000 bytes");
  if (known.size() >= kMostExpressions) known.clear();
  RE2::Options options(RE2::Latin1);  // what is matched may be any bytes
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemory);
  const RE2& made = known.try_emplace(std::string(text), std::string(text), options).first->second;
  if (made.ok()) return made;
  lua_pushlstring(state, made.error().data(), made.error().size());
  known.erase(known.find(text));
  luaL_error(state, "%s", lua_tostring(state, -1));
  return made;
}

/// Its groups, `[0]` is all of it. Empty: it is not in there.
std::vector<re2::StringPiece> search(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  const RE2& re = expression(state);
  LuaState::check_time(state);
  std::vector<re2::StringPiece> groups(1 +
                                       std::min(kMostGroups, static_cast<std::size_t>(re.NumberOfCapturingGroups())));
  const re2::StringPiece piece(text.data(), text.size());
  if (!re.Match(piece, 0, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) groups.clear();
  return groups;
}

int re_match(lua_State* state) {
  const std::vector<re2::StringPiece> groups = search(state);
  if (groups.empty()) {
    lua_pushnil(state);
    return 1;
  }
  const std::size_t first = groups.size() == 1 ? 0 : 1;
  for (std::size_t i = first; i < groups.size(); ++i) {
    if (groups[i].data()) {
      lua_pushlstring(state, groups[i].data(), groups[i].size());
    } else {
      lua_pushboolean(state, 0);  // took no part
    }
  }
  return static_cast<int>(groups.size() - first);
}

int re_find(lua_State* state) {
  const std::vector<re2::StringPiece> groups = search(state);
  if (groups.empty()) {
    lua_pushnil(state);
    return 1;
  }
  const lua_Integer begin = groups[0].data() - text_at(state, 1).data();
  lua_pushinteger(state, begin + 1);
  lua_pushinteger(state, begin + static_cast<lua_Integer>(groups[0].size()));
  return 2;
}

void open_re(lua_State* state) {
  lua_newtable(state);
  std::construct_at(static_cast<Expressions*>(lua_newuserdatauv(state, sizeof(Expressions), 0)));
  lua_newtable(state);
  lua_pushcfunction(state, forget_expressions);
  lua_setfield(state, -2, "__gc");
  lua_setmetatable(state, -2);
  const luaL_Reg functions[] = {{"match", re_match}, {"find", re_find}};
  for (const luaL_Reg& each : functions) {
    lua_pushvalue(state, -1);
    lua_pushcclosure(state, each.func, 1);
    lua_setfield(state, -3, each.name);
  }
  lua_pop(state, 1);
  lua_setglobal(state, "re");
}

}  // namespace

/// Each repetition may try each length, and without an anchor all of that begins at each byte.
std::uint64_t steps_of_pattern(std::string_view pattern, std::size_t length) {
  const std::uint64_t bytes = std::max<std::uint64_t>(length, 1);
  std::uint64_t steps = pattern.starts_with('^') ? 1 : bytes;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '%' && at + 1 < pattern.size()) {
      ++at;
      if (pattern[at] == 'b' || pattern[at] == 'f') steps = times(steps, bytes);
      if (pattern[at] >= '1' && pattern[at] <= '9') steps = times(steps, bytes);
    } else if (c == '*' || c == '+' || c == '-') {
      steps = times(steps, bytes);
    } else if (c == '?') {
      steps = times(steps, 2);
    }
  }
  return times(steps, 1 + pattern.size() / 8);
}

void open_lua_text(lua_State* state) {
  lua_getglobal(state, "string");
  for (int which = find; which <= gsub; ++which) {
    lua_getfield(state, -1, kGuarded[which]);
    lua_pushinteger(state, which);
    lua_pushcclosure(state, guarded, 2);
    lua_setfield(state, -2, kGuarded[which]);
  }
  lua_pushcfunction(state, repeat);
  lua_setfield(state, -2, "rep");
  lua_pop(state, 1);
  open_re(state);
}

}  // namespace maildrop::filter
