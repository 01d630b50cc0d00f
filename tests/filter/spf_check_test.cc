/// spf_check_test.cc: what the suite (spf_suite_test) does not ask: the examples of RFC 7208 A, limits, lookups that
/// run in parallel, and policies that mean harm.
#include "filter/spf_check.h"

#include "filter/spf_world.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

struct Fixture {
  SpfWorld world;

  SpfQuery query(std::string_view address, std::string_view domain = "example.com") const {
    SpfQuery made;
    made.address = *IpAddress::parse(address);
    made.local = "bob";
    made.domain = domain;
    made.helo = "mail.example.com";
    made.receiver = "maildrop.example";
    return made;
  }
  SpfOutcome check(const std::string& policy, std::string_view address = "192.0.2.1",
                   SpfWorld::Pace pace = SpfWorld::Pace::in_rounds) {
    SpfWorld with = world;
    with.put("example.com", "TXT", policy);
    const SpfOutcome outcome = with.check(query(address), pace);
    CHECK(with.check(query(address)).result == outcome.result);  // at once
    last = with;
    last.check(query(address), pace);
    return outcome;
  }
  std::string result(const std::string& policy, std::string_view address = "192.0.2.1") {
    return std::string(name_of(check(policy, address).result));
  }

  SpfWorld last;  // that was asked by check()
};

/// RFC 7208 A.
struct Examples : Fixture {
  Examples() {
    world.put("example.com", "MX", "10 mail-a.example.com");
    world.put("example.com", "MX", "20 mail-b.example.com");
    world.put("example.com", "A", "192.0.2.10");
    world.put("example.com", "A", "192.0.2.11");
    world.put("amy.example.com", "A", "192.0.2.65");
    world.put("bob.example.com", "A", "192.0.2.66");
    world.put("mail-a.example.com", "A", "192.0.2.129");
    world.put("mail-b.example.com", "A", "192.0.2.130");
    world.put("example.org", "MX", "10 mail-c.example.org");
    world.put("mail-c.example.org", "A", "192.0.2.140");
    world.put("65.2.0.192.in-addr.arpa", "PTR", "amy.example.com");
    world.put("140.2.0.192.in-addr.arpa", "PTR", "mail-c.example.org");
    world.put("4.0.0.10.in-addr.arpa", "PTR", "bob.example.com");
  }
};

/// `count` times, with its number for each #.
std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i)
    for (const char c : text) all += c == '#' ? std::to_string(i) : std::string(1, c);
  return all;
}

}  // namespace

TEST_CASE_METHOD(Examples, "spf: the examples of RFC 7208 A.1") {
  struct Row {
    const char* policy;
    std::vector<const char*> pass, fail;
  };
  const Row rows[] = {
      {"v=spf1 +all", {"192.0.2.129", "203.0.113.1", "2001:db8::1"}, {}},
      {"v=spf1 a -all", {"192.0.2.10", "192.0.2.11"}, {"192.0.2.12"}},
      {"v=spf1 a:example.org -all", {}, {"192.0.2.10", "192.0.2.140"}},
      {"v=spf1 mx -all", {"192.0.2.129", "192.0.2.130"}, {"192.0.2.140"}},
      {"v=spf1 mx:example.org -all", {"192.0.2.140"}, {"192.0.2.129"}},
      {"v=spf1 mx mx:example.org -all", {"192.0.2.129", "192.0.2.130", "192.0.2.140"}, {"192.0.2.10"}},
      {"v=spf1 mx/30 mx:example.org/30 -all", {"192.0.2.131", "192.0.2.143"}, {"192.0.2.132", "192.0.2.139"}},
      {"v=spf1 ptr -all", {"192.0.2.65"}, {"192.0.2.140", "10.0.0.4"}},
      {"v=spf1 ip4:192.0.2.128/28 -all", {"192.0.2.129"}, {"192.0.2.65"}},
  };
  for (const Row& row : rows) {
    INFO(row.policy);
    for (const char* address : row.pass) CHECK(result(row.policy, address) == "pass");
    for (const char* address : row.fail) CHECK(result(row.policy, address) == "fail");
  }
}

