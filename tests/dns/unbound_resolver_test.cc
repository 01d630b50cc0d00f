/// unbound_resolver_test.cc: the network is a server of ours, in all the moods that servers have.
#include "dns/unbound_resolver.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <new>

#include "allocations.h"
#include "dns/resolver_fixture.h"

using namespace maildrop;
using namespace maildrop::dns;
using namespace maildrop::dns::test;
using maildrop::test::Allocations;
using namespace std::chrono_literals;

TEST_CASE_METHOD(Fixture, "resolver: what a server says, and where it comes from the next time") {
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.2", 100), a("192.0.2.1")}); });
  Answer answer = ask("Host.Example.");
  CHECK(answer.status == Status::found);
  REQUIRE(answer.records.size() == 2);
  CHECK(answer.records[0].address.to_string() == "192.0.2.1");
  CHECK(answer.ttl == 100s);
  CHECK(answer.source == Source::servers);
  answer = ask("host.example");
  CHECK(answer.source == Source::cache);
  CHECK(answer.records.size() == 2);
  CHECK(server.asked("host.example") == 1);
  CHECK(counted("found") == 2);
  CHECK(registry.total("maildrop_dns_sources_total", "source=\"cache\"") == 1);
  CHECK(pending() == 0);
}

TEST_CASE_METHOD(Fixture, "resolver: records of every type") {
  server.answer([](const Asked& asked) {
    switch (static_cast<Type>(asked.type)) {
      case Type::aaaa: return reply(asked, {record(28, Bytes("\x20\x01\x0d\xb8", 4) + Bytes(11, '\0') + "\x01")});
      case Type::mx: return reply(asked, {mx(20, "a.example"), mx(10, "b.example"), mx(0, "")});
      case Type::txt: return reply(asked, {txt({"v=spf1 ", "-all"}), txt({"a \"b\"\n"})});
      case Type::ptr: return reply(asked, {record(12, wire("host.example"))});
      case Type::ns: return reply(asked, {record(2, wire("ns.example"))});
      case Type::cname: return reply(asked, {cname("other.example")});
      default: return reply(asked, {a("192.0.2.1")});
    }
  });
  const auto shown = [&](Type type) {
    std::string text;
    for (const Record& each : ask("x.example", type).records) text += each.to_string(type) + ";";
    return text;
  };
  CHECK(shown(Type::a) == "192.0.2.1;");
  CHECK(shown(Type::aaaa) == "2001:db8::1;");
  CHECK(shown(Type::mx) == "0 .;10 b.example;20 a.example;");
  CHECK(shown(Type::txt) == "\"a \\\"b\\\"\\010\";\"v=spf1 -all\";");
  CHECK(shown(Type::ptr) == "host.example;");
  CHECK(shown(Type::ns) == "ns.example;");
  CHECK(shown(Type::cname) == "other.example;");
}

TEST_CASE_METHOD(Fixture, "resolver: a name is asked byte by byte") {
  server.answer([](const Asked& asked) {
    const bool same = asked.name == "100% a b.example";
    return reply(asked, same ? std::vector{a("192.0.2.1")} : std::vector<Bytes>(), same ? 0 : kNxdomain);
  });
  CHECK(ask("100% a b.example").status == Status::found);
  CHECK(ask("100%a b.example").status == Status::no_name);
}

TEST_CASE_METHOD(Fixture, "resolver: aliases are followed; in a circle they lead nowhere") {
  server.answer([](const Asked& asked) {
    if (asked.name == "alias.example")
      return reply(asked, {cname("host.example"), a("192.0.2.7", 300, wire("host.example"))});
    if (asked.name == "one.example") return reply(asked, {cname("two.example")});
    if (asked.name == "two.example") return reply(asked, {cname("one.example")});
    return reply(asked, {a("192.0.2.7")});
  });
  const Answer answer = ask("alias.example");
  REQUIRE(answer.status == Status::found);
  CHECK(answer.records[0].address.to_string() == "192.0.2.7");
  CHECK(ask("one.example").status == Status::failed);
}

TEST_CASE_METHOD(Fixture, "resolver: servers that fail or refuse") {
  for (const unsigned code : {kServfail, kRefused}) {
    server.answer([code](const Asked& asked) { return reply(asked, {}, code); });
    const Status status = ask("c" + std::to_string(code) + ".example").status;
    CHECK((status == Status::failed || status == Status::timed_out));
  }
}

