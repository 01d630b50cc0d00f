/// packed_summary_test: summaries as bytes, and bytes that are none.
#include "store/packed_summary.h"

#include <catch2/catch.hpp>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("packed summary: every cut and every longer row is refused, and none is read past its end") {
  const Summary s = summary(from_millis(1'700'000'000'000), "subject");
  const std::string bytes = pack(s, "bob@example.test", GENERATE(false, true));
  const auto whole = unpack(s.id.text(), bytes);
  REQUIRE(whole);
  CHECK(whole->to == "bob@example.test");
  CHECK(whole->subject == s.subject);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto cut = unpack(s.id.text(), std::string(bytes, 0, n));
    REQUIRE(!cut);
    CHECK(cut.error().code == Code::corrupt);
  }
  CHECK(!unpack(s.id.text(), bytes + "x"));
  std::string other = bytes;
  other[0] = 4;
  CHECK(!unpack(s.id.text(), other));
}

TEST_CASE("packed summary: in the clear it is as it was before there was TLS") {
  Summary s = summary(from_millis(1'700'000'000'000), "subject");
  s.tls.clear();
  const std::string bytes = pack(s, "bob@example.test", false);
  CHECK(bytes.front() == 1);
  const auto back = unpack(s.id.text(), bytes);
  REQUIRE(back);
  CHECK(back->tls.empty());
  CHECK(back->peer == s.peer);
}

TEST_CASE("packed summary: a length beyond the row, and numbers without end") {
  for (const std::string& bytes : {std::string("\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 13),
                                   std::string("\x01") + std::string(40, '\xff'), std::string(100, '\x80')}) {
    CHECK(!unpack("id", bytes));
  }
}

TEST_CASE("packed summary: numbers at their ends") {
  for (const std::int64_t millis : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{127}, INT64_MAX}) {
    Summary s = summary(from_millis(0), "");
    s.received = from_millis(millis);
    s.date = from_millis(millis);
    s.size = UINT64_MAX;
    const std::string bytes = pack(s, "", GENERATE(false, true));
    const auto back = unpack(s.id.text(), bytes);
    REQUIRE(back);
    CHECK(back->received == s.received);
    CHECK(back->date == s.date);
    CHECK(back->size == s.size);
  }
}

TEST_CASE("packed summary: texts shrink, where there is something to be gained, and come back whole") {
  Summary s = summary(from_millis(1'700'000'000'000), "Your verification code is 123456");
  const auto same = [&](const std::string& bytes) {
    const auto back = unpack(s.id.text(), bytes);
    REQUIRE(back);
    CHECK(back->from == s.from);
    CHECK(back->header_from == s.header_from);
    CHECK(back->subject == s.subject);
    CHECK(back->helo == s.helo);
    CHECK(back->peer == s.peer);
    CHECK(back->tls == s.tls);
  };
  const std::string plain = pack(s, "bob@example.test", false), small = pack(s, "bob@example.test", true);
  CHECK(small.front() == 3);
  CHECK(small.size() < plain.size());
  same(plain);
  same(small);
  s.tls.clear();
  same(pack(s, "bob@example.test", true));
  s.subject.assign(100, '\0');
  fill_with_noise(s.subject, 0);
  s.from = s.header_from = s.helo = s.peer = "";
  CHECK(pack(s, "", true) == pack(s, "", false));
}

TEST_CASE("packed summary: compressed texts that lie about their length") {
  const Summary s = summary(from_millis(0), std::string(300, 'x'));
  const std::string bytes = pack(s, "bob@example.test", true);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 1, 6, 7}) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      const auto read = unpack(s.id.text(), other);  // whatever it is, within bounds
      if (read) CHECK(read->subject.size() <= 4096);
    }
  }
}