TEST_CASE_METHOD(Examples, "spf: the examples of RFC 7208 A.2, several domains") {
  world.put("example.com", "TXT", "v=spf1 mx -all");
  world.put("example.org", "TXT", "v=spf1 include:example.com include:example.net -all");
  world.put("example.net", "TXT", "v=spf1 ip4:198.51.100.0/24 -all");
  world.put("la.example.org", "TXT", "v=spf1 redirect=example.org");
  const auto of = [&](std::string_view address) {
    return std::string(name_of(world.check(query(address, "la.example.org"), SpfWorld::Pace::in_rounds).result));
  };
  CHECK(of("192.0.2.129") == "pass");
  CHECK(of("198.51.100.7") == "pass");
  CHECK(of("192.0.2.140") == "fail");
  CHECK(world.check(query("192.0.2.140", "la.example.org")).reason == "-all of example.org");
}

TEST_CASE_METHOD(Fixture, "spf: which term decided is told") {
  CHECK(check("v=spf1 ip4:192.0.2.0/24 -all").reason == "ip4:192.0.2.0/24");
  CHECK(check("v=spf1 ip4:192.0.3.0/24").reason == "no term of example.com matches");
  CHECK(check("v=spf1 a:b").reason == "policy of example.com cannot be read: a:b");
  CHECK(check("v=spf1 redirect=none.example").reason == "redirect: none.example has no policy");
}

TEST_CASE_METHOD(Fixture, "spf: addresses of the other family match nothing") {
  world.put("both.example", "A", "192.0.2.1");
  world.put("both.example", "AAAA", "2001:db8::1");
  CHECK(result("v=spf1 a:both.example -all", "2001:db8::1") == "pass");
  CHECK(result("v=spf1 a:both.example/0 -all", "2001:db8::2") == "fail");
  CHECK(result("v=spf1 a:both.example//0 -all", "2001:db8::2") == "pass");
  CHECK(result("v=spf1 a:both.example//0 -all", "192.0.2.2") == "fail");
  CHECK(result("v=spf1 ip6:::/0 -all", "192.0.2.1") == "fail");
  CHECK(result("v=spf1 ip6:::ffff:192.0.2.1 -all", "192.0.2.1") == "fail");
  CHECK(result("v=spf1 ip6:::ffff:192.0.2.1/64 -all", "::1") == "pass");
  CHECK(result("v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1") == "fail");
  CHECK(result("v=spf1 ip4:192.0.2.128/25 -all", "192.0.2.127") == "fail");
  CHECK(result("v=spf1 ip4:192.0.2.255/25 -all", "192.0.2.129") == "pass");
}

TEST_CASE_METHOD(Fixture, "spf: lookups that fail") {
  world.silence("silent.example");
  world.silence("1.2.0.192.in-addr.arpa");
  world.put("mx.example", "MX", "10 silent.example");
  for (const char* policy :
       {"v=spf1 a:silent.example -all", "v=spf1 mx:silent.example -all", "v=spf1 exists:silent.example -all",
        "v=spf1 include:silent.example -all", "v=spf1 redirect=silent.example", "v=spf1 mx:mx.example -all"})
    CHECK(result(policy) == "temperror");
  CHECK(check("v=spf1 a:silent.example").reason == "no answer about silent.example");
  CHECK(result("v=spf1 ptr -all") == "fail");
  CHECK(result("v=spf1 ip4:192.0.2.1 a:silent.example -all") == "pass");
  // One exchanger that has the client is enough.
  world.put("mx.example", "MX", "20 good.example");
  world.put("good.example", "A", "192.0.2.1");
  CHECK(result("v=spf1 mx:mx.example -all") == "pass");
  CHECK(world.check(query("192.0.2.1", "silent.example")).result == SpfResult::temperror);
}

TEST_CASE_METHOD(Fixture, "spf: ten terms that look something up, however deep they are") {
  world.put("there.example", "A", "198.51.100.1");
  const std::string term = " a:there.example";
  CHECK(result("v=spf1" + repeated(term, 10) + " -all") == "fail");
  CHECK(result("v=spf1" + repeated(term, 11) + " -all") == "permerror");
  CHECK(result("v=spf1 ip4:192.0.2.1" + repeated(term, 11) + " -all") == "pass");
  world.put("six.example", "TXT", "v=spf1" + repeated(term, 6));
  CHECK(result("v=spf1 include:six.example" + repeated(term, 3) + " -all") == "fail");
  CHECK(result("v=spf1 include:six.example" + repeated(term, 4) + " -all") == "permerror");
  CHECK(result("v=spf1" + repeated(term, 3) + " redirect=six.example") == "neutral");
  CHECK(result("v=spf1" + repeated(term, 4) + " redirect=six.example") == "permerror");
  // All that %{p} looks up is one more.
  CHECK(result("v=spf1" + repeated(term, 8) + " a:%{p}.there.example -all") == "fail");
  CHECK(result("v=spf1" + repeated(term, 9) + " a:%{p}.there.example -all") == "permerror");
  CHECK(result("v=spf1 ptr" + repeated(term, 8) + " a:%{p}.there.example -all") == "fail");
}

