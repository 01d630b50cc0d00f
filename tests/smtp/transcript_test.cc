/// transcript_test.cc: what is kept of a dialog, and how much.
#include "smtp/transcript.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using maildrop::smtp::Transcript;
using namespace std::string_literals;

TEST_CASE("a transcript has both sides, line by line, and of a long reply the first") {
  Transcript transcript(4096);
  transcript.begin("abc", 1);
  transcript.server("220 mx.example ESMTP maildrop\r\n");
  transcript.client("EHLO client", true);
  transcript.server("250-mx.example\r\n250-PIPELINING\r\n250 HELP\r\n250 2.1.0 sender ok\r\n");
  transcript.client("DATA", true);
  transcript.content(2134);
  CHECK(transcript.text() ==
        "session abc, message 1\nS: 220 mx.example ESMTP maildrop\nC: EHLO client\nS: 250-mx.example\n"
        "S: 250 2.1.0 sender ok\nC: DATA\nC: (2134 bytes)\n");
  transcript.begin("abc", 2);
  CHECK(transcript.text() == "session abc, message 2\n");
}

TEST_CASE("no line of a client can look like another one") {
  Transcript transcript(4096);
  transcript.begin("abc", 1);
  transcript.client("HELO a\nS: 250 b\r\x1b[2J\x7f\x00z"s.substr(0, 24), true);
  CHECK(transcript.text() == "session abc, message 1\nC: HELO a\\x0aS: 250 b\\x0d\\x1b[2J\\x7f\\x00z\n");
  transcript.begin("abc", 1);
  transcript.client("HELO \xc3\xa4\xff", true);  // what shows it decides about 8-bit characters
  CHECK(transcript.text() == "session abc, message 1\nC: HELO \xc3\xa4\xff\n");
}

TEST_CASE("passwords are not kept") {
  Transcript transcript(4096);
  const auto kept = [&](const char* line) {
    transcript.begin("", 1);
    transcript.client(line, false);
    return transcript.text().substr(transcript.text().find('\n') + 1);
  };
  CHECK(kept("AUTH PLAIN AGpvZQBzZWNyZXQ=") == "C: AUTH PLAIN\n");
  CHECK(kept("auth   login c2VjcmV0 more") == "C: auth   login\n");
  CHECK(kept("AUTH PLAIN") == "C: AUTH PLAIN\n");
  CHECK(kept("AUTH ") == "C: AUTH \n");
  CHECK(kept("AUTH") == "C: AUTH\n");
  CHECK(kept("AUTH PLAIN\tc2VjcmV0") == "C: AUTH PLAIN\n");
  CHECK(kept("AUTH\tPLAIN\tc2VjcmV0") == "C: AUTH\\x09PLAIN\n");
  CHECK(kept("  AUTH PLAIN c2VjcmV0") == "C:   AUTH PLAIN\n");
  // Name and password of an AUTH LOGIN that was refused, sent all the same.
  CHECK(kept("am9l") == "C: (4 bytes)\n");
  transcript.client("EHLO a", true);
  CHECK(transcript.text().find("C: EHLO a\n") != std::string::npos);
  Transcript other(4096);
  other.begin("", 1);
  other.client("AUTHOR a b c", false);
  CHECK(other.text() == "session , message 1\nC: AUTHOR a b c\n");
}

TEST_CASE("a transcript is cut between lines, and never longer than its limit") {
  for (std::size_t limit = 0; limit < 200; ++limit) {
    Transcript transcript(limit);
    transcript.begin("abc", 1);
    for (int i = 0; i < 10; ++i) transcript.client(std::string(i, '\x01'), true);
    transcript.server("250 2.0.0 ok\r\n");
    const std::string& text = transcript.text();
    INFO(limit << " " << text);
    CHECK(text.size() <= limit);
    CHECK((text.empty() || text.back() == '\n'));
    const bool whole = text.find("S: ") != std::string::npos;
    const bool cut = text.size() >= 4 && text.substr(text.size() - 4) == "...\n";
    CHECK((whole != cut || limit < 4));
    CHECK(text.capacity() <= std::max<std::size_t>(limit, 30));  // the least that a string grows to
  }
}
