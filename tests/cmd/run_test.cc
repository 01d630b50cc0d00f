/// run_test.cc: maildrop inbox on a store in memory: what is printed, what it ends with, what it leaves.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "capture.h"
#include "command.h"
#include "inbox_run.h"

namespace maildrop::cmd {
namespace {

using std::chrono::milliseconds;

/// Turns a hand when waited for.
class ScriptedFeed final : public store::Feed {
 public:
  explicit ScriptedFeed(std::function<Result<bool>(int)> news) : news_(std::move(news)) {}
  Result<bool> wait(milliseconds) override { return news_(++waits_); }

 private:
  std::function<Result<bool>(int)> news_;
  int waits_ = 0;
};

struct Outcome {
  int status;
  std::string out, err;
};

/// One inbox with messages `one`, `two` and `three`, and what is done to it.
struct Bench {
  Bench() {
    store::OpenOptions open;
    open.url = "memory:";
    open.role = store::Role::writer;
    open.clock = &clock;
    auto opened = store::open_store(open);
    store = opened->get();
    source.inboxes = std::move(*opened);
    source.feed = polling_feed();
    for (const char* subject : {"one", "two", "three"}) {
      ids.push_back(test::deliver(*store, clock, subject, "body of " + std::string(subject) + "\r\n").text());
      clock.advance(std::chrono::seconds(1));
    }
  }

  Outcome run(InboxOptions options) {
    options.name = "bob";
    if (options.wait && options.wait_time.empty()) options.wait_time = "0";
    const test::Capture out(1), err(2);
    InboxRun inbox(options, source, clock);
    const int status = inbox.main();
    return {status, out.text(), err.text()};
  }

  std::size_t left() { return store->list(source.inbox, {})->size(); }

  FakeClock clock;
  store::Store* store = nullptr;
  Source source{nullptr, nullptr, mail::Inbox::trusted("bob")};
  std::vector<std::string> ids;  // oldest first
};

InboxOptions with(void (*change)(InboxOptions&)) {
  InboxOptions options;
  change(options);
  return options;
}

TEST_CASE("lists and shows, with the status that says what was found") {
  struct Row {
    InboxOptions options;
    int status;
    std::string out;  // a part of it
  };
  const std::vector<Row> rows = {
      {{}, 0, "\tthree\t"},
      {with([](auto& o) { o.grep = "^tw"; }), 0, "\ttwo\t"},
      {with([](auto& o) { o.grep = "none"; }), 1, ""},
      {with([](auto& o) { o.ids = {"latest"}; }), 0, "\n\nbody of three\n"},
      {with([](auto& o) {
         o.ids = {"3"};
         o.text = true;
       }),
       0, "body of one\n"},
      {with([](auto& o) {
         o.ids = {"latest"};
         o.grep = "one";
         o.text = true;
       }),
       0, "body of one\n"},
      {with([](auto& o) {
         o.ids = {"2"};
         o.raw = true;
       }),
       0, "Subject: two\r\n\r\nbody of two\r\n"},
      {with([](auto& o) {
         o.ids = {"2"};
         o.headers = true;
       }),
       0, "Subject: two\n"},
      {with([](auto& o) {
         o.ids = {"2"};
         o.json = true;
       }),
       0, "\"text\":\"body of two\\n\""},
      {with([](auto& o) { o.ids = {"4"}; }), 1, ""},
      {with([](auto& o) { o.ids = {"not an id"}; }), 64, ""},
      {with([](auto& o) {
         o.wait = true;
         o.text = true;
       }),
       0, "body of three\n"},
      {with([](auto& o) {
         o.wait = true;
         o.ids = {"5"};
       }),
       124, ""},
      {with([](auto& o) {
         o.wait = true;
         o.grep = "never";
       }),
       124, ""},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Bench bench;
    const Outcome outcome = bench.run(rows[i].options);
    CAPTURE(i, outcome.out, outcome.err);
    CHECK(outcome.status == rows[i].status);
    CHECK_THAT(outcome.out, Catch::Contains(rows[i].out));
    CHECK(outcome.out.empty() == (rows[i].status != 0));
    CHECK(outcome.err.empty() == (rows[i].status == 0));
  }
}

TEST_CASE("-n takes the newest of a list") {
  Bench bench;
  InboxOptions options;
  options.limit = 2;
  const Outcome outcome = bench.run(options);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Catch::Contains("three") && Catch::Contains("two") && !Catch::Contains("\tone\t"));
  options.limit = 0;
  CHECK(bench.run(options).status == 0);
}

TEST_CASE("deletes exactly what was meant when it began") {
  Bench bench;
  InboxOptions options;
  options.remove = true;
  options.ids = {"1", "2"};  // of the list before anything goes
  const Outcome outcome = bench.run(options);
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "deleted " + bench.ids[2] + "\ndeleted " + bench.ids[1] + "\n");
  CHECK(bench.left() == 1);

