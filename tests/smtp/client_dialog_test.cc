/// client_dialog_test.cc: scripted servers: what is said to them, and what becomes of each recipient, however the
/// replies are split.
#include "smtp/client_dialog.h"

#include <catch2/catch.hpp>

#include "smtp/data_reader.h"

using namespace maildrop;
using namespace maildrop::smtp;
using State = ClientDialog::State;

namespace {

struct Run {
  std::string said;
  std::vector<Outcome> outcomes;
  State state = State::busy;
  Outcome ending;
};

std::string drain(ClientDialog& dialog) {
  std::string out;
  while (!dialog.output().empty()) {
    const std::string_view piece = dialog.output();
    out += piece;
    dialog.wrote(piece.size());
  }
  return out;
}

struct Message {
  std::string from = "a@example.com";
  std::vector<std::string> to = {"b@example.org"};
  std::string data = "Subject: x\r\n\r\nbody\r\n";

  ClientMessage view() const { return {from, {to.begin(), to.end()}, data}; }
};

/// The replies in pieces of `piece` bytes; all that is to be said is said before each.
Run play(const std::vector<std::string>& replies, const Message& message, ClientOptions options = {},
         std::size_t piece = 1000) {
  options.helo = "me.test";
  Run run;
  ClientDialog dialog(options);
  bool begun = false;
  const auto pump = [&] {
    if (!begun && dialog.state() == State::ready) {
      begun = true;
      dialog.begin(message.view());
    }
    run.said += drain(dialog);
    if (auto outcomes = dialog.take_outcomes()) run.outcomes = *outcomes;
  };
  pump();
  for (const std::string& reply : replies) {
    const std::string bytes = reply == "<close>" ? "" : reply + "\r\n";
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      dialog.consume(std::string_view(bytes).substr(at, piece));
      pump();
    }
    if (bytes.empty()) dialog.lost("gone");
    pump();
  }
  run.state = dialog.state();
  run.ending = dialog.ending();
  return run;
}

std::string told(const Run& run) {
  const char* kNames[] = {"accepted", "deferred", "refused", "unsendable", "lost"};
  std::string out;
  for (const Outcome& each : run.outcomes)
    out += std::string(kNames[static_cast<int>(each.fate)]) + " " + each.text + "; ";
  return out;
}

const std::string kFull = "250-mx\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000";

struct Row {
  const char* name;
  std::vector<std::string> replies;
  std::string said;  // behind EHLO
  std::string told;
  State state = State::ready;
  Message message = {};
  ClientOptions options = {};
};

const std::string kBody = "Subject: x\r\n\r\nbody\r\n.\r\n";
const std::string kMail = "MAIL FROM:<a@example.com> SIZE=20\r\n";

Message to(std::vector<std::string> recipients) {
  Message message;
  message.to = std::move(recipients);
  return message;
}

Message with_data(std::string data, std::string from = "a@example.com") {
  Message message;
  message.data = std::move(data);
  message.from = std::move(from);
  return message;
}

ClientOptions lmtp() {
  ClientOptions options;
  options.lmtp = true;
  return options;
}

ClientOptions told_client(const char* address, const char* helo) {
  ClientOptions options;
  options.client = *IpAddress::parse(address);
  options.client_helo = helo;
  return options;
}

