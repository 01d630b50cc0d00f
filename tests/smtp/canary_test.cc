/// canary_test.cc: a message that comes back, and what is said where it does not.
#include "smtp/canary.h"

#include <catch2/catch.hpp>
#include <set>

#include "smtp/fake_server.h"
#include "smtp/running_server.h"

using namespace maildrop;
using namespace maildrop::smtp;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using smtp::test::FakeServer;

namespace {

/// Shows what a server was given in one inbox. The nth call fails, if so wanted.
class Shown : public store::Inboxes {
 public:
  explicit Shown(const FakeServer& server) : server_(server) {}

  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    if (fails()) return fail(Code::unavailable, "list fails");
    asked.insert(inbox.name());
    CHECK(query.quarantined == store::Quarantined::shown);
    std::vector<store::Summary> out;
    const std::size_t all = shows ? server_.messages().size() : 0;
    for (std::size_t i = 0; i < all; ++i) {
      if (removed.contains(id(i))) continue;
      out.emplace_back().id = store::MessageId::trusted(id(i));
    }
    return out;
  }
  Result<store::Message> get(const mail::Inbox&, const store::MessageId& wanted) override {
    if (fails()) return fail(Code::timed_out, "get fails");
    if (removed.contains(wanted.text()) && !keeps) return fail(Code::not_found, "no such message");
    store::Message message;
    message.data = changes ? "Subject: another\r\n\r\n" : "Received: x\r\n" + server_.messages().at(0);
    return message;
  }
  Result<bool> remove(const mail::Inbox&, const store::MessageId& wanted) override {
    if (fails()) return fail(Code::over_limit, "remove fails");
    return removed.insert(wanted.text()).second;
  }

  int failing = 0;  // that call, from 1; 0: none
  bool shows = true, keeps = false, changes = false;
  std::set<std::string> asked, removed;

 private:
  static std::string id(std::size_t i) { return std::string(26, static_cast<char>('0' + i)); }
  bool fails() { return ++calls_ == failing; }
  const FakeServer& server_;
  int calls_ = 0;
};

Config for_domain(std::string domain = "example.test") {
  Config config;
  config.mail.domains = {std::move(domain)};
  return config;
}

struct Trip {
  explicit Trip(FakeServer::Answer answer = {}) : server(std::move(answer)), shown(server) {
    options.doors = canary_doors(server.to(), false, {});
  }
  CanaryReport run() { return send_canary(shown, box, options, clock); }

  FakeServer server;
  Shown shown;
  CanaryOptions options;
  CanaryBox box = *make_canary_box(for_domain());
  SystemClock clock;
};

std::string texts_of(const std::vector<CanaryDoor>& doors) {
  std::string all;
  for (const CanaryDoor& each : doors)
    all += (all.empty() ? "" : " ") + each.at.to_string() + (each.preamble.empty() ? "" : "*");
  return all;
}

std::vector<Endpoint> listening(std::initializer_list<const char*> texts) {
  std::vector<Endpoint> out;
  for (const char* text : texts) out.push_back(*Endpoint::parse(text));
  return out;
}

}  // namespace

TEST_CASE("a canary goes in, is read, removed, and gone") {
  Trip trip;
  const CanaryReport report = trip.run();
  CHECK(report.well());
  CHECK_FALSE(report.error);
  CHECK_THAT(in_words(report), Catch::Matchers::Matches("delivered in \\d+ ms, read in \\d+ ms, removed in \\d+ ms"));
  CHECK(report.total() >= report.took.front());
  CHECK(report.door == trip.server.to().front().to_string());
  REQUIRE(trip.server.messages().size() == 1);
  CHECK_THAT(trip.server.messages().front(), Contains("To: <" + trip.box.address + ">\r\n") && Contains("Date: "));
  CHECK(trip.server.count("RCPT TO:<" + trip.box.address + ">") == 1);
  CHECK(trip.shown.asked == std::set<std::string>{trip.box.inbox.name()});
  CHECK(trip.shown.removed.size() == 1);
}

TEST_CASE("a canary that fails tells where, and leaves nothing that can be removed") {
  struct Case {
    int failing;  // list, list, get, remove, get
    CanaryStep step;
    const char* words;
  };
  for (const Case& each :
       {Case{1, CanaryStep::look, "the inbox cannot be read: list fails"},
        Case{2, CanaryStep::read, ", not read: list fails"}, Case{3, CanaryStep::read, ", not read: get fails"},
        Case{4, CanaryStep::remove, ", not removed: remove fails"},
        Case{5, CanaryStep::check, ", not gone: get fails"}}) {
    INFO(each.failing);
    Trip trip;
    trip.shown.failing = each.failing;
    const CanaryReport report = trip.run();
    CHECK(report.done == static_cast<std::size_t>(each.step));
    CHECK_THAT(in_words(report), Contains(each.words));
    CHECK(trip.server.messages().size() == (each.failing == 1 ? 0 : 1));
    CHECK(trip.shown.removed.size() == trip.server.messages().size());
  }
  Trip elsewhere, changed, kept;
  elsewhere.shown.shows = false;
  CHECK_THAT(in_words(elsewhere.run()), Contains(", not read: the server has taken it, and it is not there"));
  changed.shown.changes = true;
  CHECK_THAT(in_words(changed.run()), Contains(", not read: the server has taken it, and it is not there"));
  CHECK(changed.shown.removed.size() == 1);
  kept.shown.keeps = true;
  CHECK_THAT(in_words(kept.run()), Contains(", not gone: it is still there"));
}

