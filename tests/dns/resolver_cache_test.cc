/// resolver_cache_test.cc: unbound_resolver: what it keeps, for how long, and how old that is.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "dns/resolver_fixture.h"

using namespace maildrop;
using namespace maildrop::dns;
using namespace maildrop::dns::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(Fixture, "resolver: the cache holds no more than is set, and what was used longest ago goes") {
  const bool small = GENERATE(true, false);
  settings.cache_size = small ? 1u << 20 : 32u << 20;
  const Bytes text(200, 'x');
  server.answer([&](const Asked& asked) { return reply(asked, {txt({text, text, text, text, text})}); });
  for (int i = 0; i < 3000; ++i) REQUIRE(ask("n" + std::to_string(i) + ".example", Type::txt).status == Status::found);
  CHECK(ask("n2999.example", Type::txt).source == Source::cache);
  CHECK(ask("n0.example", Type::txt).source == (small ? Source::servers : Source::cache));
}

TEST_CASE_METHOD(Fixture, "resolver: how long ago servers said what the cache says, be it that there is nothing") {
  server.answer([](const Asked& asked) {
    if (asked.name == "none.example") return reply(asked, {}, kNxdomain, {soa(60)});
    if (asked.name == "alias.example")
      return reply(asked, {cname("host.example"), a("192.0.2.1", 300, wire("host.example"))});
    return reply(asked, {a("192.0.2.1")});
  });
  const std::vector<const char*> names = {"long.example", "alias.example", "none.example"};
  for (const char* name : names) CHECK(ask(name).age == 0s);
  CHECK_FALSE(ask("host.example").age);  // nobody has asked for it
  std::this_thread::sleep_for(3100ms);   // longer than what the cache may be wrong by
  for (const char* name : names) {
    INFO(name);
    const Answer answer = ask(name);
    CHECK(answer.source == Source::cache);
    CHECK(answer.age >= 3s);
    CHECK(answer.age < 60s);
  }
  CHECK_FALSE(ask("localhost").age);  // no server has said it
}

TEST_CASE_METHOD(Fixture, "resolver: that there is nothing is an answer, and kept") {
  server.answer([](const Asked& asked) {
    if (asked.name == "none.example") return reply(asked, {}, kNxdomain, {soa(60)});
    return reply(asked, {}, 0, {soa(60)});
  });
  for (const Source source : {Source::servers, Source::cache}) {
    Answer answer = ask("none.example");
    CHECK(answer.status == Status::no_name);
    CHECK(answer.source == source);
    answer = ask("empty.example", Type::mx);
    CHECK(answer.status == Status::no_data);
    CHECK(answer.source == source);
    CHECK(answer.ttl <= 60s);
  }
  CHECK(server.asked("none.example") == 1);
  CHECK(server.asked("empty.example") == 1);
}

TEST_CASE_METHOD(Fixture, "resolver: a negative answer is kept no longer than is set") {
  settings.max_negative_ttl = 1s;
  settings.stale = 0ms;
  server.answer([](const Asked& asked) { return reply(asked, {}, kNxdomain, {soa(3600)}); });
  CHECK(ask("none.example").status == Status::no_name);
  std::this_thread::sleep_for(2100ms);
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  CHECK(ask("none.example").status == Status::found);
}

TEST_CASE_METHOD(Fixture, "resolver: an answer that has expired is given while its server is away, if it may be") {
  settings.timeout = 1s;
  const bool stale = GENERATE(true, false);
  settings.stale = stale ? 1h : 0h;
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1", 1)}); });
  CHECK(ask("old.example").ttl <= 1s);
  std::this_thread::sleep_for(2100ms);
  server.answer(silence);
  const Answer answer = ask("old.example");
  if (stale) {
    CHECK(answer.status == Status::found);
    CHECK(answer.source == Source::stale);
    CHECK(answer.ttl == 0s);
    CHECK(answer.age >= 2s);
    CHECK(registry.total("maildrop_dns_sources_total", "source=\"stale\"") == 1);
  } else {
    CHECK(answer.status == Status::timed_out);
    CHECK_FALSE(answer.age);
  }
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.2")}); });
  CHECK(ask("new.example").status == Status::found);  // it is back
}

TEST_CASE_METHOD(Fixture, "resolver: how old an answer is that came when nobody waited any more is not known") {
  settings.timeout = 1s;
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1", 1)}); });
  CHECK(ask("late.example").age == 0s);
  std::this_thread::sleep_for(2100ms);
  server.answer(silence);
  CHECK(ask("late.example").source == Source::stale);
  std::atomic<bool> answered{false};
  server.answer([&](const Asked& asked) {  // libunbound goes on asking
    answered = true;
    return reply(asked, {a("192.0.2.2", 300)});
  });
  for (int tries = 0; !answered && tries < 100; ++tries) loop.run_for(100ms);
  loop.run_for(200ms);  // until it has the answer
  loop.restart();
  const Answer answer = ask("late.example");
  REQUIRE(answer.source == Source::cache);
  CHECK(answer.records.at(0).address.to_string() == "192.0.2.2");
  CHECK_FALSE(answer.age);
}

TEST_CASE_METHOD(Fixture, "resolver: stale are aliases and negative answers, too; a time below a second is one") {
  settings.timeout = 1s;
  settings.stale = GENERATE(1ms, 3600'000ms);
  server.answer([](const Asked& asked) {
    if (asked.name == "none.example") return reply(asked, {}, kNxdomain, {soa(1)});
    if (asked.name == "host.example") return reply(asked, {a("192.0.2.1", 1)});
    return reply(asked, {cname("host.example"), a("192.0.2.1", 1, wire("host.example"))});
  });
  CHECK(ask("alias.example").status == Status::found);
  CHECK(ask("none.example").status == Status::no_name);
  std::this_thread::sleep_for(3100ms);
  server.answer(silence);
  const Answer alias = ask("alias.example"), none = ask("none.example");
  if (settings.stale == 1ms) {
    CHECK(alias.status == Status::timed_out);
    CHECK(none.status == Status::timed_out);
    return;
  }
  CHECK((alias.status == Status::found && alias.source == Source::stale && alias.ttl == 0s));
  CHECK((none.status == Status::no_name && none.source == Source::stale && none.ttl == 0s));
  CHECK((alias.age >= 3s && none.age >= 3s));
}

TEST_CASE_METHOD(Fixture, "resolver: an answer is kept no longer than is set") {
  settings.max_ttl = 50s;
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1", 86400)}); });
  static_cast<void>(ask("long.example"));
  const Answer answer = ask("long.example");
  CHECK(answer.source == Source::cache);
  CHECK(answer.ttl <= 50s);
}