std::vector<Row> rows() {
  const std::string pipelined = kMail + "RCPT TO:<b@example.org>\r\nDATA\r\n";
  const std::string three = kMail + "RCPT TO:<b@x.org>\r\nRCPT TO:<c@x.org>\r\nRCPT TO:<d@x.org>\r\nDATA\r\n";
  const std::string xclient = "250-mx\r\n250 XCLIENT NAME ADDR HELO";
  // clang-format off
  return {
      {"all goes well", {"220 hi", kFull, "250 s", "250 r", "354 go", "250 2.0.0 stored"}, pipelined + kBody, "accepted 250 2.0.0 stored; "},
      {"a greeting of two lines", {"220-hi\r\n220 there", kFull, "250 s", "250 r", "354 go", "250 ok"}, pipelined + kBody, "accepted 250 ok; "},
      {"without PIPELINING, one after the other",
       {"220 hi", "250 mx", "250 s", "250 r", "354 go", "250 ok"},
       "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n" + kBody,
       "accepted 250 ok; "},
      {"and nothing behind a refusal", {"220 hi", "250 mx", "450 later"}, "MAIL FROM:<a@example.com>\r\n", "deferred 450 later; "},
      {"all recipients refused, one after the other: no DATA",
       {"220 hi", "250 mx", "250 s", "550 no", "250 reset"},
       "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nRSET\r\n",
       "refused 550 no; "},
      {"MAIL refused, pipelined", {"220 hi", kFull, "550 5.7.1 no", "503 r", "503 d"}, pipelined, "refused 550 5.7.1 no; "},
      {"all recipients refused, pipelined", {"220 hi", kFull, "250 s", "550 no", "554 none", "250 reset"}, pipelined + "RSET\r\n", "refused 550 no; "},
      {"DATA answered 354 without a recipient: hang up", {"220 hi", kFull, "250 s", "452 no", "354 go"}, pipelined, "deferred 452 no; ", State::ended},
      {"DATA refused", {"220 hi", kFull, "250 s", "250 r", "451 not now", "250 reset"}, pipelined + "RSET\r\n", "deferred 451 not now; "},
      {"DATA with a reply that makes no sense", {"220 hi", kFull, "250 s", "250 r", "250 what", "250 reset"}, pipelined + "RSET\r\n", "lost 250 what; "},
      {"the message refused", {"220 hi", kFull, "250 s", "250 r", "354 go", "552 large"}, pipelined + kBody, "refused 552 large; "},
      {"some recipients",
       {"220 hi", kFull, "250 s", "550 b", "250 c", "452 d", "354 go", "250 ok"},
       three + kBody,
       "refused 550 b; accepted 250 ok; deferred 452 d; ",
       State::ready,
       to({"b@x.org", "c@x.org", "d@x.org"})},
      {"421 to a recipient",
       {"220 hi", kFull, "250 s", "550 b", "421 bye"},
       three,
       "refused 550 b; deferred 421 bye; deferred 421 bye; ",
       State::ended,
       to({"b@x.org", "c@x.org", "d@x.org"})},
      {"421 to the final dot", {"220 hi", kFull, "250 s", "250 r", "354 go", "421 bye"}, pipelined + kBody, "deferred 421 bye; ", State::ended},
      {"closed in the envelope", {"220 hi", kFull, "250 s", "<close>"}, pipelined, "lost gone; ", State::ended},
      {"closed behind the dot", {"220 hi", kFull, "250 s", "250 r", "354 go", "<close>"}, pipelined + kBody, "lost gone behind the final dot: it may have been stored; ", State::ended},
      {"rubbish for a reply", {"220 hi", kFull, "HTTP/1.1 400"}, pipelined, "lost no SMTP reply: HTTP/1.1 400; ", State::ended},
      {"two codes in a reply", {"220 hi", kFull, "250-a\r\n251 b"}, pipelined, "lost a reply of two codes; ", State::ended},
      {"RSET refused", {"220 hi", "250 mx", "250 s", "550 no", "500 what"}, "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nRSET\r\n", "refused 550 no; ", State::ended},
      {"said without being asked, then", {"220 hi", kFull, "250 s", "250 r", "354 go", "250 ok", "421 idle"}, pipelined + kBody, "accepted 250 ok; ", State::ended},
      {"HELO where EHLO is unknown",
       {"220 hi", "500-PIPELINING\r\n500-8BITMIME\r\n500 what", "250-mx\r\n250 PIPELINING", "250 s", "250 r", "354 go", "250 ok"},
       "HELO me.test\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n" + kBody,
       "accepted 250 ok; "},
      {"a refused EHLO offers nothing",
       {"220 hi", "500-what\r\n500 8BITMIME", "250 mx"},
       "HELO me.test\r\n",
       "unsendable the server does not offer 8BITMIME; ",
       State::ready,
       with_data("A: \xff\r\n")},
      {"8BITMIME",
       {"220 hi", kFull, "250 s", "250 r", "354 go", "250 ok"},
       "MAIL FROM:<> SIZE=12 BODY=8BITMIME\r\nRCPT TO:<b@example.org>\r\nDATA\r\nA: \xc3\xbc\r\n\r\nx\r\n.\r\n",
       "accepted 250 ok; ",
       State::ready,
       with_data("A: \xc3\xbc\r\n\r\nx", "")},
      {"8 bits that are not offered", {"220 hi", "250 mx"}, "", "unsendable the server does not offer 8BITMIME; ", State::ready, with_data("A: \xff\r\n")},
      {"SMTPUTF8",
       {"220 hi", kFull, "250 s", "250 r", "354 go", "250 ok"},
       "MAIL FROM:<\xc3\xbc@example.com> SIZE=0 SMTPUTF8\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r\n",
       "accepted 250 ok; ",
       State::ready,
       with_data("", "\xc3\xbc@example.com")},
      {"SMTPUTF8 that is not offered", {"220 hi", "250 mx"}, "", "unsendable the server does not offer SMTPUTF8; ", State::ready, with_data("", "\xc3\xbc@example.com")},
      {"a sender that is a command",
       {"220 hi", kFull},
       "",
       "unsendable sender 'a@b.org>\r\nRCPT TO:<c@d.org': something behind the address; ",
       State::ready,
       with_data("", "a@b.org>\r\nRCPT TO:<c@d.org")},
      {"a recipient that is none",
       {"220 hi", kFull, "250 s", "250 c", "354 go", "250 ok"},
       kMail + "RCPT TO:<c@x.org>\r\nDATA\r\n" + kBody,
       "unsendable recipient 'no': address has no domain; accepted 250 ok; ",
       State::ready,
       to({"no", "c@x.org"})},
      {"LMTP: a reply for each",
       {"220 hi", kFull, "250 s", "250 b", "550 c", "250 d", "354 go", "250 for b", "452 for d"},
       three + kBody,
       "accepted 250 for b; refused 550 c; deferred 452 for d; ",
       State::ready,
       to({"b@x.org", "c@x.org", "d@x.org"}),
       lmtp()},
      {"LMTP: closed between them",
       {"220 hi", kFull, "250 s", "250 b", "250 c", "250 d", "354 go", "250 for b", "<close>"},
       three + kBody,
       "accepted 250 for b; lost gone behind the final dot: it may have been stored; lost gone behind the final dot: "
       "it may have been stored; ",
       State::ended,
       to({"b@x.org", "c@x.org", "d@x.org"}),
       lmtp()},
      {"XCLIENT, IPv4",
       {"220 hi", xclient, "220 again", "250 mx", "250 s"},
       "XCLIENT ADDR=192.0.2.1 HELO=old+2B.example\r\nEHLO old+.example\r\nMAIL FROM:<a@example.com>\r\nRCPT "
       "TO:<b@example.org>\r\n",
       "",
       State::busy,
       {},
       told_client("192.0.2.1", "old+.example")},
      {"XCLIENT, IPv6, and HELO not known",
       {"220 hi", xclient, "220 again", "250 mx"},
       "XCLIENT ADDR=IPV6:2001:db8::1\r\nEHLO me.test\r\nMAIL FROM:<a@example.com>\r\n",
       "",
       State::busy,
       {},
       told_client("2001:db8::1", "")},
  };
  // clang-format on
}

}  // namespace

