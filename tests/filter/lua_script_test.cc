/// lua_script_test.cc: what scripts declare, what they see, ask and say, and what they cannot do.
#include "filter/lua_script.h"

#include <thread>

#include "filter/lua_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using dns::Type;

namespace {

std::string refused(const std::string& source, LuaFilterSettings settings = {}) {
  const auto made = script_of(source, settings);
  return made ? "made" : made.error().what;
}

}  // namespace

TEST_CASE("a script is asked at the phases it has functions for") {
  const auto script = script_of("function mail(tx, facts) end function message() end");
  REQUIRE(script);
  CHECK((*script)->phases() == (bit(Phase::mail) | bit(Phase::message)));
  CHECK((*script)->use().mode == FilterUse::Mode::score);
  CHECK(refused("x = 1") == "test.lua: defines no function connect, helo, mail, rcpt, headers or message");
  CHECK(refused("function mail(") == "test.lua:1: <name> or '...' expected near <eof>");
  CHECK(refused("function mail() end error('no')") == "test.lua:1: no");
}

TEST_CASE("what it declares is what it is worth, as far as the settings let it") {
  const std::string source =
      "filter { mode = 'enforce', weight = 2, timeout = 0.3, on_error = 'defer', tells = { 'colour' } }"
      "function mail() end";
  LuaFilterSettings settings;
  settings.weight = 1.5;
  const auto script = *script_of(source, settings);
  CHECK(script->use().mode == FilterUse::Mode::enforce);
  CHECK(script->use().weight == 3);
  CHECK(script->use().timeout == Millis(300));
  CHECK(script->use().on_error == FilterUse::OnError::defer);
  REQUIRE(script->tells().size() == 1);
  CHECK(script->tells()[0] == "colour");
  settings.mode = FilterUse::Mode::observe;
  CHECK((*script_of(source, settings))->use().mode == FilterUse::Mode::observe);
  CHECK(refused("filter { modus = 'off' } function mail() end") == "test.lua:1: filter { } has no 'modus'");
  CHECK(refused("\nfilter { mode = 'on' } function mail() end") ==
        "test.lua:2: filter { mode } is 'on', and may be off, observe, score, enforce");
  CHECK(refused("filter { on_error = 1 } function mail() end") ==
        "test.lua:1: filter { on_error } is 1, and may be pass, defer, reject");
  CHECK(refused("filter { weight = -1 } function mail() end") ==
        "test.lua:1: filter { weight } is -1, and may be from 0 to 100");
  CHECK(refused("filter { timeout = {} } function mail() end") ==
        "test.lua:1: filter { timeout } is a table, and may be from 0 to 1.8");
  CHECK(refused("filter { tells = 'x' } function mail() end") ==
        "test.lua:1: filter { tells } is 'x', and no list of facts");
  CHECK(refused("filter { tells = { true } } function mail() end") ==
        "test.lua:1: filter { tells } has true in it, which names no fact");
  CHECK(refused("filter(1) function mail() end").find("table expected") != std::string::npos);
}

