/// lua_state.cc: an allocator that counts, a hook that looks at the clock, and a library without what is dangerous.
#include "filter/lua_state.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <cstdlib>
#include <utility>

#include "core/text.h"
#include "filter/lua_text.h"

namespace maildrop::filter {

namespace {

constexpr int kStep = 100;                    // instructions from one look at the clock to the next: one may copy much
constexpr std::size_t kLongestError = 300;    // bytes
constexpr const char kGlobals[] = "globals";  // in the registry
constexpr const char kSealed[] = "sealed";

// What can read, load or run other things; what a collector or a generator makes differ; and what would let a script
// make C code run for ever on a table whose length it makes up.
constexpr const char* kNoBase[] = {"dofile",       "load",         "loadfile", "collectgarbage", "print",
                                   "require",      "rawequal",     "rawget",   "rawlen",         "rawset",
                                   "setmetatable", "getmetatable", "warn"};
constexpr const char* kNoString[] = {"dump", "rep", "pack", "unpack", "packsize"};
constexpr const char* kNoTable[] = {"move"};
constexpr const char* kNoMath[] = {"random", "randomseed"};

template <std::size_t n>
void remove(lua_State* state, const char* table, const char* const (&names)[n]) {
  lua_getglobal(state, table);
  for (const char* name : names) {
    lua_pushnil(state);
    lua_setfield(state, -2, name);
  }
  lua_pop(state, 1);
}

/// Globals are set while the script is loaded, and never again.
int set_global(lua_State* state) {
  if (lua_getfield(state, LUA_REGISTRYINDEX, kSealed) != LUA_TNIL) {
    const char* name = lua_type(state, 2) == LUA_TSTRING ? lua_tostring(state, 2) : "?";
    return luaL_error(state, "'%s' is set while mail is judged: write 'local %s'", name, name);
  }
  lua_getfield(state, LUA_REGISTRYINDEX, kGlobals);
  lua_pushvalue(state, 2);
  lua_pushvalue(state, 3);
  lua_rawset(state, -3);
  return 0;
}

int set_library(lua_State* state) { return luaL_error(state, "the library cannot be changed"); }

/// In the place of a table of the library one that is empty and leads to it.
void protect(lua_State* state, const char* library) {
  lua_newtable(state);
  lua_newtable(state);
  lua_getglobal(state, library);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, set_library);
  lua_setfield(state, -2, "__newindex");
  lua_setmetatable(state, -2);
  lua_setglobal(state, library);
}

/// Which line it was nobody knows: Lua has no room to find it out.
std::string too_much_memory(const LuaLimits& limits) {
  return "takes more than filter.lua.memory = " + format_size(limits.memory);
}

}  // namespace

struct LuaState::Control {
  explicit Control(const LuaLimits& l) : limits(l) {}

  static void* allocate(void* self, void* block, std::size_t before, std::size_t after) {
    auto& control = *static_cast<Control*>(self);
    if (!block) before = 0;  // then it is a kind of object
    if (after == 0) {
      std::free(block);
      control.used -= before;
      return nullptr;
    }
    if (after > before && control.used + (after - before) > control.limits.memory) return nullptr;
    void* moved = std::realloc(block, after);
    if (moved) control.used = control.used - before + after;
    return moved;
  }

  static Control& of(lua_State* state) {
    void* self = nullptr;
    lua_getallocf(state, &self);
    return *static_cast<Control*>(self);
  }

  /// Once it is over, each instruction is an error: a script's pcall() cannot live on it.
  static void hook(lua_State* state, lua_Debug* at) {
    Control& control = of(state);
    control.instructions += kStep;
    if (!control.is_over()) return;
    lua_sethook(state, hook, LUA_MASKCOUNT, 1);
    lua_getinfo(state, "Sl", at);
    luaL_error(state, "%s:%d: %s", at->short_src, at->currentline, control.over.c_str());
  }

  /// And which limit it is, from then on.
  bool is_over() {
    if (!over.empty()) return true;
    if (instructions > limits.instructions)
      over = "takes more than filter.lua.instructions = " + std::to_string(limits.instructions);
    else if (std::chrono::steady_clock::now() >= deadline)
      over = "takes more than filter.lua.time = " + format_duration(limits.time);
    return !over.empty();
  }

  LuaLimits limits;
  std::size_t used = 0;
  std::uint64_t instructions = 0;
  std::chrono::steady_clock::time_point deadline{};
  std::string over{};  // what it took too much of; empty: nothing yet
};