  options.ids = {bench.ids[2]};
  CHECK(bench.run(options).status == 1);
  options.ids = {"latest", "no such thing!"};
  CHECK(bench.run(options).status == 64);
  CHECK(bench.left() == 1);  // one that makes no sense: nothing is done
}

TEST_CASE("a start of an id that fits several deletes none") {
  Bench bench;
  InboxOptions options;
  options.remove = true;
  options.ids = {bench.ids[0].substr(0, 2)};
  const Outcome outcome = bench.run(options);
  CHECK(outcome.status == 64);
  CHECK_THAT(outcome.err, Catch::Contains(bench.ids[0]) && Catch::Contains(bench.ids[2]));
  CHECK(bench.left() == 3);
}

TEST_CASE("--delete - reads ids from standard input") {
  Bench bench;
  std::istringstream input(bench.ids[0] + "\n\n  " + bench.ids[1] + "  \r\n");
  auto* before = std::cin.rdbuf(input.rdbuf());
  InboxOptions options;
  options.remove = true;
  options.json = true;
  options.ids = {"-"};
  const Outcome outcome = bench.run(options);
  std::cin.rdbuf(before);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out,
             Catch::StartsWith("{\"schema\":\"maildrop.deleted/1\",\"inbox\":\"bob\",\"id\":\"" + bench.ids[0]));
  CHECK(bench.left() == 1);
}

TEST_CASE("-o makes a private file, and replaces none unless told to") {
  Bench bench;
  const test::Folder folder;
  InboxOptions options;
  options.ids = {"1"};
  options.raw = true;
  options.output = folder / "mail.eml";
  CHECK(bench.run(options).out.empty());
  struct stat status {};
  REQUIRE(::stat(options.output.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  std::ostringstream text;
  text << std::ifstream(options.output).rdbuf();
  CHECK_THAT(text.str(), Catch::EndsWith("\r\n\r\nbody of three\r\n"));

  options.ids = {"2"};
  CHECK(bench.run(options).status == 73);
  options.force = true;
  CHECK(bench.run(options).status == 0);
  options.force = false;
  options.output = folder / "none.eml";
  options.ids = {"9"};
  CHECK(bench.run(options).status == 1);
  CHECK(::access(options.output.c_str(), F_OK) != 0);  // nothing found: no empty file
  options.ids = {"1"};
  options.output = folder / "no/such/folder";
  CHECK(bench.run(options).status == 73);
}

TEST_CASE("-o follows no link, not even with --force") {
  Bench bench;
  const test::Folder folder;
  const std::string target = folder / "target", link = folder / "link";
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  InboxOptions options;
  options.ids = {"1"};
  options.output = link;
  CHECK(bench.run(options).status == 73);
  options.force = true;
  CHECK(bench.run(options).status == 73);
  CHECK(::access(target.c_str(), F_OK) != 0);
}

TEST_CASE("output that cannot be written is 74") {
  Bench bench;
  InboxOptions options;
  options.name = "bob";
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const test::Capture err(2);
  InboxRun inbox(options, bench.source, bench.clock, full);
  CHECK(inbox.main() == 74);
  ::close(full);
}

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
    if (waits == 7) return fail(Code::internal, "the end of the test");
    return true;
  });
  InboxOptions options;
  options.follow = true;
  options.text = true;
  Outcome outcome = bench.run(options);
  CHECK(outcome.status == 70);
  CHECK(outcome.out == "body of one\nbody of two\nbody of three\nhello\nhello\n");

  bench.source.feed = std::make_unique<ScriptedFeed>([](int) { return fail(Code::internal, "the end"); });
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

TEST_CASE("an outage at the start is an error, a later one is waited out and told once") {
  Bench bench;
  InboxOptions options;
  options.wait = true;
  options.wait_time = "0";
  options.grep = "never";
  auto real = std::move(bench.source.inboxes);
  bench.source.inboxes = std::make_unique<Flaky>(*real, 0, 1);
  CHECK(bench.run(options).status == 69);
  CHECK(bench.run({}).status == 0);

  bench.source.inboxes = std::make_unique<Flaky>(*real, 1, 1);
  bench.source.feed = std::make_unique<ScriptedFeed>([](int waits) -> Result<bool> {
    if (waits == 2) return fail(Code::internal, "the end of the test");
    return true;
  });
  options.wait_time = "1h";
  const Outcome outcome = bench.run(options);
  CHECK(outcome.status == 70);
  CHECK_THAT(outcome.err, Catch::Contains("gone; trying again\n") && Catch::Contains("reachable again\n"));
}

}  // namespace
}  // namespace maildrop::cmd
