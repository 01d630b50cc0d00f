/// packed_summary_test: summaries as bytes, and bytes that are none.
#include "store/packed_summary.h"

#include <catch2/catch.hpp>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("packed summary: every cut and every longer row is refused, and none is read past its end") {
  const Summary s = summary(from_millis(1'700'000'000'000), "subject");
  std::string bytes;
  pack(s, "bob@example.test", bytes);
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
  other[0] = 3;
  CHECK(!unpack(s.id.text(), other));
}

TEST_CASE("packed summary: in the clear it is as it was before there was TLS") {
  Summary s = summary(from_millis(1'700'000'000'000), "subject");
  s.tls.clear();
  std::string bytes;
  pack(s, "bob@example.test", bytes);
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
    std::string bytes;
    pack(s, "", bytes);
    const auto back = unpack(s.id.text(), bytes);
    REQUIRE(back);
    CHECK(back->received == s.received);
    CHECK(back->date == s.date);
    CHECK(back->size == s.size);
  }
}
