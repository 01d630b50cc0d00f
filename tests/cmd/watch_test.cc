/// watch_test.cc: --wait and --follow, and servers that are away, hang or refuse.
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "bench.h"
#include "command.h"

namespace maildrop::cmd {
namespace {

using std::chrono::milliseconds;
using test::Bench;
using test::Outcome;
using test::ScriptedFeed;
using test::with;

TEST_CASE("--wait looks again at each piece of news") {
  Bench bench;
  bench.source.feed = std::make_unique<ScriptedFeed>([&bench](int waits) -> Result<bool> {
    if (waits == 3) test::deliver(*bench.store, bench.clock, "the code");
    return true;
  });
  InboxOptions options;
  options.wait = true;
  options.wait_time = "1h";
  options.grep = "code";
  options.json = true;
  const Outcome outcome = bench.run(options);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Catch::Contains("\"subject\":\"the code\"") && Catch::Contains("\"text\":"));
}

TEST_CASE("--follow shows what is there and what comes, the oldest first, each once") {
  Bench bench;
  bench.source.feed = std::make_unique<ScriptedFeed>([&bench](int waits) -> Result<bool> {
    if (waits == 2) test::deliver(*bench.store, bench.clock, "four");
    if (waits == 4) (void)bench.store->remove(bench.source.inbox, *store::MessageId::parse(bench.ids[0]));
    if (waits == 5) test::deliver(*bench.store, bench.clock, "five");
    if (waits == 7) return fail(Code::invalid, "the end of the test");
    return true;
  });
  InboxOptions options;
  options.follow = true;
  options.text = true;
  Outcome outcome = bench.run(options);
  CHECK(outcome.status == 65);
  CHECK(outcome.out == "body of one\nbody of two\nbody of three\nhello\nhello\n");

  bench.source.feed = std::make_unique<ScriptedFeed>([](int) { return fail(Code::invalid, "the end"); });
  options.limit = 1;
  outcome = bench.run(options);
  CHECK(outcome.out == "hello\n");
}

/// A store that is away for some looks.
class Flaky final : public store::Inboxes {
 public:
  Flaky(store::Inboxes& real, int good, int bad) : real_(real), good_(good), bad_(bad) {}
  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    if (good_-- <= 0 && bad_-- > 0) return fail(Code::unavailable, "gone");
    return real_.list(inbox, query);
  }
  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override {
    return real_.get(inbox, id);
  }
  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override { return real_.remove(inbox, id); }

 private:
  store::Inboxes& real_;
  int good_, bad_;
};

TEST_CASE("a later outage is waited out and told once; one at the start only where waiting has an end") {
  Bench bench;
  InboxOptions options;
  options.follow = true;
  auto real = std::move(bench.source.inboxes);
  bench.source.inboxes = std::make_unique<Flaky>(*real, 0, 1);
  CHECK(bench.run(options).status == 69);
  CHECK(bench.run({}).status == 0);

  bench.source.inboxes = std::make_unique<Flaky>(*real, 1, 1);
  bench.source.feed = std::make_unique<ScriptedFeed>([](int waits) -> Result<bool> {
    if (waits == 2) return fail(Code::invalid, "the end of the test");
    return true;
  });
  Outcome outcome = bench.run(options);
  CHECK(outcome.status == 65);
  CHECK_THAT(outcome.err, Catch::Contains("gone; trying again\n") && Catch::Contains("reachable again\n"));

  options.follow = false;
  options.wait = true;
  options.wait_time = "300000d";  // more nanoseconds than the clock has
  options.text = true;
  bench.source.inboxes = std::make_unique<Flaky>(*real, 0, 1);
  outcome = bench.run(options);
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "body of three\n");
  CHECK_THAT(outcome.err, Catch::Contains("gone; trying again\n"));

  options.wait_time = "0";
  bench.source.inboxes = std::make_unique<Flaky>(*real, 0, 1);
  CHECK(bench.run(options).status == 124);
}

TEST_CASE("--follow goes on when its feed finds no store for a moment") {
  for (const Code code : {Code::not_found, Code::unavailable}) {
    Bench bench;
    bench.source.feed = std::make_unique<ScriptedFeed>([&bench, code](int waits) -> Result<bool> {
      if (waits == 1) return fail(code, "being replaced");
      if (waits == 2) test::deliver(*bench.store, bench.clock, "four");
      if (waits == 3) return fail(Code::invalid, "the end of the test");
      return true;
    });
    InboxOptions options;
    options.follow = true;
    options.text = true;
    options.limit = 1;
    const Outcome outcome = bench.run(options);
    CHECK(outcome.out == "body of three\nhello\n");
    CHECK_THAT(outcome.err, Catch::Contains("being replaced; trying again\n") && Catch::Contains("reachable again\n"));
  }
}

TEST_CASE("output that cannot be written is no outage") {
  Bench bench;
  for (const std::string& id : bench.ids) (void)bench.store->remove(bench.source.inbox, *store::MessageId::parse(id));
  bench.source.feed = std::make_unique<ScriptedFeed>([&bench](int waits) -> Result<bool> {
    if (waits > 3) return fail(Code::invalid, "the end of the test");
    test::deliver(*bench.store, bench.clock, "four");
    return true;
  });
  InboxOptions options;
  options.name = "bob";
  options.follow = true;
  options.json = true;
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const test::Capture err(2);
  InboxRun inbox(options, bench.source, bench.clock, full);
  CHECK(inbox.main() == 74);
  CHECK_THAT(err.text(), !Catch::Contains("trying again"));
  ::close(full);
}

