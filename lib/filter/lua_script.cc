/// lua_script.cc: what a script declares, and a state for each call of it that runs at the same time.
#include "filter/lua_script.h"

#include <lauxlib.h>
#include <lua.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <utility>

#include "core/text.h"
#include "filter/lua_answer.h"
#include "filter/lua_world.h"

namespace maildrop::filter {

namespace {

// In the registry: the table that filter() was given, and where that was: `NAME.lua:1: `.
constexpr const char kDeclared[] = "declared", kDeclaredAt[] = "declared at";

int declare(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_pushvalue(state, 1);
  lua_setfield(state, LUA_REGISTRYINDEX, kDeclared);
  luaL_where(state, 1);
  lua_setfield(state, LUA_REGISTRYINDEX, kDeclaredAt);
  return 0;
}

/// What was declared has a fault, which is looked for when the script has run.
void wrong(lua_State* state, const std::string& what) {
  lua_getfield(state, LUA_REGISTRYINDEX, kDeclaredAt);
  lua_pushlstring(state, what.data(), what.size());
  lua_concat(state, 2);
  lua_error(state);
}

/// The value on top, as its script has it.
std::string shown(lua_State* state) {
  switch (lua_type(state, -1)) {
    case LUA_TSTRING: return "'" + std::string(lua_tostring(state, -1)) + "'";
    case LUA_TNUMBER: return format_number(lua_tonumber(state, -1));
    case LUA_TBOOLEAN: return lua_toboolean(state, -1) ? "true" : "false";
    default: return std::string("a ") + luaL_typename(state, -1);
  }
}

/// The field of what was declared; the default where it is not there.
template <class T, class Read>
T declared(lua_State* state, const char* name, T otherwise, Read read) {
  lua_getfield(state, LUA_REGISTRYINDEX, kDeclared);
  if (lua_istable(state, -1)) {
    lua_getfield(state, -1, name);
    if (!lua_isnil(state, -1)) otherwise = read();
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return otherwise;
}

/// Of an Enum whose values are in the order of `names`.
template <class Enum>
Enum declared_choice(lua_State* state, const char* name, Enum otherwise, std::span<const std::string_view> names) {
  return declared(state, name, otherwise, [&] {
    const std::string as_given = shown(state);  // what is read as a text is one from then on
    const char* given = lua_tostring(state, -1);
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (given && given == names[i]) return static_cast<Enum>(i);
      all += (all.empty() ? "" : ", ") + std::string(names[i]);
    }
    wrong(state, std::string("filter { ") + name + " } is " + as_given + ", and may be " + all);
    return otherwise;
  });
}

double declared_number(lua_State* state, const char* name, double otherwise, double most) {
  return declared(state, name, otherwise, [&] {
    const double given = lua_isnumber(state, -1) ? lua_tonumber(state, -1) : -1;
    if (!(given >= 0 && given <= most))
      wrong(state, std::string("filter { ") + name + " } is " + shown(state) + ", and may be from 0 to " +
                       format_number(most));
    return given;
  });
}

std::vector<std::string> declared_tells(lua_State* state) {
  return declared(state, "tells", std::vector<std::string>{}, [&] {
    std::vector<std::string> facts;
    if (!lua_istable(state, -1)) wrong(state, "filter { tells } is " + shown(state) + ", and no list of facts");
    for (lua_Integer i = 1; lua_geti(state, -1, i) != LUA_TNIL; ++i) {
      const char* fact = lua_tostring(state, -1);
      if (!fact) wrong(state, "filter { tells } has " + shown(state) + " in it, which names no fact");
      if (facts.size() >= LuaScript::kMostTells)
        wrong(state, "filter { tells } has more than " + std::to_string(LuaScript::kMostTells) + " facts");
      facts.emplace_back(fact);
      lua_pop(state, 1);
    }
    lua_pop(state, 1);
    return facts;
  });
}

std::string declared_summary(lua_State* state) {
  return declared(state, "summary", std::string(), [&] {
    const char* summary = lua_tostring(state, -1);
    if (!summary) wrong(state, "filter { summary } is " + shown(state) + ", and no text");
    return std::string(summary);
  });
}

constexpr std::array<std::string_view, 6> kKnown{"mode", "weight", "timeout", "on_error", "tells", "summary"};

/// A key that is misspelt would be of no effect, and nobody would know.
void check_declared(lua_State* state) {
  lua_getfield(state, LUA_REGISTRYINDEX, kDeclared);
  if (lua_istable(state, -1)) {
    for (lua_pushnil(state); lua_next(state, -2) != 0; lua_pop(state, 1)) {
      const char* key = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "";
      if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
        wrong(state, std::string("filter { } has no '") + key + "'");
    }
  }
  lua_pop(state, 1);
}

FilterUse declared_use(lua_State* state, const LuaFilterSettings& settings) {
  check_declared(state);
  FilterUse use = settings;
  const auto mode = declared_choice(state, "mode", FilterUse::Mode::score, FilterUse::kModes);
  use.mode = std::min(mode, settings.mode);
  use.weight = settings.weight * declared_number(state, "weight", 1, 100);
  const double timeout = declared_number(state, "timeout", 0, 1.8);
  if (timeout > 0) use.timeout = Millis(std::llround(timeout * 1000));
  use.on_error = declared_choice(state, "on_error", settings.on_error, FilterUse::kOnErrors);
  return use;
}

}  // namespace

/// A state, and what its functions go by.
struct LuaScript::Seat {
  LuaCall call;                       // before the state, which may end with functions that go by it
  const ReadSet* read_set = nullptr;  // while it is loaded for the first time
  const LuaScript* script = nullptr;
  std::map<std::string, std::string> sets{};  // what was read
  std::unique_ptr<LuaState> state;