TEST_CASE_METHOD(Fixture,
                 "resolver: a server that says nothing costs dns.timeout, and no more questions than are allowed") {
  settings.timeout = 100ms;
  settings.lookups = 10;
  open();
  int timed_out = 0, refused = 0;
  std::vector<Lookup> lookups;
  for (int i = 0; i < 15; ++i) {
    const auto count = [&](const Answer& answer) { timed_out += answer.status == Status::timed_out; };
    lookups.push_back(
        resolver->ask(*Question::make("n" + std::to_string(i) + ".example", Type::a), IpAddress(), count));
    refused += lookups.back().answer() && lookups.back().answer()->status == Status::refused;
  }
  CHECK(refused == 5);
  CHECK(pending() == 10);
  while (timed_out < 10) loop.run_one();
  CHECK(counted("timed_out") == 10);
  CHECK(counted("refused") == 5);
  CHECK(pending() == 10);  // libunbound still has them
  resolver.reset();
  CHECK(pending() == 0);
}

TEST_CASE_METHOD(Fixture, "resolver: one source has half of what may be on its way, until libunbound is done") {
  settings.timeout = 100ms;
  settings.lookups = 80;
  bool silent = true;
  server.answer([&](const Asked& asked) {
    return silent ? std::optional<Bytes>() : std::optional(reply(asked, {a("192.0.2.1")}));
  });
  open();
  const IpAddress one = *IpAddress::parse("192.0.2.1"), other = *IpAddress::parse("192.0.2.2");
  std::vector<Lookup> lookups;
  int told = 0, asked = 0;
  const auto refused_of = [&](const IpAddress& source, int questions) {
    int refused = 0;
    for (int i = 0; i < questions; ++i) {
      lookups.push_back(resolver->ask(*Question::make("n" + std::to_string(++asked) + ".example", Type::a), source,
                                      [&](const Answer&) { ++told; }));
      refused += lookups.back().answer() && lookups.back().answer()->status == Status::refused;
    }
    return refused;
  };
  CHECK(refused_of(one, 45) == 5);
  CHECK(refused_of(other, 21) == 1);        // half of what is left
  CHECK(refused_of(IpAddress(), 20) == 0);  // we are no source
  while (told < 80) loop.run_one();
  CHECK(refused_of(one, 1) == 1);  // all have heard that it is too late, and libunbound goes on
}

TEST_CASE_METHOD(Fixture, "resolver: what was answered is no part of a share any more") {
  settings.lookups = 80;
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  open();
  for (int i = 0; i < 60; ++i) {
    bool told = false;
    const Lookup lookup = resolver->ask(*Question::make("m" + std::to_string(i) + ".example", Type::a),
                                        *IpAddress::parse("192.0.2.1"), [&](const Answer&) { told = true; });
    REQUIRE_FALSE(lookup.answer());
    while (!told) loop.run_one();
  }
}

TEST_CASE_METHOD(Fixture, "resolver: nobody is told who no longer wants to know") {
  open();
  bool told = false;
  {
    const Lookup forgotten =
        resolver->ask(*Question::make("gone.example", Type::a), IpAddress(), [&](const Answer&) { told = true; });
  }
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  CHECK(ask("here.example").status == Status::found);
  CHECK(ask("gone.example").status == Status::found);
  CHECK(counted("found") == 2);
  CHECK_FALSE(told);
}

TEST_CASE_METHOD(Fixture, "resolver: an answer may bring the next question, and end its own lookup") {
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  open();
  Lookup lookup;
  int answers = 0;
  const std::function<void(const Answer&)> next = [&](const Answer& answer) {
    CHECK(answer.status == Status::found);
    if (++answers == 10) return;
    lookup = resolver->ask(*Question::make("n" + std::to_string(answers) + ".example", Type::a), IpAddress(), next);
  };
  lookup = resolver->ask(*Question::make("n0.example", Type::a), IpAddress(), next);
  while (answers < 10) loop.run_one();
}

TEST_CASE_METHOD(Fixture, "resolver: an answer that is not taken is lost alone") {
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  open();
  const Lookup bad = resolver->ask(*Question::make("bad.example", Type::a), IpAddress(),
                                   [](const Answer&) { throw std::bad_alloc(); });
  CHECK(ask("bad.example").status == Status::found);
}

TEST_CASE_METHOD(Fixture, "resolver: where it cannot begin, a question fails, and the next one begins") {
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  settings.lookups = 10;
  const Question question = *Question::make("first.example", Type::a);
  bool failed = true;
  for (std::size_t good = 0; failed; ++good) {
    INFO(good << " allocations");
    open();
    Lookup lookup;
    {
      const Allocations few(good);
      try {
        lookup = resolver->ask(question, IpAddress(), [](const Answer&) {});
      } catch (const std::bad_alloc&) {
      }
      failed = few.failed();
    }
    if (lookup.answer()) CHECK(lookup.answer()->status == Status::failed);
    CHECK(ask("good.example").status == Status::found);
  }
}