TEST_CASE("whatever a server says, and however it is split, each recipient has one outcome") {
  for (const Row& row : rows()) {
    for (std::size_t piece : {1000u, 1u, 2u, 3u, 5u, 7u, 11u}) {
      INFO(row.name << ", in pieces of " << piece);
      const Run run = play(row.replies, row.message, row.options, piece);
      const std::string hello = std::string(row.options.lmtp ? "LHLO" : "EHLO") + " me.test\r\n";
      CHECK(run.said == hello + row.said);
      CHECK(told(run) == row.told);
      CHECK(run.state == row.state);
    }
  }
}

TEST_CASE("connections that come to nothing say why") {
  const struct {
    std::vector<std::string> replies;
    Fate fate;
    const char* text;
    ClientOptions options;
  } rows[] = {
      {{"421 full"}, Fate::deferred, "421 full", {}},
      {{"554 not you"}, Fate::refused, "554 not you", {}},
      {{"<close>"}, Fate::lost, "gone", {}},
      {{"220 hi", "421 bye"}, Fate::deferred, "421 bye", {}},
      {{"220 hi", "451 bye"}, Fate::deferred, "451 bye", {}},
      {{"220 hi", "500 no", "550 no"}, Fate::refused, "550 no", {}},
      {{"220 hi", "500 no"}, Fate::refused, "500 no", lmtp()},
      {{"220 hi", "250 mx"},
       Fate::unsendable,
       "the server does not offer XCLIENT ADDR to this client",
       told_client("::1", "")},
      {{"220 hi", "250-mx\r\n250 XCLIENT ADDR", "550 no"}, Fate::refused, "550 no", told_client("::1", "")},
      {{std::string(3000, 'x')}, Fate::lost, "a reply line that is too long", {}},
      {{"2\r\n"}, Fate::lost, "no SMTP reply: 2", {}},
      {{"199 x"}, Fate::lost, "no SMTP reply: 199 x", {}},
  };
  for (const auto& row : rows) {
    for (std::size_t piece : {1000u, 1u, 3u}) {
      const Run run = play(row.replies, {}, row.options, piece);
      CHECK(run.state == State::ended);
      CHECK(run.ending.fate == row.fate);
      CHECK(run.ending.text == row.text);
      CHECK(run.outcomes.empty());
    }
  }
}