  /// `set(name)`: a table whose keys are the lines.
  static int make_set(lua_State* state) {
    auto& seat = *static_cast<Seat*>(lua_touserdata(state, lua_upvalueindex(1)));
    const std::string name = luaL_checkstring(state, 1);
    const auto known = seat.script->sets_.find(name);
    if (known != seat.script->sets_.end()) return push_set(state, known->second);
    if (!seat.read_set)
      return luaL_error(state, "set('%s') is not read while mail is judged: write it above", name.c_str());
    Result<std::string> text = (*seat.read_set)(name);
    if (!text) return luaL_error(state, "%s", text.error().what.c_str());
    return push_set(state, seat.sets.insert_or_assign(name, std::move(*text)).first->second);
  }

  static int push_set(lua_State* state, std::string_view text) {
    lua_newtable(state);
    std::size_t count = 0;
    for (std::string_view line : split(text, '\n')) {
      line = trim(line);
      if (line.empty() || line.front() == '#') continue;
      if (++count > kMostSetLines) return luaL_error(state, "a set has more than 100000 lines");
      lua_pushlstring(state, line.data(), line.size());
      lua_pushboolean(state, 1);
      lua_rawset(state, -3);
    }
    return 1;
  }
};

/// Those that nobody uses. There are never more than calls at the same time: one for each loop.
struct LuaScript::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Seat>> free;
};

LuaScript::LuaScript(std::string name, std::string source, const LuaFilterSettings& settings)
    : name_(std::move(name)),
      file_(name_ + ".lua"),
      source_(std::move(source)),
      limits_{settings.memory, settings.instructions, settings.time},
      use_(settings),
      pool_(std::make_unique<Pool>()) {}

LuaScript::~LuaScript() = default;

Result<std::unique_ptr<LuaScript::Seat>> LuaScript::open(const ReadSet* read_set) const {
  auto seat = std::make_unique<Seat>();
  seat->script = this;
  seat->read_set = read_set;
  seat->call.space = name_;
  std::replace(seat->call.space.begin(), seat->call.space.end(), '_', '-');  // as the name of a space may be
  seat->call.tells = tells_;
  seat->state = TRY(LuaState::make(limits_));
  TRY(seat->state->call([&](lua_State* state) {
    open_lua_world(state, seat->call);
    open_lua_answers(state);
    lua_register(state, "filter", declare);
    lua_pushlightuserdata(state, seat.get());
    lua_pushcclosure(state, Seat::make_set, 1);
    lua_setglobal(state, "set");
  }));
  TRY(seat->state->load(source_, file_));
  seat->read_set = nullptr;
  return seat;
}

Result<std::shared_ptr<const LuaScript>> LuaScript::make(std::string name, std::string source,
                                                         const LuaFilterSettings& settings, const ReadSet& read_set) {
  std::shared_ptr<LuaScript> made(new LuaScript(std::move(name), std::move(source), settings));
  std::unique_ptr<Seat> seat = TRY(made->open(&read_set));
  TRY(seat->state->call([&](lua_State* state) {
    made->use_ = declared_use(state, settings);
    made->tells_ = declared_tells(state);
    made->summary_ = declared_summary(state);
    seat->state->push_globals();
    for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
      lua_getfield(state, -1, std::string(kPhaseNames[i]).c_str());
      if (lua_isfunction(state, -1)) made->phases_ |= bit(static_cast<Phase>(i));
      lua_pop(state, 1);
    }
  }));
  if (made->phases_ == 0)
    return fail(Code::invalid, made->file_ + ": defines no function connect, helo, mail, rcpt, headers or message");
  made->told_.assign(made->tells_.begin(), made->tells_.end());
  made->sets_ = std::move(seat->sets);
  seat->call.tells = made->tells_;
  made->pool_->free.push_back(std::move(seat));
  return made;
}

Result<std::shared_ptr<const LuaScript>> LuaScript::again(const LuaFilterSettings& settings,
                                                          const ReadSet& read_set) const {
  const auto before = [this](const std::string& name) -> Result<std::string> {
    const auto known = sets_.find(name);
    if (known == sets_.end()) return fail(Code::not_found, "was not read");
    return known->second;
  };
  auto made = make(name_, source_, settings, [&](const std::string& name) {
    Result<std::string> now = read_set(name);
    return now ? now : before(name);
  });
  return made ? made : make(name_, source_, settings, before);
}

Finding LuaScript::judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const {
  std::unique_ptr<Seat> seat;
  {
    const std::lock_guard lock(pool_->mutex);
    if (!pool_->free.empty()) {
      seat = std::move(pool_->free.back());
      pool_->free.pop_back();
    }
  }
  if (!seat) {
    Result<std::unique_ptr<Seat>> opened = open(nullptr);
    if (!opened) return Finding::fault(opened.error().what);
    seat = std::move(*opened);
  }
  seat->call.phase = phase;
  seat->call.transaction = &transaction;
  seat->call.facts = &facts;
  seat->call.headers.reset();
  Finding finding;
  const Result<void> ran = seat->state->call([&](lua_State* state) {
    seat->state->push_globals();
    lua_getfield(state, -1, std::string(kPhaseNames[static_cast<std::size_t>(phase)]).c_str());
    push_lua_world(state);
    lua_call(state, 2, 1);
    finding = lua_finding(state);
  });
  // A state that came to its limits may hold much that is of no use any more.
  if (ran || ran.error().code == Code::invalid) {
    const std::lock_guard lock(pool_->mutex);
    pool_->free.push_back(std::move(seat));
  }
  return ran ? finding : Finding::fault(ran.error().what);
}

}  // namespace maildrop::filter