/// A server that answers everything alike.
class Server final : public api::Client {
 public:
  explicit Server(Code code) : code_(code) {}
  void end_by(Moment moment) override { end = moment; }
  Result<std::vector<store::Summary>> list(const mail::Inbox&, const store::Query&) override { return no(); }
  Result<store::Message> get(const mail::Inbox&, const store::MessageId&) override { return no(); }
  Result<std::string> verdicts(const mail::Inbox&, const store::MessageId&) override { return no(); }
  Result<bool> remove(const mail::Inbox&, const store::MessageId&) override { return no(); }
  Result<api::Plot> statistics(std::size_t) override { return no(); }
  Result<std::string> ask_dns(const std::string&, const std::string&) override { return no(); }

  std::optional<Moment> end;

 private:
  tl::unexpected<Error> no() const { return fail(code_, "no"); }
  Code code_;
};

TEST_CASE("what a server answers has one status, whatever it was asked for") {
  const std::vector<InboxOptions> asked = {
      {}, with([](auto& o) { o.ids = {"latest"}; }), with([](auto& o) { o.follow = true; }), with([](auto& o) {
        o.ids = {"1"};
        o.remove = true;
      })};
  const std::vector<std::pair<Code, int>> rows = {{Code::invalid, 67},   {Code::corrupt, 65},
                                                  {Code::not_found, 66}, {Code::unavailable, 69},
                                                  {Code::timed_out, 75}, {Code::over_limit, 75}};
  for (const auto& [code, status] : rows) {
    for (const InboxOptions& options : asked) {
      Bench bench;
      auto server = std::make_unique<Server>(code);
      bench.source.server = server.get();
      bench.source.inboxes = std::move(server);
      CAPTURE(to_string(code), options.ids, options.remove, options.follow);
      CHECK(bench.run(options).status == status);
    }
  }
}

TEST_CASE("--wait bounds each question to a server") {
  Bench bench;
  auto server = std::make_unique<Server>(Code::timed_out);
  Server& asked = *server;
  bench.source.server = server.get();
  bench.source.inboxes = std::move(server);
  InboxOptions options;
  options.wait = true;
  options.wait_time = "200ms";
  const auto start = std::chrono::steady_clock::now();
  CHECK(bench.run(options).status == 124);
  REQUIRE(asked.end);
  CHECK(*asked.end - start >= milliseconds(200));
  CHECK(*asked.end - start < milliseconds(2000));
}

TEST_CASE("a feed that fails after a wait takes no more than the time that was left") {
  Bench bench;
  bench.source.feed = std::make_unique<ScriptedFeed>([](int) -> Result<bool> {
    std::this_thread::sleep_for(milliseconds(900));
    return fail(Code::unavailable, "gone");
  });
  InboxOptions options;
  options.wait = true;
  options.wait_time = "1s";
  options.grep = "never";
  const auto start = std::chrono::steady_clock::now();
  CHECK(bench.run(options).status == 124);
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(1700));
}

/// `maildrop inbox bob`, as typed, on the store at `url`; `meanwhile` is called when it waits for that store.
Outcome inbox_at(const std::string& url, std::vector<std::string> words, const std::function<void()>& meanwhile = {}) {
  words.insert(words.begin(), {"--set", "store.url=" + url, "inbox", "bob"});
  Tree tree;
  build(tree);
  const test::Capture out(1), err(2);
  REQUIRE(parse(tree, words) == std::nullopt);
  std::atomic<bool> ended = false;
  std::thread other([&] {
    while (meanwhile && !ended && err.text().find("trying again") == std::string::npos)
      std::this_thread::sleep_for(milliseconds(1));
    if (meanwhile && !ended) meanwhile();
  });
  const int status = tree.chosen();
  ended = true;
  other.join();
  return {status, out.text(), err.text()};
}

TEST_CASE("--wait waits for a store that is not there yet, and nothing else does") {
  const test::Folder folder;
  const std::string url = "sqlite:" + folder / "new/mail.db";
  CHECK(inbox_at(url, {}).status == 66);
  CHECK(inbox_at(url, {"latest"}).status == 66);
  CHECK(inbox_at(url, {"-f"}).status == 66);
  Outcome outcome = inbox_at(url, {"--wait=1ms"});
  CHECK(outcome.status == 124);
  CHECK_THAT(outcome.err, Catch::Contains("no store at") && Catch::Contains("trying again\n") &&
                              Catch::Contains("nothing came to 'bob' in 1ms"));

  const SystemClock clock;
  store::OpenOptions open = store::open_options({}, url, clock);
  open.role = store::Role::writer;
  outcome = inbox_at(url, {"--wait=1h", "--text"}, [&] {
    auto made = store::open_store(open);
    if (made) test::deliver(**made, clock, "late");
  });
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "hello\n");
}

TEST_CASE("--wait does not wait for what can never be a store") {
  const test::Folder folder;
  std::ofstream(folder / "text.db") << std::string(9000, 'x');
  CHECK(inbox_at("memory:", {"--wait=1h"}).status == 66);
  CHECK(inbox_at("sqlite:" + folder / "text.db", {"--wait=1h"}).status == 74);
  CHECK(inbox_at("sqlite:" + folder / "", {"--wait=1h"}).status == 65);
}

TEST_CASE("a time behind --wait is a slip") {
  for (const char* time : {"30s", "500ms", "2m", "1h30m"}) {
    Tree tree;
    build(tree);
    const test::Capture err(2);
    REQUIRE(parse(tree, {"inbox", "bob", "--wait", time}) == std::nullopt);
    CHECK(tree.chosen() == exit_usage);
    CHECK_THAT(err.text(), Catch::Contains("write --wait=" + std::string(time)));
  }
}

}  // namespace
}  // namespace maildrop::cmd