TEST_CASE("what it returns is what it finds") {
  const auto says = [](const std::string& what) {
    return ScriptBench("function mail(tx, facts) return " + what + " end").at(Phase::mail);
  };
  CHECK(says("").empty());
  CHECK(says("nil").empty());
  CHECK(says("score(2.5, 'why')") == "pass 2.5 why");
  CHECK(says("score(-1, 'good')") == "pass -1 good");
  CHECK(says("reject('5.7.1 no', 'why')") == "reject 5 why");
  CHECK(says("reject('5.7.1 no', 'why', 1)") == "reject 1 why");
  CHECK(says("defer('4.7.1 later', 'why')") == "defer 0 why");
  CHECK(says("disconnect('5.7.1 go', 'why')") == "disconnect 5 why");
  CHECK(says("tag('why', 2)") == "tag 2 why");
  CHECK(says("quarantine('why')") == "quarantine 5 why");
  CHECK(says("discard('why')") == "discard 5 why");
  CHECK(says("delay(2, 'why')") == "delay 0 why");
  CHECK(says("allow('why')") == "allow 0 why");
  CHECK(says("fail('why')") == "failed 0 why");
  CHECK(says("true") == "failed 0 returns boolean: return nothing, or score(...), reject(...) or the like");
  CHECK(says("pass('why')").find("attempt to call a nil value (global 'pass')") != std::string::npos);
  CHECK(says("{ action = 'pass' }") ==
        "failed 0 returns a table that does not come of score(...), reject(...) or the like");
  CHECK(says("{}") == "failed 0 returns a table that does not come of score(...), reject(...) or the like");
  CHECK(says("score(0/0, 'why')") == "failed 0 a score that is no number");
  CHECK(says("score('x')").find("number expected") != std::string::npos);
  CHECK(says("reject()").find("bad argument #1 to 'reject'") != std::string::npos);
  CHECK(says("reject('5.7.1 no')").find("bad argument #2 to 'reject'") != std::string::npos);
  CHECK(says("delay(60, 'why')").find("no time from 0 to 30 seconds") != std::string::npos);
  CHECK(says("score(1, ' a line\\nand more ')") == "pass 1 a line and more");
}

TEST_CASE("its replies are a filter's like any other's") {
  ScriptBench bench("filter { mode = 'enforce' } function rcpt() return reject('5.7.1 no\\r\\nway', 'why') end");
  bench.at(Phase::mail);
  const Verdict verdict = bench.world.judge(*bench.session, Phase::rcpt, bench.transaction);
  CHECK(verdict.reply == "550 5.7.1 no??way");
  ScriptBench plain("filter { mode = 'enforce' } function rcpt() return defer('come again', 'why') end");
  plain.at(Phase::mail);
  CHECK(plain.world.judge(*plain.session, Phase::rcpt, plain.transaction).reply == "450 4.7.1 come again");
}

TEST_CASE("it sees the transaction") {
  const auto sees = [](const std::string& what, Phase phase = Phase::message) {
    const std::string name(kPhaseNames[static_cast<std::size_t>(phase)]);
    ScriptBench bench("function " + name + "(tx, facts) return score(1, tostring(" + what + ")) end");
    bench.transaction.data = "From: a\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\nX: 1\r\nX: 2\r\n\r\nhello\r\n";
    bench.transaction.peer.name = "mail.example.com";
    bench.transaction.declared_size = 77;
    return bench.at(phase).substr(7);
  };
  CHECK(sees("tx.address") == "192.0.2.1");
  CHECK(sees("tx.name") == "mail.example.com");
  CHECK(sees("tx.helo") == "mail.example.com");
  CHECK(sees("tx.esmtp") == "true");
  CHECK(sees("tx.tls == ''") == "true");
  CHECK(sees("tx.from") == "a@example.com");
  CHECK(sees("tx.from_local .. tx.from_domain") == "aexample.com");
  CHECK(sees("tx.to .. ' ' .. tx.to_local .. ' ' .. tx.to_domain") == "bob@localhost bob localhost");
  CHECK(sees("tx.inbox") == "bob");
  CHECK(sees("tx.recipients") == "1");
  CHECK(sees("tx.phase") == "message");
  CHECK(sees("tx.size", Phase::mail) == "77");
  CHECK(sees("tx.size") == "62");
  CHECK(sees("tx.subject") == "gr\xc3\xbcn");
  CHECK(sees("tx.header('subject')") == "=?utf-8?q?gr=C3=BCn?=");
  CHECK(sees("tx:header('none')") == "nil");
  CHECK(sees("table.concat(tx.headers('x'), '+')") == "1+2");
  CHECK(sees("tx.body == 'hello\\r\\n'") == "true");
  CHECK(sees("tx.text == 'hello\\n'") == "true");
  CHECK(sees("#tx.data") == "62");
  CHECK(sees("tx.nothing") == "0 test.lua:1: tx has no 'nothing'");
}

