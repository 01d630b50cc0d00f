/// lua_answer.cc: words that make tables, and what these tables say.
#include "filter/lua_answer.h"

#include <lauxlib.h>
#include <lua.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>

#include "filter/lua_state.h"
#include "filter/words.h"

namespace maildrop::filter {

namespace {

constexpr double kLongest = kLongestDelay.count();  // of a delay, in seconds

void set(lua_State* state, const char* name, std::string_view text) {
  push(state, text);
  lua_setfield(state, -2, name);
}

/// A table that lua_finding() reads. The place of the word in kWords is the upvalue. Before the reason stands the reply
/// of a word that has one, and how long a delay is.
int say(lua_State* state) {
  const Word& word = kWords[lua_tointeger(state, lua_upvalueindex(1))];
  const bool delays = word.action == Action::delay;
  const int why = word.replies || delays ? 2 : 1;
  if (delays) {
    const double seconds = luaL_checknumber(state, 1);
    if (!(seconds >= 0 && seconds <= kLongest)) {
      lua_pushfstring(state, "no time from 0 to %d seconds", static_cast<int>(kLongest));
      return luaL_argerror(state, 1, lua_tostring(state, -1));
    }
  }
  const std::string_view first = why == 2 ? text_at(state, 1) : std::string_view();
  const std::string_view reason = text_at(state, why);
  const double score = luaL_optnumber(state, why + 1, word.score);
  lua_createtable(state, 0, 4);
  set(state, "action", word.name);
  set(state, "reason", reason);
  set(state, delays ? "delay" : "reply", first);
  lua_pushnumber(state, score);
  lua_setfield(state, -2, "score");
  return 1;
}

int say_score(lua_State* state) {
  const double score = luaL_checknumber(state, 1);
  const std::string_view reason = text_at(state, 2);
  lua_createtable(state, 0, 3);
  set(state, "action", "score");
  set(state, "reason", reason);
  lua_pushnumber(state, score);
  lua_setfield(state, -2, "score");
  return 1;
}

/// `allow` and `fail`, by the upvalue.
int say_plain(lua_State* state) {
  const std::string_view reason = text_at(state, 1);
  lua_createtable(state, 0, 2);
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_setfield(state, -2, "action");
  set(state, "reason", reason);
  return 1;
}

std::string field(lua_State* state, const char* name) {
  lua_getfield(state, -1, name);
  std::size_t size = 0;
  const char* text = lua_tolstring(state, -1, &size);
  std::string value = text ? std::string(text, size) : std::string();
  lua_pop(state, 1);
  return value;
}

double number(lua_State* state, const char* name) {
  lua_getfield(state, -1, name);
  const double value = lua_tonumber(state, -1);
  lua_pop(state, 1);
  if (!std::isfinite(value)) luaL_error(state, "a %s that is no number", name);
  return value;
}

}  // namespace

void open_lua_answers(lua_State* state) {
  lua_register(state, "score", say_score);
  for (std::size_t i = 0; i < std::size(kWords); ++i) {
    if (kWords[i].action == Action::pass) continue;  // that is to return nothing
    lua_pushinteger(state, static_cast<lua_Integer>(i));
    lua_pushcclosure(state, say, 1);
    lua_setglobal(state, kWords[i].name.data());
  }
  for (const char* name : {"allow", "fail"}) {
    lua_pushstring(state, name);
    lua_pushcclosure(state, say_plain, 1);
    lua_setglobal(state, name);
  }
}

Finding lua_finding(lua_State* state) {
  if (lua_isnil(state, -1)) return {};
  if (!lua_istable(state, -1))
    luaL_error(state, "returns %s: return nothing, or score(...), reject(...) or the like", luaL_typename(state, -1));
  const std::string action = field(state, "action");
  Finding finding;
  finding.reason = field(state, "reason");
  finding.score = number(state, "score");
  if (action == "score") return finding;
  if (action == "allow") return Finding::allow(finding.reason);
  if (action == "fail") return Finding::fail(finding.reason);
  const Word* const word = find_word(action);
  if (!word || word->action == Action::pass)
    luaL_error(state, "returns a table that does not come of score(...), reject(...) or the like");
  finding.action = word->action;
  finding.reply = field(state, "reply");
  if (word->action == Action::delay)
    finding.delay = Millis(std::llround(std::clamp(number(state, "delay"), 0.0, kLongest) * 1000));
  return finding;
}

}  // namespace maildrop::filter