TEST_CASE_METHOD(Fixture, "resolver: a question for which there is no memory leaves nothing behind") {
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  open();
  bool failed = true;
  for (std::size_t n = 0, good = 0; failed; good = ++n / 4) {  // some may be asked all the same, and not be answered
    const Question question = *Question::make("n" + std::to_string(n) + ".example", Type::a);
    const IpAddress peer = *IpAddress::parse("192.0.2." + std::to_string(n % 256));
    Lookup lookup;
    {
      const Allocations few(good);
      try {
        lookup = resolver->ask(question, peer, [](const Answer&) {});
      } catch (const std::bad_alloc&) {
      }
      failed = few.failed();
    }
    INFO(good << " allocations");
    CHECK(ask("good" + std::to_string(n) + ".example").status == Status::found);
  }
}

TEST_CASE_METHOD(Fixture, "resolver: what does not fit a datagram comes by TCP") {
  const Bytes huge(255, 'x');
  server.answer([&](const Asked& asked) {
    if (!asked.tcp) return message(asked.id, kReply | kTruncated, asked.question, {});
    return reply(asked, {txt(std::vector<Bytes>(200, huge))});
  });
  const Answer answer = ask("huge.example", Type::txt);
  REQUIRE(answer.status == Status::found);
  CHECK(answer.records[0].text.size() == 200u * 255);
  server.answer([](const Asked& asked) -> std::optional<Bytes> {
    if (asked.tcp) return std::nullopt;
    return message(asked.id, kReply | kTruncated, asked.question, {});
  });
  CHECK_FALSE(is_known(ask("cut.example", Type::txt).status));
}

TEST_CASE_METHOD(Fixture, "resolver: of many records it takes so many, always the same") {
  std::vector<Bytes> many;
  for (int i = 250; i > 0; --i) many.push_back(a("192.0.2." + std::to_string(i)));
  server.answer([&](const Asked& asked) {
    if (!asked.tcp) return message(asked.id, kReply | kTruncated, asked.question, {});
    return reply(asked, many);
  });
  const Answer answer = ask("many.example");
  REQUIRE(answer.records.size() == Answer::kMostRecords);
  CHECK(answer.records[0].address.to_string() == "192.0.2.1");
  CHECK(ask("many.example").records == answer.records);
}

TEST_CASE_METHOD(Fixture, "resolver: lies are not believed") {
  settings.timeout = 300ms;
  server.answer([](const Asked& asked) -> std::optional<Bytes> {
    const Bytes truth = reply(asked, {a("192.0.2.66")});
    if (asked.name == "id.example") return "\xff\xff" + truth.substr(2);
    if (asked.name == "question.example")
      return message(asked.id, kReply, wire("other.example") + number(1) + number(1), {a("192.0.2.66")});
    if (asked.name == "cut.example") return truth.substr(0, truth.size() - 3);
    if (asked.name == "noise.example") return Bytes(60, '\xc0');
    if (asked.name == "query.example") return message(asked.id, 0x0100, asked.question, {});
    // An address for a name that was not asked for.
    return reply(asked, {a("192.0.2.66", 300, wire("bank.example"))});
  });
  for (const char* name : {"id", "question", "cut", "noise", "query", "stranger"}) {
    INFO(name);
    CHECK(ask(std::string(name) + ".example").status != Status::found);
  }
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  settings.timeout = 20s;
  open();  // anew: this one has found the server slow
  const Answer answer = ask("bank.example");
  REQUIRE(answer.status == Status::found);
  CHECK(answer.records[0].address.to_string() == "192.0.2.1");
}

TEST_CASE_METHOD(Fixture, "resolver: who is told may end it") {
  settings.timeout = 100ms;
  server.answer([](const Asked& asked) -> std::optional<Bytes> {
    if (asked.name.starts_with("silent")) return std::nullopt;
    return reply(asked, {a("192.0.2.1")});
  });
  for (const char* name : {"silent", "host"}) {
    open();
    bool told = false;
    std::vector<Lookup> lookups;
    for (int i = 0; i < 3; ++i)
      lookups.push_back(resolver->ask(*Question::make(name + std::to_string(i) + ".example", Type::a), IpAddress(),
                                      [&](const Answer&) { resolver.reset(), told = true; }));
    while (!told) loop.run_one();
    loop.poll();
    loop.restart();
  }
}

TEST_CASE_METHOD(Fixture, "resolver: a second server is asked when the first says nothing") {
  Server second([](const Asked& asked) { return reply(asked, {a("192.0.2.2")}); });
  settings.servers.push_back(second.endpoint());
  settings.timeout = 10s;
  CHECK(ask("host.example").status == Status::found);
}

TEST_CASE_METHOD(Fixture, "resolver: an idle one does not keep its loop") {
  server.answer([](const Asked& asked) { return reply(asked, {a("192.0.2.1")}); });
  settings.timeout = 100ms;
  CHECK(ask("host.example").status == Status::found);
  loop.restart();
  loop.run();  // to the end of the timer, and no further
}