TEST_CASE("it asks the DNS as if the answers were there") {
  ScriptBench bench(R"(
    function connect(tx, facts)
      facts.ask("one.example", "a")
      facts.ask("two.example", "txt")
      local one = facts.dns("one.example", "a")
      local two = facts.dns("two.example", "TXT")
      local none, why = facts.dns("three.example", "mx")
      local listed = facts.dns(facts.reverse("list.example"), "a")
      return score(#one, one[1] .. " " .. two[1] .. " " .. why .. " " .. listed[1])
    end)");
  bench.world.put("one.example", Type::a, address("192.0.2.7"));
  bench.world.put("two.example", Type::txt, text("v=spf1 \"-all"));
  bench.world.put("1.2.0.192.list.example", Type::a, address("127.0.0.2"));
  CHECK(bench.at(Phase::connect) == "pass 1 192.0.2.7 v=spf1 \"-all no_name 127.0.0.2");
  CHECK(bench.world.rounds == 3);  // the first two together
  CHECK(bench.world.asked.size() == 4);
}

TEST_CASE("a pcall() that hears that something is not known yet changes nothing") {
  ScriptBench bench(R"(
    function connect(tx, facts)
      local ok, answer = pcall(facts.dns, "one.example", "a")
      return score(1, ok and answer[1] or "unknown")
    end)");
  bench.world.put("one.example", Type::a, address("192.0.2.7"));
  CHECK(bench.at(Phase::connect) == "pass 1 192.0.2.7");
}

TEST_CASE("it counts and remembers in the ledger, in a space of its own") {
  ScriptBench bench(R"(
    function connect(tx, facts)
      local n = facts.count(tx.address, 1, 3600)
      local before, age = facts.recall("last")
      facts.remember("last", 60, "x" .. n)
      local granted, wait = facts.take("k", 1, 10, 2)
      return score(n, tostring(before) .. " " .. tostring(age) .. " " .. tostring(granted) .. " " .. wait)
    end)");
  CHECK(bench.at(Phase::connect) == "pass 1 nil nil true 0.0");
  bench.clock.advance(Millis(1500));
  CHECK(bench.at(Phase::connect) == "pass 2 x1 1.5 true 0.0");
  CHECK(bench.at(Phase::connect).starts_with("pass 3 x2 0.0 false "));
}

TEST_CASE("and hears that it cannot") {
  ScriptBench bench(R"(
    function connect(tx, facts)
      local n, why = facts.count("x", 1, 3600)
      return score(1, tostring(n) .. ": " .. why)
    end)");
  bench.world.ledger_is(TableWorld::LedgerIs::unavailable);
  CHECK(bench.at(Phase::connect) == "pass 1 nil: told to");
}

TEST_CASE("it may leave something to be counted at the end") {
  ScriptBench bench("function mail(tx, facts) facts.at_end('good', tx.from, 2, 3600) end");
  bench.at(Phase::mail);
  bench.at(Phase::message);
  const auto wanted = bench.session->take_errands_behind();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0] == store::Operation::add("lua-n-test", "a@example.com", 2, std::chrono::hours(1)));
}

