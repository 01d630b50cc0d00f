/// purge_test.cc: maildrop purge on a store in memory: what is chosen, what is printed, what it ends with.
#include "purge.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "command.h"

namespace maildrop::cmd {
namespace {

using store::FieldMatch;
using store::fits_glob;
using test::Capture;

struct Purged {
  int status;
  std::string out, err;
};

/// Six messages: `small` and `large` in each of a, b and c, an hour apart.
struct Desk {
  Desk() {
    store::OpenOptions open;
    open.url = "memory:purge";
    open.role = store::Role::writer;
    open.clock = &clock;
    store = std::move(*store::open_store(open));
    for (const char* name : {"a", "b", "c"}) {
      put(name, "small", 100, "192.0.2.1");
      put(name, "Large Invoice", 5000, "2001:db8::7");
      clock.advance(std::chrono::hours(1));
    }
  }

  void put(const std::string& name, const std::string& subject, std::size_t size, const std::string& peer) {
    store::Delivery d;
    d.data = std::string(size, 'x');
    d.summary.id = store::MessageId::make(clock.now());
    d.summary.from = name + "@sender.example";
    d.summary.subject = subject;
    d.summary.peer = peer;
    d.summary.received = clock.now();
    d.summary.size = size;
    d.targets.push_back({mail::Inbox::trusted(name), name + "@example.org"});
    REQUIRE(store->put({&d, 1}).front());
  }

  Purged run(PurgeOptions options, std::vector<std::string> names = {}) {
    const Capture out(1), err(2);
    const int status = PurgeRun(options, std::move(names), *store, clock).main();
    return {status, out.text(), err.text()};
  }
  std::uint64_t left() { return store->stats()->messages; }

