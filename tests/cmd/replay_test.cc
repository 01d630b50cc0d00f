/// replay_test.cc: maildrop replay: where it may send to, what it prints of a run, what it ends with.
#include "replay.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "run_words.h"
#include "smtp/fake_server.h"

namespace maildrop::cmd {
namespace {

using smtp::test::FakeServer;

test::Ran replayed(std::vector<std::string> words) {
  words.insert(words.begin(), "replay");
  return test::run_words(words);
}

std::string address_of(const FakeServer& server) { return server.to().front().to_string(); }

/// A folder with three messages, one of them without a recipient.
struct Mail {
  Mail() {
    write("a.eml", "To: b@example.org\nSubject: a\n\nbody\n");
    write("b.eml", "To: c@example.org\nReturn-Path: <r@example.com>\nSubject: b\n\n.\n");
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
  std::string file(const std::string& name, const std::string& text) const {
    write(name, text);
    return folder / name;
  }
  std::string path() const { return folder / "."; }

  test::Folder folder;
};

TEST_CASE("only this machine is sent to unless told otherwise") {
  const struct {
    const char* to;
    bool allow;
    bool good;
    const char* says;
  } rows[] = {
      {"127.0.0.1:25", false, true, ""},
      {"127.255.0.1:25", false, true, ""},
      {"[::1]:25", false, true, ""},
      {"[::ffff:127.0.0.1]:25", false, true, ""},
      {"unix:/run/x.sock", false, true, ""},
      {"localhost:25", false, true, ""},
      {"192.0.2.1:25", false, false, "--allow-remote"},
      {"192.0.2.1:25", true, true, ""},
      {"0.0.0.0:25", false, false, "--allow-remote"},
      {"[2001:db8::1]:25", false, false, "--allow-remote"},
      {"[::ffff:192.0.2.1]:25", false, false, "--allow-remote"},
      {"mx.example.org:25", false, false, "--allow-remote"},
      {"127.0.0.1:0", false, false, "is no HOST:PORT"},
      {":25", true, false, "is no HOST:PORT"},
      {"*:25", true, false, "is no HOST:PORT"},
      {"fd:smtp", true, false, "is no HOST:PORT"},
      {"localhost", false, false, "is no HOST:PORT"},
      {"localhost:0", false, false, "is no HOST:PORT"},
      {"localhost:smtp", false, false, "is no HOST:PORT"},
      {"localhost:65536", false, false, "is no HOST:PORT"},
      {"::1:25", true, false, "is no HOST:PORT"},
      {"", true, false, "is no HOST:PORT"},
  };
  for (const auto& row : rows) {
    INFO(row.to);
    const auto target = replay_target(row.to, row.allow);
    CHECK(target.has_value() == row.good);
    if (target) continue;
    CHECK(target.error().code == Code::invalid);
    CHECK(target.error().what.find(row.says) != std::string::npos);
  }
}

TEST_CASE("without a server mail is judged") {
  const Mail mail;
  const test::Ran run = replayed({"--spam", mail.path(), "--json"});
  CHECK(run.status == exit_ok);
  const auto object = nlohmann::json::parse(run.out);
  CHECK(object["schema"] == "maildrop.replay/1");
  CHECK(object["labels"]["spam"]["messages"] == 2);
  const test::Ran quiet = replayed({"-q", "--rcpt", "bob@localhost", "--limit", "1", mail.path()});
  CHECK(quiet.status == exit_ok);
  CHECK(quiet.out.empty());
  CHECK(quiet.err.empty());
  const std::string report = mail.folder / "report";
  CHECK(replayed({"--report", "csv", "--output", report, mail.path()}).out.empty());
  CHECK(std::filesystem::file_size(report) > 0);
  const test::Ran broken = replayed({mail.file("none", "no message\n")});
  CHECK(broken.status == exit_data);
  CHECK_THAT(broken.err, Catch::Contains("1 sample") || Catch::Contains("no message"));
}

TEST_CASE("command lines that make no sense are 64 and say why") {
  const Mail mail;
  const struct {
    std::vector<std::string> words;
    int status;
    const char* says;
  } rows[] = {
      {{}, exit_usage, "a SOURCE is needed"},
      {{"--lmtp", mail.path()}, exit_usage, "--lmtp is for runs with --to HOST:PORT"},
      {{"--repeat", "2", mail.path()}, exit_usage, "--repeat is for runs with --to HOST:PORT"},
      {{"--to", "127.0.0.1:9", "--timing", mail.path()}, exit_usage, "--timing is for runs without --to"},
      {{"--to", "127.0.0.1:9", "--report", "csv", mail.path()}, exit_usage, "--report is for runs without --to"},
      {{"--report", "xml", mail.path()}, exit_usage, "xml"},
      {{"--facts", mail.path(), mail.path()}, exit_no_input, "cannot"},
      {{"--record", "/nonexistent/facts", mail.path()}, exit_cannot_create, "/nonexistent/facts"},
      {{"--to", "127.0.0.1:9", "--proxy", "--xclient", mail.path()}, exit_usage, "exclude each other"},
      {{"--to", "127.0.0.1:9", "-", "-"}, exit_usage, "standard input can be read once"},
      {{"--to", "127.0.0.1:9", "--repeat", "2", "-"}, exit_usage, "cannot be read again"},
      {{"--to", "192.0.2.1:9", mail.path()}, exit_usage, "--allow-remote"},
      {{"--to", "192.0.2.1:9", "--allow-remote", mail.path()}, exit_usage, "--rate is needed"},
      {{"--to", "127.0.0.1:9", "--connections", "1001", mail.path()}, exit_usage, "from 1 to 1000"},
      {{"--to", "127.0.0.1:9", "--reuse", "0", mail.path()}, exit_usage, "no whole number from 1"},
      {{"--to", "127.0.0.1:9", "--rate", "0", mail.path()}, exit_usage, "no number of messages a second"},
      {{"--to", "127.0.0.1:9", "--rate", "nan", mail.path()}, exit_usage, "no number of messages a second"},
      {{"--to", "127.0.0.1:9", "--timeout", "0", mail.path()}, exit_usage, "no time"},
      {{"--to", "127.0.0.1:9", "--timeout", "300000d", mail.path()}, exit_usage, "longer than a day"},
      {{"--to", "127.0.0.1:9", "--helo", "a b", mail.path()}, exit_usage, "no name for a client"},
      {{"--to", "127.0.0.1:9", "--rcpt", "nobody", mail.path()}, exit_usage, "'nobody'"},
      {{"--to", "127.0.0.1:9", "--from", "a@b\r\nDATA", mail.path()}, exit_usage, "a@b"},
      {{"--to", "127.0.0.1:9", "/nonexistent"}, exit_no_input, "/nonexistent"},
      {{"--to", "127.0.0.1:9"}, exit_usage, "a SOURCE is needed"},
      {{"--to", "127.0.0.1:9", "--spam", "-", "--ham", "-"}, exit_usage, "standard input can be read once"},
      {{"--to", "127.0.0.1:9", "--spam", "/nonexistent"}, exit_no_input, "/nonexistent"},
      {{"--to", "127.0.0.1:9", "--trusted", "mx.example", mail.path()}, exit_usage, "'mx.example'"},
      {{"--to", "127.0.0.1:9", "--inbox", "bob", mail.path()}, exit_usage, "--inbox is of a store"},
      {{"--to", "127.0.0.1:9", "--manifest", "/nonexistent", mail.path()}, exit_no_input, "/nonexistent"},
      {{"--to", "127.0.0.1:9", "--manifest", mail.file("m", "name,label\na,eggs\n"), "-"},
       exit_data,
       "/m: line 2: label: 'eggs' is neither spam nor ham\n"},
      {{"--to", "127.0.0.1:9", "store:sqlite:/nonexistent/mail.db"}, exit_no_input, "no mail store at 'sqlite:/none"},
      {{"--to", "127.0.0.1:9", "store:memory:"}, exit_no_input, "inside the process"},
      {{"--to", "127.0.0.1:9", "store:sqlite:/nonexistent/mail.db", "--inbox", ".."},
       exit_no_name,
       "cannot be an inbox"},
  };
  for (const auto& row : rows) {
    const test::Ran run = replayed(row.words);
    INFO(run.err);
    CHECK(run.status == row.status);
    CHECK(run.err.find(row.says) != std::string::npos);
    CHECK(run.out.empty());
  }
}

TEST_CASE("a folder goes to a server, and the report says so") {
  const Mail mail;
  FakeServer server;
  const test::Ran run = replayed({"--to", address_of(server), "--helo", "me.test", mail.path()});
  CHECK(run.status == exit_ok);
  CHECK(run.err.empty());
  CHECK(run.out.find("2 messages to 127.0.0.1:") == 0);
  CHECK(run.out.find("\naccepted               2\n") != std::string::npos);
  CHECK(run.out.find("refused") == std::string::npos);
  CHECK(run.out.find("\nmessage ") != std::string::npos);
  CHECK(run.out.find("           2  250 ok\n") != std::string::npos);
  CHECK(server.messages() ==
        std::vector<std::string>{"To: b@example.org\r\nSubject: a\r\n\r\nbody\r\n",
                                 "To: c@example.org\r\nReturn-Path: <r@example.com>\r\nSubject: b\r\n\r\n.\r\n"});
  CHECK(server.count("EHLO me.test") == 1);
  CHECK(server.count("MAIL FROM:<r@example.com>") == 1);
  CHECK(server.count("MAIL FROM:<>") == 1);
}

TEST_CASE("sender and recipients of the command line are used instead") {
  const Mail mail;
  FakeServer server;
  CHECK(replayed({"--to", address_of(server), "-q", "--rcpt", "x@example.org", "--rcpt", "y@example.org", "--from", "",
                  mail.path()})
            .status == exit_ok);
  CHECK(server.count("RCPT TO:<x@example.org>") == 2);
  CHECK(server.count("RCPT TO:<y@example.org>") == 2);
  CHECK(server.count("RCPT TO") == 4);
  CHECK(server.count("MAIL FROM:<>") == 2);
}

TEST_CASE("JSON is one object, quiet is nothing") {
  Mail mail;
  mail.write("c.eml", "Subject: nobody\n\n");
  FakeServer server(
      [](unsigned, const std::string& line) { return line == "RCPT TO:<c@example.org>" ? "550 no \x1b[2J" : ""; });
  const test::Ran run = replayed({"--to", address_of(server), "--json", mail.path()});
  CHECK(run.status == exit_nothing);
  const auto object = nlohmann::json::parse(run.out);
  CHECK(object["schema"] == "maildrop.replayed/1");
  CHECK(object["messages"] == 3);
  CHECK(object["accepted"] == 1);
  CHECK(object["refused"] == 1);
  CHECK(object["broken"] == 1);
  CHECK(object["replies"]["250 ok"] == 1);
  CHECK(object["message_ms"]["count"] == 2);
  CHECK(object["error"].is_null());
  CHECK(run.out.find('\x1b') == std::string::npos);
  CHECK(run.err.find("b.eml: 550 no \xef\xbf\xbd[2J\n") != std::string::npos);
  CHECK(run.err.find("c.eml: no recipient is known\n") != std::string::npos);
  const test::Ran quiet = replayed({"--to", address_of(server), "-q", mail.path()});
  CHECK(quiet.out.empty());
  CHECK(quiet.err == run.err);
}

TEST_CASE("labels are counted, and what a manifest tells is used") {
  const Mail mail;
  mail.write("c.eml", "prose\n");
  const test::Folder elsewhere;
  const std::string manifest = elsewhere / "m.csv";
  std::ofstream(manifest) << "name,to,label\na.eml,x@example.org,ham\nno\x1b.eml,,\nnone.eml,,\n";
  FakeServer server;
  const std::vector<std::string> words{"--to",      address_of(server), "--json", "--spam",
                                       mail.path(), "--manifest",       manifest};
  const test::Ran run = replayed(words);
  const auto object = nlohmann::json::parse(run.out);
  CHECK(object["labels"] == nlohmann::json{{"spam", 1}, {"ham", 1}});
  CHECK(object["unmatched"] == 2);
  CHECK(object["broken"] == 1);
  REQUIRE(object["troubles"].size() == 1);
  CHECK(object["troubles"][0]["name"].is_null());
  CHECK(object["troubles"][0]["what"].get<std::string>().find("c.eml' is no message: it has no header") !=
        std::string::npos);
  CHECK(object["more_troubles"] == 0);
  CHECK(run.err.find("the manifest names 'no\xef\xbf\xbd.eml', and there is no such message\n") != std::string::npos);
  CHECK(server.count("RCPT TO:<x@example.org>") == 1);
  const test::Ran text =
      replayed({"--to", address_of(server), "--spam", mail.path(), "--limit", "1", "--manifest", manifest});
  CHECK(text.out.find("\nham                    1\n") != std::string::npos);  // a.eml, as it is the first
  CHECK(text.err.find("the manifest names") == std::string::npos);            // there may be such messages
}

TEST_CASE("each end has its status") {
  const auto status = [](void (*change)(replay::Tally&, ReplayEnd&)) {
    replay::Tally tally;
    tally.connections = 1;
    ReplayEnd end;
    change(tally, end);
    return replay_status(tally, end);
  };
  CHECK(status([](auto&, auto&) {}) == exit_ok);
  CHECK(status([](auto& t, auto&) { t.accepted = 3; }) == exit_ok);
  CHECK(status([](auto& t, auto&) { t.accepted = t.refused = 1; }) == exit_nothing);
  CHECK(status([](auto& t, auto&) { t.accepted = t.broken = 1; }) == exit_nothing);
  CHECK(status([](auto& t, auto&) { t.broken = 1; }) == exit_data);
  CHECK(status([](auto& t, auto&) { t.refused = t.deferred = 1; }) == exit_try_again);
  CHECK(status([](auto& t, auto&) { t.lost = 1; }) == exit_try_again);
  CHECK(status([](auto& t, auto&) { t.unsent = 1; }) == exit_try_again);
  CHECK(status([](auto& t, auto&) {
          t.connections = 0;
          t.lost = t.connection_failures = 1;
        }) == exit_unavailable);
  CHECK(status([](auto& t, auto& e) {
          t.lost = 1;
          e.interrupted = true;
        }) == exit_interrupted);
  CHECK(status([](auto&, auto& e) { e.error = Error{Code::unavailable, "x"}; }) == exit_unavailable);
}

TEST_CASE("where nobody listens it is 69") {
  const Mail mail;
  const test::Ran run = replayed({"--to", "unix:/nonexistent/socket", "--retry", "0", mail.path()});
  CHECK(run.status == exit_unavailable);
  CHECK(run.err.find("nobody answers at unix:/nonexistent/socket") != std::string::npos);
}

TEST_CASE("names of troubles are for a terminal, and so many") {
  replay::Tally tally;
  for (int i = 0; i < 25; ++i) tally.add_trouble("x\x1b[31m\n.eml", "550 \xe2\x80\xae");
  const std::string told = replay_troubles(tally, {});
  CHECK(told.find('\x1b') == std::string::npos);
  CHECK(told.find("\xe2\x80\xae") == std::string::npos);
  CHECK(std::count(told.begin(), told.end(), '\n') == 21);
  CHECK(told.find("maildrop: ... and 5 more\n") != std::string::npos);
  CHECK(replay_troubles({}, {}).empty());
  ReplayEnd end;
  end.unmatched = 7;
  end.unmatched_names = {"x"};
  CHECK(replay_troubles({}, end) ==
        "maildrop: the manifest names 'x', and there is no such message\nmaildrop: ... and 6 more\n");
}

}  // namespace
}  // namespace maildrop::cmd