TEST_CASE("what a server says is told; what it may have stored is looked for") {
  Trip refused([](unsigned, const std::string& line) { return line.rfind("RCPT", 0) == 0 ? "550 5.7.1 no" : ""; });
  const CanaryReport report = refused.run();
  CHECK(report.error->code == Code::unavailable);
  CHECK(report.reached);
  CHECK(in_words(report) == "not delivered: 550 5.7.1 no");
  Trip greeted([](unsigned, const std::string& line) { return line == "<greeting>" ? "421 4.3.2 busy" : ""; });
  CHECK(in_words(greeted.run()) == "not connected: 421 4.3.2 busy");
  Trip silent([](unsigned, const std::string& line) { return line == "<message>" ? "silence" : ""; });
  silent.options.timeout = Millis(100);
  const CanaryReport late = silent.run();
  CHECK(late.error->code == Code::timed_out);
  CHECK(in_words(late) == "not delivered: no answer within 100 ms");
  Trip stopped([](unsigned, const std::string& line) { return line == "<message>" ? "silence" : ""; });
  stopped.options.give_up = [&] { return stopped.server.count("DATA") > 0; };
  CHECK_THAT(in_words(stopped.run()), StartsWith("not delivered: interrupted"));
}

TEST_CASE("the first door that can be connected to is taken") {
  Trip trip;
  CanaryDoor closed;
  closed.at = *Endpoint::parse("unix:/no/such/door");
  trip.options.doors.insert(trip.options.doors.begin(), closed);
  CHECK(trip.run().well());
  trip.options.doors = {closed};
  const CanaryReport report = trip.run();
  CHECK_FALSE(report.reached);
  CHECK_THAT(in_words(report), StartsWith("not connected: cannot connect to 'unix:/no/such/door': "));
}

TEST_CASE("doors: of what is listened on, with a PROXY header where one is wanted") {
  ProxySettings proxy;
  const auto all = listening({"0.0.0.0:25", "[::]:26", "*:27", "192.0.2.1:28", "unix:/x", "fd:smtp", "127.0.0.1:0"});
  CHECK(texts_of(canary_doors(all, false, proxy)) ==
        "127.0.0.1:25 [::1]:26 127.0.0.1:26 127.0.0.1:27 [::1]:27 192.0.2.1:28 unix:/x");
  proxy.networks = {*Network::parse("127.0.0.0/8"), *Network::parse("192.0.2.0/24")};
  proxy.unix_sockets = true;
  const auto doors = canary_doors(all, true, proxy);
  CHECK(texts_of(doors) == "127.0.0.1:25* [::1]:26 127.0.0.1:26* 127.0.0.1:27* [::1]:27 192.0.2.1:28* unix:/x*");
  CHECK(doors.front().preamble == "PROXY TCP4 127.0.0.1 127.0.0.1 0 0\r\n");
  CHECK(doors.front().lmtp);
}

TEST_CASE("boxes: one inbox alone under any naming, another one each time") {
  using Naming = InboxSettings::Naming;
  Config config = for_domain();
  const CanaryBox first = *make_canary_box(config);
  CHECK_THAT(first.address, Catch::Matchers::Matches("canary-[0-9a-z]{16}@example.test"));
  CHECK(first.inbox.name() + "@example.test" == first.address);
  CHECK_FALSE(first.inbox.is_reserved(config.inbox));
  CHECK(first.address != make_canary_box(config)->address);
  config.inbox.naming = Naming::full;
  const CanaryBox full = *make_canary_box(config);
  CHECK(full.inbox.name() == full.address);
  config.inbox.naming = Naming::domain;
  REQUIRE_FALSE(make_canary_box(config));
  CHECK(make_canary_box(config).error().code == Code::invalid);
  config.mail.domains = {"example.test", "*"};
  CHECK_THAT(make_canary_box(config)->inbox.name(), Catch::Matchers::Matches("canary-[0-9a-z]{16}\\.invalid"));
  config.inbox.naming = Naming::local;
  CHECK_THAT(make_canary_box(config)->address, Catch::Matchers::EndsWith("@example.test"));
  config.mail.domains = {"*"};
  CHECK_THAT(make_canary_box(config)->address, Catch::Matchers::EndsWith("@canary.invalid"));
}

TEST_CASE("a canary through a server of ours, by SMTP and LMTP, as itself and with a PROXY header") {
  for (const bool proxied : {false, true}) {
    Config config = for_domain("*");
    if (proxied) config.proxy.networks = {*Network::parse("127.0.0.0/8")};
    const SystemClock clock;
    const auto store = smtp::test::memory_store(config, clock);
    const smtp::test::RunningServer server(config, *store, clock, nullptr);
    for (const bool lmtp : {false, true}) {
      CanaryOptions options;
      options.doors = canary_doors({*Endpoint::parse(server.name(lmtp))}, lmtp, config.proxy);
      const CanaryReport report = send_canary(*store, *make_canary_box(config), options, clock);
      INFO(in_words(report));
      CHECK(report.well());
    }
    CHECK(store->stats()->messages == 0);
    CHECK(server.counted("maildrop_smtp_proxy_headers_total") == (proxied ? 2 : 0));
  }
}
