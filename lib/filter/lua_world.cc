/// lua_world.cc: `tx` and `facts`.
#include "filter/lua_world.h"

#include <lauxlib.h>
#include <lua.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "core/text.h"
#include "filter/lua_state.h"
#include "mail/message.h"

namespace maildrop::filter {

namespace {

using store::Operation;

constexpr const char kTransaction[] = "tx", kFacts[] = "facts", kCall[] = "call";  // in the registry
constexpr double kMostSeconds = 24 * 3600 * 100.0;                                 // as Operation::kLongest

LuaCall& call_of(lua_State* state) {
  lua_getfield(state, LUA_REGISTRYINDEX, kCall);
  LuaCall& call = *static_cast<LuaCall*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return call;
}

int nothing(lua_State* state) {
  lua_pushnil(state);
  return 1;
}

/// Something is not known yet. A script's pcall() may hear of it; what it says then is not listened to.
int wait(lua_State* state) { return luaL_error(state, "not known yet"); }

// --- tx ---

const mail::Headers& headers_of(LuaCall& call) {
  if (!call.headers) call.headers = mail::scan_headers(call.transaction->data);
  return *call.headers;
}

std::string_view first(std::string_view text) { return text.substr(0, LuaCall::kMostText); }

/// `tx.header(name)` and `tx:header(name)` are the same.
std::string_view name_argument(lua_State* state) { return text_at(state, lua_isuserdata(state, 1) ? 2 : 1); }

int tx_header(lua_State* state) {
  const mail::HeaderField* field = headers_of(call_of(state)).find(name_argument(state));
  if (!field) return nothing(state);
  push(state, mail::unfold(field->value));
  return 1;
}

int tx_headers(lua_State* state) {
  const std::string_view name = name_argument(state);
  lua_newtable(state);
  lua_Integer count = 0;
  for (const mail::HeaderField& field : headers_of(call_of(state)).fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    push(state, mail::unfold(field.value));
    lua_rawseti(state, -2, ++count);
  }
  return 1;
}

const mail::Recipient* last_recipient_of(const LuaCall& call) {
  const auto& recipients = call.transaction->recipients;
  return recipients.empty() ? nullptr : &recipients.back();
}

using Push = void (*)(lua_State* state, LuaCall& call);
template <const std::string mail::Address::*part>
void push_to(lua_State* state, LuaCall& call) {
  const mail::Recipient* to = last_recipient_of(call);
  push(state, to ? to->address.*part : std::string());
}

const std::map<std::string_view, Push>& fields() {
  static const std::map<std::string_view, Push> kFields{
      {"address", [](lua_State* s, LuaCall& c) { push(s, c.transaction->peer.to_string()); }},
      {"name", [](lua_State* s, LuaCall& c) { push(s, c.transaction->peer.name); }},
      {"helo", [](lua_State* s, LuaCall& c) { push(s, c.transaction->helo); }},
      {"esmtp", [](lua_State* s, LuaCall& c) { lua_pushboolean(s, c.transaction->esmtp); }},
      {"tls", [](lua_State* s, LuaCall& c) { push(s, c.transaction->tls.protocol); }},
      {"from", [](lua_State* s, LuaCall& c) { push(s, c.transaction->from.to_string()); }},
      {"from_local", [](lua_State* s, LuaCall& c) { push(s, c.transaction->from.local); }},
      {"from_domain", [](lua_State* s, LuaCall& c) { push(s, c.transaction->from.domain); }},
      {"to",
       [](lua_State* s, LuaCall& c) {
         const mail::Recipient* to = last_recipient_of(c);
         push(s, to ? to->address.to_string() : std::string());
       }},
      {"to_local", push_to<&mail::Address::local>},
      {"to_domain", push_to<&mail::Address::domain>},
      {"inbox",
       [](lua_State* s, LuaCall& c) {
         const mail::Recipient* to = last_recipient_of(c);
         push(s, to ? to->inbox.name() : std::string());
       }},
      {"phase", [](lua_State* s, LuaCall& c) { push(s, kPhaseNames[static_cast<std::size_t>(c.phase)]); }},
      {"recipients",
       [](lua_State* s, LuaCall& c) {
         lua_pushinteger(s, static_cast<lua_Integer>(c.transaction->recipients.size()));
       }},
      {"size",
       [](lua_State* s, LuaCall& c) {
         const auto size = c.phase == Phase::message ? c.transaction->data.size() : c.transaction->declared_size;
         lua_pushinteger(s, static_cast<lua_Integer>(size));
       }},
      {"subject", [](lua_State* s, LuaCall& c) { push(s, mail::overview(c.transaction->data).subject); }},
      {"text",
       [](lua_State* s, LuaCall& c) {
         const Monotonic start = std::chrono::steady_clock::now();
         const std::string& text = c.facts->text();
         LuaState::add_time(s, std::chrono::steady_clock::now() - start);  // the first one does it for all
         push(s, text);
       }},
      {"body", [](lua_State* s,
                  LuaCall& c) { push(s, first(std::string_view(c.transaction->data).substr(headers_of(c).body))); }},
      {"data", [](lua_State* s, LuaCall& c) { push(s, first(c.transaction->data)); }},
      {"header", [](lua_State* s, LuaCall&) { lua_pushcfunction(s, tx_header); }},
      {"headers", [](lua_State* s, LuaCall&) { lua_pushcfunction(s, tx_headers); }},
  };
  return kFields;
}

int tx_index(lua_State* state) {
  const std::string_view name = text_at(state, 2);
  const auto field = fields().find(name);
  if (field == fields().end()) return luaL_error(state, "tx has no '%s'", lua_tostring(state, 2));
  LuaState::check_time(state);
  field->second(state, call_of(state));
  return 1;
}

// --- facts ---

int push_answer(lua_State* state, const dns::Answer& answer, dns::Type type) {
  if (answer.status != dns::Status::found) {
    lua_pushnil(state);
    push(state, dns::name_of(answer.status));
    return 2;
  }
  lua_newtable(state);
  lua_Integer count = 0;
  for (const dns::Record& record : answer.records) {
    push(state, type == dns::Type::txt ? record.text : record.to_string(type));
    lua_rawseti(state, -2, ++count);
  }
  return 1;
}

const dns::Answer* look_up(lua_State* state, dns::Type& type) {
  const std::optional<dns::Type> named = dns::parse_type(text_at(state, 2));
  if (!named) luaL_error(state, "'%s' is no type of records", lua_tostring(state, 2));
  type = *named;
  return call_of(state).facts->dns(text_at(state, 1), type);
}

int facts_dns(lua_State* state) {
  dns::Type type{};
  const dns::Answer* answer = look_up(state, type);
  return answer ? push_answer(state, *answer, type) : wait(state);
}

int facts_ask(lua_State* state) {
  dns::Type type{};
  look_up(state, type);
  return 0;
}

int facts_reverse(lua_State* state) {
  const std::string_view zone = lua_isnoneornil(state, 1) ? std::string_view() : text_at(state, 1);
  IpAddress address = call_of(state).transaction->peer.address;
  if (!lua_isnoneornil(state, 2)) {
    const Result<IpAddress> given = IpAddress::parse(text_at(state, 2));
    if (!given) return luaL_error(state, "'%s' is no address", lua_tostring(state, 2));
    address = *given;
  }
  const auto question = dns::Question::reverse(address, dns::Type::a, zone);
  if (!question) return luaL_error(state, "'%s' is no zone", lua_tostring(state, 1));
  push(state, question->name);
  return 1;
}

int facts_told(lua_State* state) {
  const std::string* told = call_of(state).facts->told(text_at(state, 1));
  if (!told) return wait(state);
  if (told->empty()) return nothing(state);
  push(state, *told);
  return 1;
}

int facts_tell(lua_State* state) {
  LuaCall& call = call_of(state);
  const std::string_view fact = text_at(state, 1);
  const auto known = std::find(call.tells.begin(), call.tells.end(), fact);
  if (known == call.tells.end()) return luaL_error(state, "filter { tells } has no '%s'", lua_tostring(state, 1));
  call.facts->tell(*known, std::string(text_at(state, 2)));
  return 0;
}

Millis seconds_at(lua_State* state, int argument) {
  const double seconds = luaL_checknumber(state, argument);
  if (!(seconds > 0 && seconds <= kMostSeconds)) luaL_error(state, "no time between 0 and 100 days");
  return Millis(std::llround(std::ceil(seconds * 1000)));
}

/// nullptr: what to return is on the stack, nil and why.
const store::Answer* carry_out(lua_State* state, const Operation& operation) {
  const Result<store::Answer>* answer = call_of(state).facts->ledger(operation);
  if (!answer) wait(state);
  if (*answer) return &**answer;
  lua_pushnil(state);
  push(state, answer->error().what);
  return nullptr;
}

int facts_count(lua_State* state) {
  const Millis window = seconds_at(state, 3);
  const store::Answer* answer = carry_out(
      state, Operation::add("lua-n-" + call_of(state).space, text_at(state, 1), luaL_checkinteger(state, 2), window));
  if (!answer) return 2;
  lua_pushinteger(state, answer->sum);
  return 1;
}

int facts_remember(lua_State* state) {
  const std::string_view value = lua_isnoneornil(state, 3) ? std::string_view() : text_at(state, 3);
  const Millis lifetime = seconds_at(state, 2);
  const store::Answer* answer =
      carry_out(state, Operation::put("lua-r-" + call_of(state).space, text_at(state, 1), lifetime, value));
  if (!answer) return 2;
  lua_pushboolean(state, 1);
  return 1;
}

int facts_recall(lua_State* state) {
  LuaCall& call = call_of(state);
  const store::Answer* answer = carry_out(state, Operation::get("lua-r-" + call.space, text_at(state, 1)));
  if (!answer) return 2;
  if (!answer->found) return nothing(state);
  push(state, answer->value);
  const auto age = std::chrono::duration_cast<Millis>(call.facts->now() - answer->since);
  lua_pushnumber(state, std::max(0.0, static_cast<double>(age.count()) / 1000));
  return 2;
}

int facts_take(lua_State* state) {
  const auto amount = [&](int argument) {
    const lua_Integer value = luaL_checkinteger(state, argument);
    if (value < 1 || value > Operation::kLargestBurst) luaL_error(state, "no number from 1 to 1000000");
    return static_cast<unsigned>(value);
  };
  const store::Rate rate{amount(2), seconds_at(state, 3), amount(4)};
  const store::Answer* answer =
      carry_out(state, Operation::take("lua-b-" + call_of(state).space, text_at(state, 1), 1, rate));
  if (!answer) return 2;
  lua_pushboolean(state, answer->granted);
  lua_pushnumber(state, static_cast<double>(answer->wait.count()) / 1000);
  return 2;
}

int facts_at_end(lua_State* state) {
  constexpr const char* kOutcomes[] = {"good", "bad", "refused", nullptr};
  LuaCall& call = call_of(state);
  const auto outcome = static_cast<Outcome>(luaL_checkoption(state, 1, nullptr, kOutcomes));
  const lua_Integer amount = luaL_checkinteger(state, 3);
  const Millis window = seconds_at(state, 4);
  call.facts->at_end(outcome, Operation::add("lua-n-" + call.space, text_at(state, 2), amount, window));
  return 0;
}

int facts_time(lua_State* state) {
  lua_pushinteger(state, to_millis(call_of(state).facts->now()) / 1000);
  return 1;
}

}  // namespace

void open_lua_world(lua_State* state, LuaCall& call) {
  lua_pushlightuserdata(state, &call);
  lua_setfield(state, LUA_REGISTRYINDEX, kCall);

  lua_newuserdatauv(state, 0, 0);
  lua_newtable(state);
  lua_pushcfunction(state, tx_index);
  lua_setfield(state, -2, "__index");
  lua_setmetatable(state, -2);
  lua_setfield(state, LUA_REGISTRYINDEX, kTransaction);

  const luaL_Reg functions[] = {{"dns", facts_dns},           {"ask", facts_ask},       {"reverse", facts_reverse},
                                {"told", facts_told},         {"tell", facts_tell},     {"count", facts_count},
                                {"remember", facts_remember}, {"recall", facts_recall}, {"take", facts_take},
                                {"at_end", facts_at_end},     {"time", facts_time},     {nullptr, nullptr}};
  luaL_newlib(state, functions);
  lua_setfield(state, LUA_REGISTRYINDEX, kFacts);
}

void push_lua_world(lua_State* state) {
  lua_getfield(state, LUA_REGISTRYINDEX, kTransaction);
  lua_getfield(state, LUA_REGISTRYINDEX, kFacts);
}

}  // namespace maildrop::filter