TEST_CASE_METHOD(Fixture, "spf: lookups of what is not there") {
  world.put("empty.example", "TXT", "something");
  world.put("1.2.0.192.in-addr.arpa", "PTR", "host.example");
  CHECK(result("v=spf1 a:no.example mx:empty.example -all") == "fail");
  CHECK(result("v=spf1 a:no.example mx:empty.example exists:no.example -all") == "permerror");
  CHECK(result("v=spf1 ptr ptr ptr a:no.example a:empty.example -all") == "fail");
  CHECK(result("v=spf1 ptr ptr ptr -all", "192.0.2.2") == "permerror");
  // Nobody was asked about what is no name.
  CHECK(result("v=spf1 a:a..example a:b..example a:c..example a:no.example -all") == "fail");
  world.put("example.com", "TXT", "v=spf1 a:no.example -all");
  SpfQuery strict = query("192.0.2.1");
  strict.most_void_lookups = 0;
  CHECK(world.check(strict).result == SpfResult::permerror);
  strict.most_void_lookups = 1;
  CHECK(world.check(strict).result == SpfResult::fail);
}

TEST_CASE_METHOD(Fixture, "spf: ten exchangers, ten names") {
  for (int i = 0; i < 10; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    world.put("mx.example", "MX", "10 " + host);
    world.put("1.2.0.192.in-addr.arpa", "PTR", host);
    world.put(host, "A", "198.51.100.1");
  }
  world.put("z.example.com", "A", "192.0.2.1");
  CHECK(result("v=spf1 mx:mx.example -all") == "fail");
  CHECK(result("v=spf1 mx:mx.example -all", "198.51.100.1") == "pass");
  world.put("1.2.0.192.in-addr.arpa", "PTR", "z.example.com");
  CHECK(result("v=spf1 ptr -all") == "fail");  // it is the eleventh
  CHECK(check("v=spf1 exists:%{p}.x -all").result == SpfResult::fail);
  CHECK(last.was_asked("unknown.x", dns::Type::a));
  world.put("mx.example", "MX", "20 z.example.com");
  CHECK(check("v=spf1 mx:mx.example -all").reason == "mx.example has more than 10 exchangers");
}

TEST_CASE_METHOD(Fixture, "spf: of the names of a client the nearest to the domain") {
  const auto name = [&](const std::string& host) {
    world.put("1.2.0.192.in-addr.arpa", "PTR", host);
    world.put(host, "A", "192.0.2.1");
    check("v=spf1 exists:%{p}.x.example");
  };
  name("a.badexample.com");
  CHECK(last.was_asked("a.badexample.com.x.example", dns::Type::a));
  name("b.example.com");
  CHECK(last.was_asked("b.example.com.x.example", dns::Type::a));
  CHECK(result("v=spf1 ptr:Example.COM -all") == "pass");
  CHECK(result("v=spf1 ptr:ample.com -all") == "fail");
  CHECK(result("v=spf1 ptr:com.example -all") == "fail");
  name("example.com");
  CHECK(last.was_asked("example.com.x.example", dns::Type::a));
}

TEST_CASE_METHOD(Fixture, "spf: what may matter is asked at once, and nothing behind what settles it") {
  world.put("a.example", "TXT", "v=spf1 a:c.example mx:d.example");
  world.put("b.example", "TXT", "v=spf1 exists:e.example ?all");
  world.put("d.example", "MX", "10 f.example");
  const std::string policy =
      "v=spf1 include:a.example include:b.example ptr a:g.example ip4:192.0.2.1 a:never.example redirect=never.example";
  SpfWorld with = world;
  for (const char* host : {"c.example", "e.example", "f.example", "g.example"}) with.put(host, "A", "198.51.100.1");
  world = with;
  CHECK(result(policy) == "pass");
  // The policy; what it names; what these name; the exchanger; all is known.
  CHECK(last.rounds == 5);
  CHECK(last.was_asked("f.example", dns::Type::a));
  CHECK_FALSE(last.was_asked("never.example", dns::Type::a));
  CHECK_FALSE(last.was_asked("never.example", dns::Type::txt));
}

