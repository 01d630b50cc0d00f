/// lua_state.h: a Lua interpreter that can do nothing but compute, and that only for so long and in so much memory.
///
/// What a script is given are its arguments and the library: no files, no processes, no loading of code. Neither
/// globals nor the library can be changed once it is loaded; tables of its own can, and are kept as long as the state.
/// A library function that would run in C for long where its arguments are a stranger's is gone, or checks them: there
/// no limit reaches it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

struct lua_State;

namespace maildrop::filter {

struct LuaLimits {
  std::size_t memory = 8u << 20;           // bytes, of all that a state holds
  std::uint64_t instructions = 1'000'000;  // of Lua, in a call
  std::chrono::milliseconds time{20};      // of a call
};

/// Not thread-safe.
class LuaState {
 public:
  /// over_limit: not even the library fits into `limits.memory`.
  static Result<std::unique_ptr<LuaState>> make(const LuaLimits& limits);
  ~LuaState();
  LuaState(const LuaState&) = delete;

  /// Runs `body`, which may do with the state what it likes, by the limits; what is on the stack then is gone.
  ///   invalid     the script has a fault, or raised an error: its text, `NAME.lua:12: ...`
  ///   over_limit  it took too much memory
  ///   timed_out   or too long; both tell the setting that is the limit
  Result<void> call(const std::function<void(lua_State*)>& body);

  /// The script, run once: what it defines is global from then on. Later no global can be set any more, lest what one
  /// message brings is found in the next by mistake. `name` is for errors.
  Result<void> load(std::string_view source, const std::string& name);

  /// The globals of the script are on top of the stack.
  void push_globals() const;

  /// For functions that run long in C: raises an error where the time of the call is over.
  static void check_time(lua_State* state);
  /// For those whose work is not the script's: the call may take that much longer.
  static void add_time(lua_State* state, Monotonic::duration time);

 private:
  struct Control;
  explicit LuaState(const LuaLimits& limits);
  Result<void> open();

  std::unique_ptr<Control> control_;
  lua_State* state_ = nullptr;
};

/// What a function of the library gives, and is given: text, whatever bytes are in it. text_at() raises an error where
/// the argument is none.
void push(lua_State* state, std::string_view text);
std::string_view text_at(lua_State* state, int argument);

}  // namespace maildrop::filter