TEST_CASE("it hears what others told, and tells what it said it would") {
  const auto teller =
      *script_of("filter { tells = { 'colour' } } function mail(tx, facts) facts.tell('colour', 'red') end");
  auto hearer = LuaScript::make(
      "hearer",
      "function mail(tx, facts) return score(1, tostring(facts.told('colour')) .. tostring(facts.told('x'))) end", {},
      {});
  REQUIRE(hearer);
  const FakeClock clock;
  TableWorld world(clock);
  const std::shared_ptr<const LuaScript> scripts[] = {teller, *hearer};
  Case session(*Chain::make(Config{}, {}, scripts), clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  world.judge(session, Phase::mail, transaction);
  CHECK(session.findings().trace().entries.at(1).reason == "rednil");
  CHECK(ScriptBench("function mail(tx, facts) facts.tell('colour', 'red') end").at(Phase::mail) ==
        "failed 0 test.lua:1: filter { tells } has no 'colour'");
}

TEST_CASE("a chain for one filter has who tells before it, and counts what it finds alone") {
  const auto script = [](const char* name, const std::string& source) {
    return *LuaScript::make(name, source, patient(), {});
  };
  const std::shared_ptr<const LuaScript> scripts[] = {
      script("silent", "function mail() return score(1, 'x') end"),
      script("teller",
             "filter { mode = 'enforce', tells = { 'colour' } }"
             "function connect() return allow('all') end "
             "function mail(tx, facts) facts.tell('colour', 'red') return score(8, 'x') end"),
      script("mine", "function mail(tx, facts) return score(2, facts.told('colour')) end"),
      script("behind", "function mail() return score(4, 'x') end")};
  const auto chain = *Chain::make_for("mine", Config{}, {}, scripts);
  REQUIRE(chain->links().size() == 2);
  const FakeClock clock;
  TableWorld world(clock);
  Case session(chain, clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  world.judge(session, Phase::connect, transaction);
  CHECK(world.judge(session, Phase::mail, transaction).score == 2);
  CHECK(session.findings().trace().entries.back().reason == "red");
  CHECK((*Chain::make_for("none", Config{}, {}, scripts))->links().empty());
}

TEST_CASE("sets are read when it is loaded, and are the same in each of its states") {
  ScriptBench bench(
      "local bad = set('bad') function mail(tx) if bad[tx.from_domain] then return score(1, 'bad') end end", {},
      {{"bad", "# comment\n\nexample.com\r\n other.example \n"}});
  CHECK(bench.at(Phase::mail) == "pass 1 bad");
  CHECK(refused("set('none') function mail() end") == "test.lua:1: none.txt: cannot be read");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([script = bench.script] {
      const FakeClock clock;
      TableWorld world(clock);
      const std::shared_ptr<const LuaScript> scripts[] = {script};
      Case session(*Chain::make(Config{}, {}, scripts), clock);
      const mail::Transaction transaction = transaction_of("192.0.2.1");
      for (int n = 0; n < 100; ++n) {
        session.begin(Phase::mail, transaction);
        if (!session.advance() || session.decide().score != 1) std::abort();
      }
    });
}

TEST_CASE("what one message brings stays out of the next") {
  ScriptBench bench("function mail(tx) seen = tx.from end");
  CHECK(bench.at(Phase::mail) == "failed 0 test.lua:1: 'seen' is set while mail is judged: write 'local seen'");
}

TEST_CASE("an endless script, one that takes all memory and one that breaks cost their own answer") {
  LuaFilterSettings settings;
  settings.time = std::chrono::seconds(1);
  settings.memory = 1u << 20;
  const auto ends = [&](const std::string& body) {
    ScriptBench bench(
        "function mail(tx, facts) if tx.from_local == 'a' then " + body + " end return score(1, 'fine') end", settings);
    const std::string first = bench.at(Phase::mail);
    bench.transaction.from.local = "b";
    CHECK(bench.at(Phase::mail) == "pass 1 fine");
    return first;
  };
  const std::string memory = "failed 0 takes more than filter.lua.memory = 1MiB";
  const std::string instructions = "failed 0 test.lua:1: takes more than filter.lua.instructions = 1000000";
  CHECK(ends("while true do end") == instructions);
  CHECK(ends("while true do pcall(function() while true do end end) end") == instructions);
  CHECK(ends("local t = {} for i = 1, 1e9 do t[i] = i end") == memory);
  CHECK(ends("local s = 'x' while true do s = s .. s end") == memory);
  CHECK(ends("local s = string.rep('x', 1e9)").find("string.rep: too long") != std::string::npos);
  CHECK(ends("local function f() return f() + 1 end f()").starts_with("failed 0 "));  // whatever ends first
  CHECK(ends("local x = nil .. 'y'").find("test.lua:1: attempt to concatenate a nil value") != std::string::npos);
  CHECK(ends("error({})") == "failed 0 an error that is no text");
  CHECK(ends("for i = 1, 1e9 do string.find(string.rep('a', 2000), '.-b') end").find("takes more than filter.lua.") !=
        std::string::npos);
}

TEST_CASE("what a script took too much of is told with its limit and the line, while it is loaded, too") {
  LuaFilterSettings settings = patient();
  settings.time = std::chrono::milliseconds(1);
  settings.instructions = 1'000'000'000;
  CHECK(refused("\nfunction mail() end\nwhile true do\nend", settings) ==
        "test.lua:3: takes more than filter.lua.time = 1ms");
  settings.instructions = 10'000;
  settings.time = std::chrono::seconds(5);
  ScriptBench bench("function mail()\n  while true do end\nend", settings);
  CHECK(bench.at(Phase::mail) == "failed 0 test.lua:2: takes more than filter.lua.instructions = 10000");
  CHECK(refused("local s = 'x' while true do s = s .. s end") == "takes more than filter.lua.memory = 16MiB");
}

TEST_CASE("as settings come a script that hoards texts comes to its memory before anything else") {
  ScriptBench bench("function mail() local s = 'x' while true do s = s .. s end end");
  CHECK(bench.at(Phase::mail) == "failed 0 takes more than filter.lua.memory = 16MiB");
  ScriptBench list("function mail() local t = {} for i = 1, 1e9 do t[i] = tostring(i):rep(1000) end end");
  CHECK(list.at(Phase::mail) == "failed 0 takes more than filter.lua.memory = 16MiB");
}

TEST_CASE("it may ask as many different questions as any filter, each as often as it likes, if it asks them together") {
  const auto asks = [](int count, const std::string& first) {
    ScriptBench bench(
        "function connect(tx, facts) local n = 0 local function name(i) return 'n' .. i .. '.example' end " + first +
        " for i = 1, " + std::to_string(count) +
        " do facts.dns(name(i), 'a') facts.dns(name(i), 'a') n = n + 1 end return score(1, 'asked ' .. n) end");
    return bench.at(Phase::connect);
  };
  const auto together = [](int count) {
    return "for i = 1, " + std::to_string(count) + " do facts.ask(name(i), 'a') end";
  };
  CHECK(asks(150, together(150)) == "pass 1 asked 150");
  CHECK(asks(151, together(151)) == "failed 0 asks for too much: more than 150 questions to the DNS in a phase");
  CHECK(asks(60, "") == "pass 1 asked 60");
  CHECK(asks(61, "") ==
        "failed 0 has waited 60 times in a phase: ask for all at once (facts.ask) before the first answer");
}

TEST_CASE("the same operation of the ledger is one, however often it is asked for") {
  ScriptBench bench(
      "function connect(tx, facts) local n for i = 1, 50 do n = facts.count('k', 1, 60) end return score(n, 'n') end");
  CHECK(bench.at(Phase::connect) == "pass 1 n");
  ScriptBench many("function connect(tx, facts) for i = 1, 11 do facts.recall('k' .. i) end end");
  CHECK(many.at(Phase::connect) == "failed 0 asks for too much: more than 10 operations of the ledger in a phase");
}

TEST_CASE("what a script declares and reads has limits") {
  std::string tells;
  for (std::size_t i = 0; i <= LuaScript::kMostTells; ++i) tells += "'f" + std::to_string(i) + "', ";
  CHECK(refused("filter { tells = { " + tells + "} } function mail() end") ==
        "test.lua:1: filter { tells } has more than 20 facts");
  std::string lines;
  for (std::size_t i = 0; i <= LuaScript::kMostSetLines; ++i) lines += std::to_string(i) + "\n";
  LuaFilterSettings settings = patient();
  settings.memory = 64u << 20;
  settings.instructions = 1'000'000'000;
  const auto made = script_of("set('many') function mail() end", settings, {{"many", lines}});
  REQUIRE_FALSE(made);
  CHECK(made.error().what == "test.lua:1: a set has more than 100000 lines");
}
