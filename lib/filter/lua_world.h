/// lua_world.h: what a script sees of the transaction and asks about the world.
///
///   tx.address tx.name tx.helo tx.esmtp tx.tls           who it is
///   tx.from tx.from_local tx.from_domain                 the sender; "" for <>
///   tx.to tx.to_local tx.to_domain tx.inbox              the recipient that is asked about, or the last one
///   tx.phase tx.recipients tx.size                       how many; bytes, before the message what the client declared
///   tx.subject tx.text                                   decoded; the text as people read it
///   tx.body tx.data                                      as they came, the first kMostText bytes
///   tx.header(name) tx.headers(name)                     the first such field unfolded, or nil; all of them
///
///   facts.dns(name, type)       a list of texts; or nil and `no_name`, `no_data`, `failed`, ...
///   facts.ask(name, type)       the same question, whose answer is not waited for: several of these are asked together
///   facts.reverse(zone [, address])   the name of the client's address in a list, or in in-addr.arpa
///   facts.told(fact)            what a filter before it told, or nil
///   facts.tell(fact, text)      for those behind it; `filter { tells = { fact } }` has to name it
///   facts.count(key, amount, seconds)          the sum over that window; 0 only asks
///   facts.remember(key, seconds [, text])      a record
///   facts.recall(key)                          its text and age in seconds, or nil
///   facts.take(key, tokens, seconds, burst)    true, or false and the seconds until there is a token again
///   facts.at_end(outcome, key, amount, seconds)   counts when it is over: `good`, `bad` or `refused`
///   facts.time()                seconds since 1970
///   Where the ledger fails these give nil and why.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "filter/facts.h"
#include "filter/filter.h"
#include "mail/headers.h"
#include "mail/transaction.h"

struct lua_State;

namespace maildrop::filter {

/// One call of a script. What is not known yet ends the call: the script is called again when it is.
struct LuaCall {
  static constexpr std::size_t kMostText = 256 * 1024;  // bytes of a body, or a message, that a script sees

  Phase phase = Phase::connect;
  const mail::Transaction* transaction = nullptr;
  Facts* facts = nullptr;
  std::string space;                       // of the ledger: behind lua-r-, lua-n- and lua-b-
  std::span<const std::string> tells{};    // what it may tell
  std::optional<mail::Headers> headers{};  // of the message, once they were asked for
};

/// Keeps what `tx` and `facts` are. They go by `*call`, which is filled before each call and outlives the state.
void open_lua_world(lua_State* state, LuaCall& call);
/// `tx` and `facts` are on top of the stack.
void push_lua_world(lua_State* state);

}  // namespace maildrop::filter
