/// packed_parts_test: what is put is read, and what is none is read to no good end.
#include "store/packed_parts.h"

#include <catch2/catch.hpp>

using namespace maildrop::store;

TEST_CASE("packed parts: numbers, texts and parts are read as they were put") {
  std::string bytes;
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, UINT64_MAX})
    put_number(number, bytes);
  put_text("", bytes);
  put_text(std::string(300, 't'), bytes);
  put_part(7, "part", bytes);
  PackedReader reader{bytes};
  CHECK(reader.number() == 0);
  CHECK(reader.number() == 127);
  CHECK(reader.number() == 128);
  CHECK(reader.number() == UINT64_MAX);
  CHECK(reader.text().empty());
  CHECK(reader.text() == std::string(300, 't'));
  CHECK(reader.number() == 7);
  CHECK(reader.text() == "part");
  CHECK(reader.rest.empty());
  CHECK_FALSE(reader.bad);
}

TEST_CASE("packed parts: the head of a part is as long as it is said to be at most") {
  std::string bytes;
  put_number(UINT64_MAX, bytes);  // as a length
  CHECK(bytes.size() + 1 == kMostPartHead);
  std::string part;
  put_part(127, std::string(300, 'p'), part);
  CHECK(part.size() - 300 <= kMostPartHead);
}

TEST_CASE("packed parts: a length beyond the end, a number without end, and nothing") {
  for (const std::string& bytes :
       {std::string("\x05"
                    "four"),
        std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string(20, '\x80'), std::string()}) {
    PackedReader reader{bytes};
    CHECK(reader.text().empty());
    CHECK(reader.bad);
    CHECK(reader.text().empty());
  }
}