TEST_CASE_METHOD(Fixture, "spf: as much as anybody can have looked up") {
  std::string policy = "v=spf1" + repeated(" mx:%{p}.m#.example", 9) + " -all exp=%{p}.example";
  for (int i = 0; i < 9; ++i)
    for (int host = 0; host < 10; ++host)
      world.put("unknown.m" + std::to_string(i) + ".example", "MX",
                "10 h" + std::to_string(host) + ".m" + std::to_string(i) + ".example");
  for (int i = 0; i < 100; ++i) world.put("1.2.0.192.in-addr.arpa", "PTR", "n" + std::to_string(i) + ".example");
  CHECK(result(policy) == "fail");
  CHECK(last.rounds < 8);
  CHECK(last.most_asked > 100);
  CHECK(last.most_asked <= 130);
}

TEST_CASE_METHOD(Fixture, "spf: policies that include each other end") {
  world.put("l.example", "TXT", "v=spf1 include:l.example include:r.example include:l.example");
  world.put("r.example", "TXT", "v=spf1 include:r.example include:l.example include:%{d}");
  CHECK(result("v=spf1 include:l.example include:r.example -all") == "permerror");
  CHECK(last.rounds < 10);
  CHECK(result("v=spf1 redirect=%{d}") == "permerror");
}

TEST_CASE_METHOD(Fixture, "spf: a local part beyond ASCII matches nothing (RFC 8616 4)") {
  world.put("example.com", "TXT", "v=spf1 exists:%{l}.example include:%{l}.example a:%{s} -all");
  SpfQuery utf8 = query("192.0.2.1");
  utf8.local = "b\xc3\xbc";
  CHECK(world.check(utf8).result == SpfResult::fail);
}

TEST_CASE_METHOD(Fixture, "spf: what a domain explains") {
  world.put("why.example.com", "TXT", "%{c} is not %{d}'s; ask %{r}, %{h} or %{L}");
  const auto explained = [&](const std::string& policy, bool wanted = true) {
    SpfWorld with = world;
    with.put("example.com", "TXT", policy);
    SpfQuery asked = query("192.0.2.1");
    asked.explains = wanted;
    const SpfOutcome outcome = with.check(asked, SpfWorld::Pace::in_rounds);
    last = with;
    return outcome;
  };
  const std::string policy = "v=spf1 exp=why.%{d} -all";
  CHECK(explained(policy).explanation ==
        "192.0.2.1 is not example.com's; ask maildrop.example, mail.example.com or bob");
  CHECK(explained(policy).explainer == "example.com");
  CHECK(explained(policy, false).explanation.empty());
  CHECK_FALSE(last.was_asked("why.example.com", dns::Type::txt));
  CHECK(explained("v=spf1 exp=why.%{d} ~all").explanation.empty());
  world.put("other.example", "TXT", "v=spf1 -all exp=o.example");
  world.put("o.example", "TXT", std::string(1000, 'x'));
  CHECK(explained("v=spf1 redirect=other.example exp=why.%{d}").explanation == std::string(200, 'x'));
  CHECK(explained("v=spf1 redirect=other.example exp=why.%{d}").explainer == "other.example");
  // Another policy's explanation is not this one's.
  CHECK(explained("v=spf1 include:other.example -all").explanation.empty());
}

TEST_CASE_METHOD(Fixture, "spf: domains that are none have no policy") {
  world.put("com", "TXT", "v=spf1 -all");
  for (const char* domain : {"", ".", "com", "com.", "[192.0.2.1]", "a..b", "b\xc3\xbc.example", "a\\b.example"}) {
    INFO(domain);
    CHECK(world.check(query("192.0.2.1", domain)).result == SpfResult::none);
  }
  world.put("xn--bcher-kva.example", "TXT", "v=spf1 exists:%{d}.x.example -all");
  world.put("xn--bcher-kva.example.x.example", "A", "127.0.0.2");
  CHECK(world.check(query("192.0.2.1", "XN--Bcher-kva.Example.")).result == SpfResult::pass);
}
