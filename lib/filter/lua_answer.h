/// lua_answer.h: what a script may say of a transaction: it returns what one of these words gives.
///
///   score(n, why)  tag(why [, n])  quarantine(why [, n])  discard(why [, n])  reject(reply, why [, n])
///   defer(reply, why [, n])  disconnect(reply, why [, n])  delay(seconds, why [, n])  allow(why)  fail(why)
///
/// `n` is the score; where none is said 5, and 0 of defer and delay. A reply is as in Finding::reply.
#pragma once

#include "filter/filter.h"

struct lua_State;

namespace maildrop::filter {

/// Defines them as globals.
void open_lua_answers(lua_State* state);
/// What the value on top of the stack says; nil says nothing. Raises an error for what is none.
Finding lua_finding(lua_State* state);

}  // namespace maildrop::filter
