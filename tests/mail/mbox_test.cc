/// mbox_test.cc: mboxes of every kind, split at every point; what is written is read again as it was.
#include "mail/mbox.h"

#include <catch2/catch.hpp>
#include <random>

#include "mail/line_ends.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxSize = 10'000;
const Time kDate = from_millis(1'700'000'000'000);  // Tue, 14 Nov 2023 22:13:20 +0000
const FromLine kBob{"bob@example.org", kDate};

/// Data or `! what`, one each.
std::vector<std::string> split_up(const std::vector<std::string>& pieces, std::size_t max_size = kMaxSize,
                                  MboxDivision division = MboxDivision::quotes) {
  MboxSplitter splitter(max_size, division);
  std::vector<std::string> out;
  const auto take = [&] {
    while (auto next = splitter.next()) {
      out.push_back(*next ? (*next)->data : "! " + next->error().what);
      REQUIRE(splitter.count() == out.size());
    }
  };
  for (const std::string& piece : pieces) {
    splitter.feed(piece);
    take();
  }
  splitter.finish();
  take();
  return out;
}

std::vector<std::string> bytes_of(const std::string& text) {
  std::vector<std::string> pieces;
  for (const char c : text) pieces.emplace_back(1, c);
  return pieces;
}

/// In one piece; the same must come out by bytes and at each split.
std::vector<std::string> messages_of(const std::string& mbox, std::size_t max_size = kMaxSize,
                                     MboxDivision division = MboxDivision::quotes) {
  const auto whole = split_up({mbox}, max_size, division);
  CHECK(split_up(bytes_of(mbox), max_size, division) == whole);
  std::size_t different = 0;
  for (std::size_t at = 0; at <= mbox.size(); ++at)
    different += split_up({mbox.substr(0, at), mbox.substr(at)}, max_size, division) != whole;
  CHECK(different == 0);
  return whole;
}

using Messages = std::vector<std::string>;

const std::string kFrom = "From bob@example.org Tue Nov 14 22:13:20 2023\n";

