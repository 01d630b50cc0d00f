/// message_test.cc: replies as they should be, and as they may come.
#include "dns/message.h"

#include <catch2/catch.hpp>

#include "dns/kit.h"

using namespace maildrop;
using namespace maildrop::dns;
using namespace maildrop::dns::test;
using namespace std::chrono_literals;

namespace {

Result<Answer> parse(const Bytes& bytes, Type type = Type::a) {
  return parse_message({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, type);
}

Bytes reply(const std::vector<Bytes>& answers, unsigned code = 0, const std::vector<Bytes>& authorities = {}) {
  return message("id", kReply | code, wire("host.example") + number(1) + number(1), answers, authorities);
}

bool is_corrupt(const Result<Answer>& answer) { return !answer && answer.error().code == Code::corrupt; }

}  // namespace

TEST_CASE("message: records of the type, each once, in order, as long as the shortest may be kept") {
  const auto answer = parse(reply({a("192.0.2.9", 500), cname("x.example"), a("192.0.2.1", 50), a("192.0.2.9", 700)}));
  REQUIRE(answer);
  CHECK(answer->status == Status::found);
  REQUIRE(answer->records.size() == 2);
  CHECK(answer->records[0].address.to_string() == "192.0.2.1");
  CHECK(answer->ttl == 50s);
  CHECK(parse(reply({a("192.0.2.9", 0x80000000)}))->ttl == 0s);
  CHECK(parse(reply({record(1, "\x7f\x01\x01\x01", 5).replace(4, 2, number(3))}))->status == Status::no_data);  // CHAOS
}

TEST_CASE("message: nothing, and for how long") {
  CHECK(parse(reply({}))->status == Status::no_data);
  CHECK(parse(reply({}, 0, {soa(60)}))->ttl == 60s);
  CHECK(parse(reply({}, 0, {soa(9999, 30)}))->ttl == 30s);
  CHECK(parse(reply({}, 0, {record(2, wire("ns.example")), soa(60)}))->ttl == 60s);
  CHECK(parse(reply({}, 0, {record(6, "short")}))->ttl == 0s);
  CHECK(parse(reply({}, kNxdomain, {soa(60)}))->status == Status::no_name);
  CHECK(parse(reply({a("192.0.2.1")}, kNxdomain))->records.empty());
  for (const unsigned code : {kServfail, kRefused, 15U})
    CHECK(parse(reply({a("192.0.2.1")}, code))->status == Status::failed);
}

TEST_CASE("message: bytes in names that may be in no question are escaped") {
  const Bytes odd = Bytes(
                        "\x05"
                        "A.\r\n ",
                        6) +
                    Bytes("\x03\0\\\xff", 4) + wire("Example");
  const auto answer = parse(reply({record(12, odd)}), Type::ptr);
  REQUIRE(answer);
  CHECK(answer->records.at(0).text == "a\\046\\013\\010\\032.\\000\\092\\255.example");
  CHECK_FALSE(Question::make(answer->records[0].text, Type::a));
}

TEST_CASE("message: names that point") {
  // At 12 the name of the question, host.example; `.example` is at 17.
  CHECK(parse(reply({record(12, "\x02mx\xc0\x11")}), Type::ptr)->records.at(0).text == "mx.example");
  const Bytes target = reply({record(12, "\x02mx\xc0\x11")});
  CHECK(is_corrupt(parse(reply({record(12, "\xc0\x2a")}), Type::ptr)));  // itself: the data is at 42
  CHECK(is_corrupt(parse(reply({record(12, "\xff\xff")}), Type::ptr)));  // behind the end
  CHECK(is_corrupt(parse(reply({record(12, "\xc0")}), Type::ptr)));      // half of one
  CHECK(is_corrupt(parse(reply({record(12, Bytes("\x40"
                                                 "a\0",
                                                 3))}),
                         Type::ptr)));  // no such label
  CHECK(is_corrupt(parse(reply({record(12,
                                       "\x05"
                                       "abc")}),
                         Type::ptr)));
  Bytes chain;  // each points to the one before: more of them than a name has labels
  for (unsigned i = 0; i < 200; ++i) chain += number(0xc000 | (i == 0 ? 12 : 12 + 18 + 12 + 2 * (i - 1)));
  CHECK(
      is_corrupt(parse(reply({record(99, chain), record(12, number(0xc000 | (12 + 18 + 12 + 2 * 199)))}), Type::ptr)));
  Bytes longest;
  for (int i = 0; i < 127; ++i) longest += "\x01z";
  CHECK(parse(reply({record(12, longest + '\0')}), Type::ptr)->records.at(0).text.size() == 253);
  CHECK(is_corrupt(parse(reply({record(12, longest + "\x01z" + '\0')}), Type::ptr)));
}

TEST_CASE("message: data that is not of its type") {
  CHECK(is_corrupt(parse(reply({record(1, "abc")}))));
  CHECK(is_corrupt(parse(reply({record(1, "abcde")}))));
  CHECK(is_corrupt(parse(reply({record(28, "abcd")}), Type::aaaa)));
  CHECK(is_corrupt(parse(reply({record(15, "\x01")}), Type::mx)));
  CHECK(is_corrupt(parse(reply({record(15, number(10) + wire("a") + "more")}), Type::mx)));
  CHECK(is_corrupt(parse(reply({record(16,
                                       "\x05"
                                       "abc")}),
                         Type::txt)));
  CHECK(parse(reply({record(16, "")}), Type::txt)->records.at(0).text.empty());
  CHECK(parse(reply({record(1, "abc"), record(12, wire("x"))}), Type::ptr)->records.size() ==
        1);  // of others nothing is asked
}

TEST_CASE("message: cut off anywhere, nothing is believed") {
  const Bytes whole = reply({cname("x.example"), a("192.0.2.1", 300, wire("x.example"))});
  REQUIRE(parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK(is_corrupt(parse(whole.substr(0, size))));
  }
  Bytes more = whole;
  more[7] = 9;  // answers that are not there
  CHECK(is_corrupt(parse(more)));
  more = whole;
  more[4] = '\x7f';  // questions
  CHECK(is_corrupt(parse(more)));
}

TEST_CASE("message: records beyond the most are left out") {
  std::vector<Bytes> many;
  for (int i = 0; i < 3000; ++i) many.push_back(a("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
  CHECK(parse(reply(many))->records.size() == Answer::kMostRecords);
}