LuaState::LuaState(const LuaLimits& limits) : control_(std::make_unique<Control>(limits)) {}

LuaState::~LuaState() {
  if (state_) lua_close(state_);
}

Result<std::unique_ptr<LuaState>> LuaState::make(const LuaLimits& limits) {
  std::unique_ptr<LuaState> made(new LuaState(limits));
  made->state_ = lua_newstate(Control::allocate, made->control_.get());
  if (!made->state_) return fail(Code::over_limit, too_much_memory(limits));
  TRY(made->open());
  return made;
}

Result<void> LuaState::open() {
  return call([](lua_State* state) {
    luaL_requiref(state, LUA_GNAME, luaopen_base, 1);
    luaL_requiref(state, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(state, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(state, LUA_MATHLIBNAME, luaopen_math, 1);
    luaL_requiref(state, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    remove(state, LUA_GNAME, kNoBase);
    remove(state, LUA_STRLIBNAME, kNoString);
    remove(state, LUA_TABLIBNAME, kNoTable);
    remove(state, LUA_MATHLIBNAME, kNoMath);
    open_lua_text(state);
    for (const char* library : {LUA_STRLIBNAME, LUA_TABLIBNAME, LUA_MATHLIBNAME, LUA_UTF8LIBNAME, "re"})
      protect(state, library);
    // `_G` would be a way around the table that the script sees in its place.
    lua_pushglobaltable(state);
    lua_pushnil(state);
    lua_setfield(state, -2, LUA_GNAME);
    lua_setfield(state, LUA_REGISTRYINDEX, kGlobals);
  });
}

Result<void> LuaState::call(const std::function<void(lua_State*)>& body) {
  Control& control = *control_;
  control.over.clear();
  control.instructions = 0;
  control.deadline = std::chrono::steady_clock::now() + control.limits.time;
  const int top = lua_gettop(state_);
  const auto run = [](lua_State* state) {
    (*static_cast<const std::function<void(lua_State*)>*>(lua_touserdata(state, 1)))(state);
    return 0;
  };
  lua_pushcfunction(state_, run);
  lua_pushlightuserdata(state_, const_cast<std::function<void(lua_State*)>*>(&body));
  lua_sethook(state_, Control::hook, LUA_MASKCOUNT, kStep);
  const int status = lua_pcall(state_, 1, 0, 0);
  lua_sethook(state_, nullptr, 0, 0);
  if (status == LUA_OK) return {};
  const char* text = lua_type(state_, -1) == LUA_TSTRING ? lua_tostring(state_, -1) : nullptr;
  const std::string what = text ? std::string(utf8_prefix(text, kLongestError)) : "an error that is no text";
  lua_settop(state_, top);
  if (status == LUA_ERRMEM) return fail(Code::over_limit, too_much_memory(control.limits));
  return fail(control.over.empty() ? Code::invalid : Code::timed_out, what);
}

Result<void> LuaState::load(std::string_view source, const std::string& name) {
  return call([&](lua_State* state) {
    // Text alone: what is compiled already could do anything.
    if (luaL_loadbufferx(state, source.data(), source.size(), ("=" + name).c_str(), "t") != LUA_OK) lua_error(state);
    lua_newtable(state);  // that is always empty, so that each use of a global comes to its metatable
    lua_newtable(state);
    lua_getfield(state, LUA_REGISTRYINDEX, kGlobals);
    lua_setfield(state, -2, "__index");
    lua_pushcfunction(state, set_global);
    lua_setfield(state, -2, "__newindex");
    lua_setmetatable(state, -2);
    lua_setupvalue(state, -2, 1);  // _ENV
    lua_call(state, 0, 0);
    lua_pushboolean(state, 1);
    lua_setfield(state, LUA_REGISTRYINDEX, kSealed);
  });
}

void LuaState::push_globals() const { lua_getfield(state_, LUA_REGISTRYINDEX, kGlobals); }

void LuaState::add_time(lua_State* state, Monotonic::duration time) { Control::of(state).deadline += time; }

void LuaState::check_time(lua_State* state) {
  Control& control = Control::of(state);
  if (!control.is_over()) return;
  lua_sethook(state, Control::hook, LUA_MASKCOUNT, 1);
  luaL_error(state, "%s", control.over.c_str());
}

void push(lua_State* state, std::string_view text) { lua_pushlstring(state, text.data(), text.size()); }

std::string_view text_at(lua_State* state, int argument) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, argument, &size);
  return {text, size};
}

}  // namespace maildrop::filter
