/// packed_summary_test: summaries as bytes, and bytes that are none.
#include "store/packed_summary.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "store/kit.h"
#include "store/old_formats.h"
#include "store/packed_parts.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("packed summary: every cut and every longer row is refused, and none is read past its end") {
  Summary s = summary(from_millis(1'700'000'000'000), "subject");
  s.mark = Mark::tag;
  s.score = 4.5f;
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
  for (const char format : {0, 6, 127}) {
    other[0] = format;
    CHECK(!unpack(s.id.text(), other));
  }
}

TEST_CASE("packed summary: those of an older maildrop are read") {
  Summary s = summary(from_millis(1'700'000'000'000), "Your verification code is 123456");
  if (GENERATE(false, true)) s.date.reset();
  const bool tls = GENERATE(false, true), compressed = GENERATE(false, true);
  if (!tls) s.tls.clear();
  const std::string old = old_summary(s, s.to, compressed);
  CHECK(old.front() == (compressed ? 3 : tls ? 2 : 1));
  const auto read = unpack(s.id.text(), old);
  REQUIRE(read);
  CHECK(read->date == s.date);
  CHECK(read->received == s.received);
  CHECK(read->size == s.size);
  for (const auto text : {&Summary::from, &Summary::to, &Summary::header_from, &Summary::subject, &Summary::helo,
                          &Summary::peer, &Summary::tls})
    CHECK((*read).*text == s.*text);
  CHECK(read->mark == Mark::none);
  CHECK_FALSE(read->score);
  if (!compressed) CHECK(!unpack(s.id.text(), old + "x"));
}

TEST_CASE("packed summary: what nobody judged takes no more than it did, but for a tag with TLS") {
  Summary s = summary(from_millis(1'700'000'000'000), "subject");
  const std::size_t with_tls = pack(s, "", false).size();
  const std::size_t tls = s.tls.size() + 2;
  s.tls.clear();
  const std::size_t plain = pack(s, "", false).size();
  const std::size_t texts = s.from.size() + s.header_from.size() + s.subject.size() + s.helo.size() + s.peer.size() + 6;
  CHECK(plain == 1 + 6 + 1 + 1 + 6 + texts);
  CHECK(with_tls == plain + tls);
  s.mark = Mark::tag;
  CHECK(pack(s, "", false).size() == plain + 3);
  s.score = 1.0f;
  CHECK(pack(s, "", false).size() == plain + 3 + 6);
}

TEST_CASE("packed summary: its head is legible to the scripts of Redis, whatever is behind") {
  Summary s = summary(from_millis(0), "subject");
  s.size = 5;
  s.mark = Mark::quarantine;
  s.score = 9.0f;
  for (const bool compressed : {false, true}) {
    const std::string bytes = pack(s, "bob@example.test", compressed);
    PackedReader reader{bytes};
    CHECK(reader.number() == (compressed ? 5 : 4));
    CHECK(reader.number() == 0);
    CHECK(reader.number() == 5);
  }
}

TEST_CASE("packed summary: marks and scores come back, parts that are not known are passed over") {
  Summary s = summary(from_millis(0), "subject");
  s.tls.clear();
  for (const Mark mark : {Mark::none, Mark::tag, Mark::quarantine}) {
    for (const std::optional<float> score : {std::optional<float>(), {0.0f}, {-1.1f}, {3.4e38f}, {1e-40f}}) {
      s.mark = mark;
      s.score = score;
      const auto read = unpack("id", pack(s, "", GENERATE(false, true)));
      REQUIRE(read);
      CHECK(read->mark == mark);
      CHECK(read->score == score);
    }
  }
  for (const float none : {HUGE_VALF, -HUGE_VALF, NAN}) {
    s.score = none;
    CHECK_FALSE(unpack("id", pack(s, "", false))->score);
  }
  s.mark = Mark::tag;
  s.score = 4.5f;
  std::string bytes = pack(s, "", false);
  put_part(99, "of a newer maildrop", bytes);
  bytes[1 + 1 + 1] = 2 * 3 + 1;  // one part more than the two, and a date
  const auto read = unpack("id", bytes);
  REQUIRE(read);
  CHECK(read->mark == Mark::tag);
  CHECK(read->score == 4.5f);
}

TEST_CASE("packed summary: parts that cannot be are damage") {
  Summary s = summary(from_millis(0), "subject");
  s.tls.clear();
  const std::string plain = pack(s, "", false);
  const auto with = [&](unsigned tag, std::string_view part) {
    std::string bytes = plain;
    put_part(tag, part, bytes);
    bytes[3] = 2 * 1 + 1;
    return unpack("id", bytes);
  };
  CHECK(with(2, "\x01")->mark == Mark::tag);
  CHECK(!with(2, "\x03"));
  CHECK(!with(2, "\xff"));
  CHECK(!with(2, ""));
  CHECK(!with(2, "\x01\x01"));
  CHECK(with(3, std::string_view("\0\0\x90\x40", 4))->score == 4.5f);
  CHECK(!with(3, "four bytes"));
  CHECK(!with(3, std::string_view("\0\0\xc0\x7f", 4)));  // no number
  CHECK(!with(3, std::string_view("\0\0\x80\x7f", 4)));  // without end
}

TEST_CASE("packed summary: a length beyond the row, and numbers without end") {
  for (const std::string& bytes : {std::string("\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 13),
                                   std::string("\x04\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 13),
                                   std::string("\x01") + std::string(40, '\xff'),
                                   std::string("\x04\0\0", 3) + std::string(40, '\xff'), std::string(100, '\x80')}) {
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
  CHECK(small.front() == 5);
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
