/// run_test.cc: maildrop inbox on a store in memory: what is printed, what it ends with, what it leaves.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "bench.h"

namespace maildrop::cmd {
namespace {

using test::Bench;
using test::Outcome;
using test::with;

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
}

TEST_CASE("what is quarantined is there for who asks, and numbers count what is listed") {
  Bench bench;
  for (const char* subject : {"four", "five"}) {
    store::Delivery delivery;
    delivery.data = "Subject: " + std::string(subject) + "\r\n\r\nbody of " + subject + "\r\n";
    delivery.summary.id = store::MessageId::make(bench.clock.now());
    delivery.summary.subject = subject;
    delivery.summary.mark = subject == std::string("four") ? store::Mark::quarantine : store::Mark::tag;
    delivery.summary.score = 7.5f;
    delivery.summary.size = delivery.data.size();
    delivery.targets.push_back({mail::Inbox::trusted("bob"), "bob@example.org"});
    REQUIRE(bench.store->put({&delivery, 1}).front());
  }
  const auto text_of = [&](const char* quarantined, const char* id) {
    InboxOptions options;
    options.quarantined = quarantined;
    options.ids = {id};
    options.text = true;
    return bench.run(options).out;
  };
  CHECK(text_of("hidden", "2") == "body of three\n");
  CHECK(text_of("shown", "2") == "body of four\n");
  CHECK(text_of("only", "1") == "body of four\n");
  CHECK(text_of("only", "latest") == "body of four\n");
  CHECK(text_of("hidden", "latest") == "body of five\n");
  InboxOptions options;
  CHECK_THAT(bench.run(options).out, Catch::Contains("\t[tag] five\t") && !Catch::Contains("four"));
  options.quarantined = "shown";
  CHECK_THAT(bench.run(options).out, Catch::Contains("\t[quarantine] four\t") && Catch::Contains("\tthree\t"));
  options.quarantined = "only";
  options.remove = true;
  options.ids = {"1"};
  CHECK(bench.run(options).status == 0);
  CHECK(text_of("shown", "2") == "body of three\n");
}

TEST_CASE("who asks for what is in quarantine hears where it is") {
  Bench bench;
  store::Delivery delivery;
  delivery.data = "Subject: four\r\n\r\nbody of four\r\n";
  delivery.summary.id = store::MessageId::make(bench.clock.now());
  delivery.summary.received = bench.clock.now();
  delivery.summary.subject = "four";
  delivery.summary.mark = store::Mark::quarantine;
  delivery.targets.push_back({mail::Inbox::trusted("bob"), "bob@example.org"});
  REQUIRE(bench.store->put({&delivery, 1}).front());
  const std::string id = delivery.summary.id.text();
  const auto told = [&bench](InboxOptions options) { return bench.run(std::move(options)).err; };
  const auto of = [](std::string selector) {
    InboxOptions options;
    options.ids = {std::move(selector)};
    return options;
  };
  CHECK(told({}) == "maildrop: there is more in 'bob' (1 in quarantine: --quarantined=shown)\n");
  CHECK(told(of("latest")) == "maildrop: there is newer mail in 'bob' (1 in quarantine: --quarantined=shown)\n");
  CHECK(told(of("1")).empty());
  CHECK(told(of("4")) == "maildrop: no message '4' in 'bob' (1 in quarantine: --quarantined=shown)\n");
  CHECK(told(of(id)) == "maildrop: no message '" + id + "' in 'bob' (it is in quarantine: --quarantined=shown)\n");
  CHECK(told(with([](auto& o) { o.json = true; })).empty());
  CHECK(told(with([](auto& o) { o.grep = "three"; })).empty());
  InboxOptions remove = of(id);
  remove.remove = true;
  CHECK_THAT(told(remove), Catch::Contains("it is in quarantine"));
  CHECK(told(with([](auto& o) { o.grep = "four"; })) ==
        "maildrop: no messages in 'bob' that fit (1 in quarantine: --quarantined=only)\n");
  CHECK(told(with([](auto& o) {
          o.grep = "four";
          o.wait = true;
        })) == "maildrop: nothing came to 'bob' in 0s (1 in quarantine: --quarantined=shown)\n");
  for (const std::string& each : bench.ids)
    REQUIRE(*bench.store->remove(bench.source.inbox, store::MessageId::trusted(each)));
  CHECK(told({}) == "maildrop: no messages in 'bob' (1 in quarantine: --quarantined=only)\n");
  CHECK(told(with([](auto& o) { o.quarantined = "shown"; })).empty());
}

TEST_CASE("--why says why nobody judged a message, as far as that can be known") {
  Bench bench;
  bench.source.exempt = {*Network::parse("192.0.2.0/24")};
  const auto told = [&bench](const char* peer, const std::string& protocol) {
    store::Delivery delivery;
    delivery.data = "Return-Path: <>\r\nReceived: from LMTP (a)\r\n\tby mx.example.org with " + protocol +
                    " id x\r\n\tfor <\"LMTP\"@example.org>\r\n\r\n";
    delivery.summary.id = store::MessageId::make(bench.clock.now());
    delivery.summary.peer = peer;
    delivery.summary.size = delivery.data.size();
    delivery.targets.push_back({mail::Inbox::trusted("bob"), "bob@example.org"});
    REQUIRE(bench.store->put({&delivery, 1}).front());
    const Outcome outcome = bench.run(with([](auto& o) {
      o.ids = {"latest"};
      o.why = true;
    }));
    CHECK(outcome.status == 1);
    return outcome.err.substr(outcome.err.find("': ") + 3);
  };
  CHECK(told("local", "LMTP") == "it came by LMTP\n");
  CHECK(told("192.0.2.1", "UTF8LMTPS") == "it came by LMTP\n");
  CHECK(told("local", "ESMTP") == "it came over a unix socket\n");
  CHECK(told("192.0.2.1", "ESMTPS") == "its client, 192.0.2.1, is in limits.exempt\n");
  CHECK_THAT(told("198.51.100.1", "SMTP"), Catch::StartsWith("its client was in limits.exempt, or it came"));
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

}  // namespace
}  // namespace maildrop::cmd