TEST_CASE("a reply has so many lines and no more") {
  std::string lines;
  for (std::size_t i = 1; i < ClientDialog::kMaxReplyLines; ++i) lines += "250-x\r\n";
  CHECK(play({"220 hi", lines + "250 x"}, {}).state == State::busy);  // MAIL is said
  const Run run = play({"220 hi", lines + "250-x\r\n250 x"}, {});
  CHECK(run.state == State::ended);
  CHECK(run.ending.text == "a reply of too many lines");
}

TEST_CASE("the header of a balancer comes first") {
  ClientOptions options;
  options.preamble = "PROXY UNKNOWN\r\n";
  CHECK(play({"220 hi"}, {}, options).said == "PROXY UNKNOWN\r\nEHLO me.test\r\n");
}

TEST_CASE("what was stuffed is read as it was, whatever the pieces are") {
  std::string large;
  while (large.size() < 200'000) large += std::string(large.size() % 97, '.') + "\r\n.\r\n..x\r.\r\n";
  for (std::string data : {std::string(), std::string("."), std::string(".\r\n"), std::string("\r\n.\r\n"),
                           std::string("a\r\n.."), std::string("a\r"), large, std::string(65536, 'x') + "\r\n.",
                           std::string(65534, 'x') + "\r\n.y", std::string(65535, 'x') + "\r\n.y"}) {
    const Run run = play({"220 hi", kFull, "250 s", "250 r", "354 go", "250 ok"}, with_data(data));
    CHECK(told(run) == "accepted 250 ok; ");
    const std::string_view sent = std::string_view(run.said).substr(run.said.find("DATA\r\n") + 6);
    DataReader reader(true);
    std::size_t used = 0;
    std::string got;
    std::string_view rest = sent;
    auto status = DataReader::Status::more;
    while (!rest.empty() && status != DataReader::Status::done) {
      status = reader.read(rest, used, &got);
      rest.remove_prefix(used);
    }
    CHECK(status == DataReader::Status::done);
    CHECK(rest.empty());
    if (!data.empty() && (data.size() < 2 || data.substr(data.size() - 2) != "\r\n")) data += "\r\n";
    CHECK(got == data);
  }
}

TEST_CASE("an answer before the final dot ends the connection, and is no acceptance") {
  for (const auto& [reply, fate] : {std::pair("552 large\r\n", Fate::refused), std::pair("250 ok\r\n", Fate::lost),
                                    std::pair("421 x\r\n", Fate::deferred)}) {
    const Message message = with_data(std::string(200'000, 'x'));
    ClientDialog dialog({.lmtp = false, .helo = "me.test", .preamble = {}, .client = {}, .client_helo = {}});
    dialog.consume("220 hi\r\n250-mx\r\n250 PIPELINING\r\n");
    dialog.begin(message.view());
    drain(dialog);
    dialog.consume("250 s\r\n250 r\r\n354 go\r\n");
    CHECK(dialog.unsent() == 200'000);
    dialog.wrote(dialog.output().size());
    CHECK(dialog.unsent() < 200'000);
    CHECK_FALSE(dialog.take_outcomes());
    dialog.consume(reply);
    CHECK(dialog.state() == State::ended);
    const auto outcomes = dialog.take_outcomes();
    REQUIRE(outcomes);
    CHECK(outcomes->front().fate == fate);
    CHECK_FALSE(dialog.take_outcomes());
  }
}

TEST_CASE("one message after the other, and QUIT") {
  ClientDialog dialog({.lmtp = false, .helo = "me.test", .preamble = {}, .client = {}, .client_helo = {}});
  dialog.consume("220 hi\r\n250 mx\r\n");
  const Message first = to({"b@x.org", "c@x.org"}), second;
  dialog.begin(first.view());
  dialog.consume("250 s\r\n250 b\r\n250 c\r\n354 go\r\n");
  drain(dialog);
  dialog.consume("250 ok\r\n");
  CHECK(dialog.take_outcomes()->size() == 2);
  REQUIRE(dialog.state() == State::ready);
  dialog.begin(second.view());
  dialog.consume("250 s\r\n550 b\r\n250 reset\r\n");
  CHECK(dialog.take_outcomes()->size() == 1);
  REQUIRE(dialog.state() == State::ready);
  dialog.quit();
  CHECK(dialog.state() == State::busy);
  dialog.consume("221 bye\r\n");
  CHECK(dialog.state() == State::ended);
  CHECK(dialog.ending().fate == Fate::accepted);
}