  FakeClock clock;
  std::unique_ptr<store::Store> store;
};

PurgeOptions options_with(void (*change)(PurgeOptions&)) {
  PurgeOptions options;
  options.yes = true;
  change(options);
  return options;
}

TEST_CASE("globs: the whole text, without case, and no text makes them slow") {
  const struct {
    const char *pattern, *text;
    bool fits;
  } rows[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"abc", "ABC", true},
      {"abc", "abcd", false},
      {"a*c", "abbc", true},
      {"a*c", "abbcd", false},
      {"*@x", "a@b@x", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"?", "\xc3\xbc", true},
      {"??", "\xc3\xbc", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"a\\", "a\\", true},
      {"*a*b*", "xxaxxb", true},
      {"*a*b*", "xxbxxa", false},
      {"**", "x", true},
      {"a\\?", "ab", false},
  };
  for (const auto& row : rows) {
    INFO(row.pattern << " on " << row.text);
    CHECK(fits_glob(row.pattern, row.text) == row.fits);
  }
  CHECK(!fits_glob("*a*a*a*a*a*a*a*a*a*b", std::string(20'000, 'a')));
}

TEST_CASE("conditions choose, and all of them have to hold") {
  const struct {
    PurgeOptions options;
    std::vector<std::string> names;
    std::uint64_t left;
  } rows[] = {
      {options_with([](auto& o) { o.all = true; }), {}, 0},
      {options_with([](auto&) {}), {"a", "c"}, 2},
      {options_with([](auto& o) { o.older = "2h"; }), {}, 2},
      {options_with([](auto& o) { o.older = "4h"; }), {}, 6},
      {options_with([](auto& o) { o.larger = "100"; }), {}, 3},
      {options_with([](auto& o) { o.larger = "99"; }), {}, 0},
      {options_with([](auto& o) { o.source = "192.0.2.0/24"; }), {}, 3},
      {options_with([](auto& o) { o.source = "2001:db8::/32"; }), {}, 3},
      {options_with([](auto& o) { o.source = "192.0.2.2"; }), {}, 6},
      {options_with([](auto& o) { o.matches = {"subject=*invoice"}; }), {}, 3},
      {options_with([](auto& o) { o.matches = {"from=a@*"}; }), {}, 4},
      {options_with([](auto& o) {
         o.matches = {"from=a@*", "subject=small"};
       }),
       {},
       5},
      {options_with([](auto& o) { o.matches = {"to=b@example.org"}; }), {}, 4},
      {options_with([](auto& o) { o.over_quota = true; }), {}, 6},
      {options_with([](auto& o) {
         o.older = "2h";
         o.larger = "1KiB";
         o.source = "2001:db8::7";
       }),
       {"b"},
       5},
      {options_with([](auto& o) {
         o.all = o.dry_run = true;
         o.yes = false;
       }),
       {},
       6},
  };
  for (const auto& row : rows) {
    Desk desk;
    const Purged purged = desk.run(row.options, row.names);
    CHECK(purged.status == exit_ok);
    CHECK(purged.err.empty());
    CHECK(desk.left() == row.left);
  }
}

TEST_CASE("over quota is what lowered caps leave, and what has expired") {
  Desk desk;
  InboxSettings caps;
  caps.max_messages = 1;
  desk.store->apply(caps);
  desk.run(options_with([](auto& o) { o.over_quota = true; }));
  CHECK(desk.left() == 3);
  desk.clock.advance(caps.max_age);
  desk.run(options_with([](auto& o) { o.over_quota = true; }));
  CHECK(desk.left() == 0);
}

TEST_CASE("says what there is and what was done") {
  Desk desk;
  Purged purged = desk.run(options_with([](auto& o) { o.larger = "1K"; }));
  CHECK(purged.out.find("3 messages in 3 inboxes, 14") == 0);
  CHECK(purged.out.find(", the oldest of 2") != std::string::npos);
  CHECK(purged.out.find("\nremoved 3 of 3 messages, 14") != std::string::npos);
  purged = desk.run(options_with([](auto& o) { o.larger = "1K"; }));
  CHECK(purged.out == "0 messages\n");
  CHECK(purged.status == exit_ok);
}

TEST_CASE("without a terminal nothing goes unless --yes says so") {
  Desk desk;
  const Purged purged = desk.run(options_with([](auto& o) {
    o.all = true;
    o.yes = false;
  }));
  CHECK(purged.status == exit_usage);
  CHECK(purged.out.empty());
  CHECK(purged.err.find("--yes") != std::string::npos);
  CHECK(desk.left() == 6);
}

TEST_CASE("JSON is one object") {
  Desk desk;
  Purged purged = desk.run(options_with([](auto& o) { o.all = o.dry_run = o.json = true; }));
  auto object = nlohmann::json::parse(purged.out);
  CHECK(object["schema"] == "maildrop.purged/1");
  CHECK(object["dry_run"] == true);
  CHECK(object["counted"] == 6);
  CHECK(object["removed"] == 0);
  CHECK(object["inboxes"] == 3);
  CHECK(object["bytes"] == 15300);
  CHECK(object["wal_truncated"].is_null());
  purged = desk.run(options_with([](auto& o) { o.all = o.json = true; }));
  object = nlohmann::json::parse(purged.out);
  CHECK(object["removed"] == 6);
  CHECK(object["bytes"] == 15300);
  CHECK(object["wal_truncated"] == true);
  CHECK(object["interrupted"] == false);
  CHECK(object["error"].is_null());
  CHECK(object["seconds"] > 0);
  CHECK(object["oldest"] < object["newest"]);
}

TEST_CASE("what cannot be understood is told") {
  for (const char* wrong : {"invoice", "body=x", "=x", ""}) CHECK(!FieldMatch::parse(wrong));
  CHECK(FieldMatch::parse("body=x").error().what.find("from, to, header_from, subject, helo, peer") !=
        std::string::npos);
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(12345678) == "12,345,678");
}

TEST_CASE("the bar fits its width") {
  CHECK(progress_bar(50, 100, 79) == "[" + std::string(20, '#') + std::string(20, '-') + "]   50%  50 of 100");
  CHECK(progress_bar(7, 5, 30).find("100%  5 of 5") != std::string::npos);
  CHECK(progress_bar(0, 0, 79).find("100%") != std::string::npos);
  for (std::size_t width = 0; width < 100; ++width) CHECK(progress_bar(1234, 12345, width).size() <= width);
}

}  // namespace
}  // namespace maildrop::cmd