TEST_CASE("mbox: From_ lines and what only looks like one") {
  struct Row {
    std::string line;
    std::optional<std::string> sender;
    std::int64_t seconds;
  };
  const std::int64_t date = 1'700'000'000;
  const std::vector<Row> rows = {
      {"From bob@example.org Tue Nov 14 22:13:20 2023", "bob@example.org", date},
      {"From bob@example.org  Tue Nov 14 22:13:20 2023 ", "bob@example.org", date},
      {"From bob@example.org\tTue Nov 14 22:13 2023", "bob@example.org", date - 20},
      {"From bob@example.org Tue Nov 14 23:13:20 2023 +0100", "bob@example.org", date},
      {"From bob@example.org Tue Nov 14 17:13:20 EST 2023", "bob@example.org", date},
      {"From bob@example.org Tue Nov 14 22:13:20 MET DST 2023", "bob@example.org", date},
      {"From bob@example.org Tue Nov 14 23:13:20 +0100 2023", "bob@example.org", date},
      {"From bob@example.org Tue Nov 14 22:13:20 2023 remote from here", "bob@example.org", date},
      {"From bob@example.org Tue, 14 Nov 2023 23:13:20 +0100", "bob@example.org", date},
      {"From <bob@example.org> Sat Nov  4 22:13:20 2023", "bob@example.org", date - 864'000},
      {"From MAILER-DAEMON Tue Nov 14 22:13:20 2023", "", date},
      {"From <> Tue Nov 14 22:13:20 2023", "", date},
      {"From - Tue Nov 14 22:13:20 2023", std::nullopt, date},
      {"From ???@??? Tue Nov 14 22:13:20 2023", std::nullopt, date},
      {"From \"Mon day\"@example.org Tue Nov 14 22:13:20 2023", "\"Mon day\"@example.org", date},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const auto parsed = parse_from_line(row.line);
    REQUIRE(parsed);
    CHECK(parsed->sender == row.sender);
    CHECK(to_millis(parsed->date) == row.seconds * 1000);
  }
  for (const char* const line :
       {"", "From", "From ", "From here on", "From bob@example.org", "From: bob Tue Nov 14 22:13:20 2023",
        " From bob Tue Nov 14 22:13:20 2023", ">From bob Tue Nov 14 22:13:20 2023", "from bob Tue Nov 14 22:13:20 2023",
        "From Tue Nov 14 22:13:20 2023", "From bob Tue Nov 14 2023", "From here on Tue it was Nov 14",
        "From bob Tue Nov 31 22:13:20 2023", "From bob Tue Nov 14 25:13:20 2023", "From bob Tuesday, 22:13:20 2023",
        "From bob Tue November 14 22:13:20 2023"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_from_line(line));
  }
  CHECK_FALSE(parse_from_line("From " + std::string(1000, 'x') + " Tue Nov 14 22:13:20 2023"));
}

TEST_CASE("mbox: what is written") {
  CHECK(mboxrd("A: b\r\n\r\nbody\r\n", kBob) == kFrom + "A: b\n\nbody\n\n");
  CHECK(mboxrd("", kBob) == kFrom + "\n");
  CHECK(mboxrd("no end", kBob) == kFrom + "no end\n\n");
  CHECK(mboxrd("From a\r\n>From b\r\n>>From c\r\n> From d\r\nFromage\r\n From e\r\n", kBob) ==
        kFrom + ">From a\n>>From b\n>>>From c\n> From d\nFromage\n From e\n\n");
  CHECK(mboxrd("a\rb\r\r\nc\r", kBob) == kFrom + "a\rb\r\nc\r\n\n");
  CHECK(mboxrd("a\nFrom b\n", kBob) == kFrom + "a\n>From b\n\n");
  const Time fourth = kDate - std::chrono::hours(240);
  CHECK(mboxrd("", {"", fourth}) == "From MAILER-DAEMON Sat Nov  4 22:13:20 2023\n\n");
  CHECK(mboxrd("", {std::nullopt, fourth}) == "From - Sat Nov  4 22:13:20 2023\n\n");
  CHECK(mboxrd("", {"a b\r\nFrom\tc\x7F@\xC3\xA9", fourth}) ==
        "From a?b??From?c?@\xC3\xA9 Sat Nov  4 22:13:20 2023\n\n");
  const std::string longest = mboxrd("", {std::string(5000, 'x'), fourth});
  CHECK(parse_from_line(longest.substr(0, longest.find('\n'))));
}

TEST_CASE("mbox: divided at From_ lines behind empty lines only, unquoted") {
  const std::string a = "S: a\n\nbody\n", b = "S: b\n\n\n", crlf_a = to_crlf(a);
  CHECK(messages_of("") == Messages{});
  CHECK(messages_of("\n\n") == Messages{});
  CHECK(messages_of(kFrom) == Messages{""});
  CHECK(messages_of(kFrom + a) == Messages{crlf_a});
  CHECK(messages_of(kFrom + a + "\n") == Messages{crlf_a});
  CHECK(messages_of("\n" + kFrom + a + "\n" + kFrom + b + "\n") == Messages{crlf_a, to_crlf(b)});
  CHECK(messages_of(kFrom + a + "\n" + kFrom + "\n" + kFrom + a) == Messages{crlf_a, "", crlf_a});
  CHECK(messages_of(kFrom + "S: a\n" + kFrom + "\nbody\n") == Messages{"S: a\r\n" + to_crlf(kFrom) + "\r\nbody\r\n"});
  CHECK(messages_of(kFrom + "S: a\n\nFrom here on\n") == Messages{"S: a\r\n\r\nFrom here on\r\n"});
  CHECK(messages_of(kFrom + "S: a\n\n>From b\n>>From c\n>From\n> From\n") ==
        Messages{"S: a\r\n\r\nFrom b\r\n>From c\r\n>From\r\n> From\r\n"});
  CHECK(messages_of(kFrom + "S: a\n\nno end") == Messages{"S: a\r\n\r\nno end"});
}

TEST_CASE("mbox: what stands before the first From_ line is an error of its own") {
  CHECK(messages_of("S: a\n\n" + kFrom + "S: b\n") == Messages{"! stands before the first From_ line", "S: b\r\n"});
  CHECK(messages_of("From here on\n") == Messages{"! stands before the first From_ line"});
}

TEST_CASE("mbox: line ends") {
  CHECK(messages_of(to_crlf(kFrom + "S: a\n\nb\n\n" + kFrom + "S: b\n\n")) ==
        Messages{"S: a\r\n\r\nb\r\n", "S: b\r\n"});
  CHECK(messages_of(kFrom + "S: a\r\n\r\nb\r\n\n" + kFrom + "S: b\n") == Messages{"S: a\r\n\r\nb\r\n", "S: b\r\n"});
  CHECK(messages_of(to_crlf(kFrom) + "S: a\n\nb\n") == Messages{"S: a\r\n\r\nb\r\n"});
  CHECK(messages_of(kFrom + "S: a\n\nx\ry\r\n\r\n") == Messages{"S: a\r\n\r\nx\ry\r\r\n"});
}

TEST_CASE("mbox: a message that is too large is an error, and the next one is read") {
  const std::string large = kFrom + "S: large\n\n" + std::string(200, 'x') + "\n\n";
  const std::string lines = kFrom + "S: lines\n\n" + std::string(150, '\n') + "\n";
  const std::string small = kFrom + "S: small\n\n" + std::string(80, 'x') + "\n\n";
  const std::string data = to_crlf("S: small\n\n" + std::string(80, 'x') + "\n");
  const std::string error = "! is larger than 100";
  CHECK(messages_of(large + small + lines + small, 100) == Messages{error, data, error, data});
  CHECK(messages_of(small + large, 100) == Messages{data, error});
  CHECK(messages_of(kFrom + std::string(3000, 'x') + kFrom + "\n" + small, 100) == Messages{error, data});
  const std::string long_line(3000, 'x');  // it is dropped before its end is seen
  CHECK(messages_of(kFrom + "\n" + long_line + kFrom + "\n" + small, 100) == Messages{error, data});
  CHECK(messages_of(kFrom + "\n" + long_line + "\n" + kFrom + "\n" + small, 100) == Messages{error, data});
  CHECK(messages_of(long_line + "\n\n" + small, 100) == Messages{"! stands before the first From_ line", data});
  for (std::size_t size : {95u, 96u, 97u, 98u, 99u, 100u, 101u, 102u, 103u, 104u}) {
    const std::string body(size - 1, 'x');
    CHECK(messages_of(to_crlf(kFrom) + body + "\n\n" + small, 100).front() == (size + 1 > 100 ? error : body + "\r\n"));
  }
}

TEST_CASE("mbox: memory is bounded whatever is fed") {
  MboxSplitter splitter(1000);
  const std::string piece(4096, 'x');
  splitter.feed(kFrom + "S: a\n\n");
  for (int i = 0; i < 10'000; ++i) {  // 40 MB
    splitter.feed(piece);
    REQUIRE_FALSE(splitter.next());
    if (i % 3 == 0) splitter.feed("\n");
    REQUIRE(splitter.held() <= 1000 + 3 * piece.size());
  }
  splitter.feed("\n\n" + kFrom + "S: b\n");
  splitter.finish();
  CHECK_FALSE(splitter.next().value());
  CHECK(splitter.next().value()->data == "S: b\r\n");
  CHECK_FALSE(splitter.next());
}

std::string with_length(std::size_t length) { return kFrom + "Content-Length: " + std::to_string(length) + "\n\n"; }

/// What comes of that.
std::string read(std::size_t length, const std::string& body) {
  return "Content-Length: " + std::to_string(length) + "\r\n\r\n" + to_crlf(body);
}

TEST_CASE("mbox: in an mboxcl2 a Content-Length counts where it leads on") {
  const auto by_length = [](const std::string& mbox) { return messages_of(mbox, kMaxSize, MboxDivision::lengths); };
  const std::string inner = "a\n\n" + kFrom + "b\n";  // what would be divided
  const std::size_t size = inner.size();
  const std::string next = kFrom + "S: c\n\n";
  const std::string c = "S: c\r\n";
  // To a From_ line or to the end, with and without the empty line, with the last line end counted or not.
  CHECK(by_length(with_length(size) + inner + "\n" + next) == Messages{read(size, inner), c});
  CHECK(by_length(with_length(size) + inner + next) == Messages{read(size, inner), c});
  CHECK(by_length(with_length(size) + inner + "\n") == Messages{read(size, inner)});
  CHECK(by_length(with_length(size) + inner) == Messages{read(size, inner)});
  const std::string open = inner.substr(0, size - 1);
  CHECK(by_length(with_length(size - 1) + open + "\n\n" + next) == Messages{read(size - 1, open), c});
  // Nothing is quoted.
  CHECK(by_length(with_length(8) + ">From a\n" + "\n" + next) == Messages{read(8, ">From a\n"), c});
  // It leads nowhere.
  for (const std::size_t wrong : {std::size_t{0}, size - 2, size + 2, size + 5, kMaxSize, kMaxSize * 100}) {
    CAPTURE(wrong);
    const auto found = by_length(with_length(wrong) + inner + "\n" + next);
    CHECK(found == Messages{read(wrong, "a\n"), "b\r\n", c});
  }
  CHECK(by_length(kFrom + "Content-Length: 2\nContent-Length: " + std::to_string(size) + "\n\n" + inner).size() == 2);
  CHECK(by_length(kFrom + "Content-Length: -1\n\n" + inner).size() == 2);
  CHECK(by_length(with_length(1) + "x" + kFrom + "\n" + next) == Messages{read(1, "x" + kFrom), c});
  // Each message for itself.
  CHECK(by_length(next + with_length(size) + inner + "\n" + next) == Messages{c, read(size, inner), c});
}

TEST_CASE("mbox: no Content-Length of a sender hides the next message in his own") {
  const std::string secret = mboxrd("S: your new password\r\n\r\nx\r\n", kBob);
  const std::string last = mboxrd("S: c\r\n\r\nc\r\n", kBob);
  const std::string body = "b\r\n";
  // To the end of the secret, to the last From_ line, and to the end of all.
  for (const std::size_t length : {secret.size() + 3, secret.size() + 2, secret.size() + last.size() + 3}) {
    CAPTURE(length);
    const std::string hiding = "Content-Length: " + std::to_string(length) + "\r\n\r\n" + body;
    CHECK(messages_of(mboxrd(hiding, kBob) + secret + last) ==
          Messages{hiding, "S: your new password\r\n\r\nx\r\n", "S: c\r\n\r\nc\r\n"});
  }
  // A quoted line is unquoted, whatever a length says.
  CHECK(messages_of(with_length(8) + ">From a\n" + "\n" + last).front() == read(8, "From a\n"));
}

std::string random_message(std::mt19937& random) {
  static const std::vector<std::string> kWords = {"From ",
                                                  ">",
                                                  "From bob@example.org Tue Nov 14 22:13:20 2023",
                                                  "\r\n",
                                                  "\r\n\r\n",
                                                  "\r",
                                                  "\n",
                                                  "x",
                                                  "From",
                                                  " ",
                                                  ".",
                                                  std::string(1, '\0'),
                                                  "\xE9",
                                                  "Content-Length: 10",
                                                  "Content-Length: 57\r\n\r\n",
                                                  "\r\r\n"};
  std::string text = "Subject: x\r\n";
  for (auto left = random() % 30; left > 0; --left) text += kWords[random() % kWords.size()];
  return to_crlf(text) + "\r\n";
}

TEST_CASE("mbox: what is written is read again as it was") {
  std::mt19937 random(20231114);
  for (int i = 0; i < 300; ++i) {
    Messages messages;
    std::string mbox;
    for (auto left = random() % 4; left > 0; --left) {
      messages.push_back(random_message(random));
      mbox += mboxrd(messages.back(), kBob);
    }
    CAPTURE(i, mbox);
    REQUIRE(split_up({mbox}) == messages);
    REQUIRE(split_up(bytes_of(mbox)) == messages);
    for (std::size_t at = 0; at <= mbox.size(); ++at)
      if (split_up({mbox.substr(0, at), mbox.substr(at)}) != messages) FAIL("split at " << at);
  }
}

}  // namespace
}  // namespace maildrop::mail
