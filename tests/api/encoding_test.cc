/// encoding_test: what a client takes, by tricky fields; and that what is packed unpacks.
#include "api/encoding.h"

#include <zlib.h>

#include <catch2/catch.hpp>

using namespace maildrop::api;

namespace {

std::string unpacked(std::string packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK);
  std::string out(1u << 24, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("encoding: who takes gzip") {
  for (const char* yes : {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5, br", "gzip;q=0.001", "*", "gzip ; q=1.000",
                          "identity;q=0, gzip;Q=1", "*;q=0, gzip", ",gzip,", "gzip;q=1."}) {
    INFO(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const char* no :
       {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "gzipped", "gzip;q=2", "gzip;q=-1",
        "gzip;q=1.001", "gzip;q=0.0001", "gzip;q=", "gzip;x=1", "gzip;q=a", "\"gzip\"", "gzip;q=0;q=1"}) {
    INFO(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}

TEST_CASE("encoding: what is packed unpacks, and is the same each time") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + " lines\r\n";
  const auto packed = gzip(text);
  REQUIRE(packed);
  CHECK(packed->size() < text.size() / 3);
  CHECK(unpacked(*packed) == text);
  CHECK(gzip(text) == packed);
}

TEST_CASE("encoding: what would not become smaller stays, and so does what is too large") {
  std::string random;
  std::uint32_t state = 1;
  for (int i = 0; i < 5000; ++i) random += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  CHECK_FALSE(gzip(random));
  CHECK_FALSE(gzip(""));
  CHECK_FALSE(gzip("a"));
  CHECK(gzip(std::string(kMostToCompress, 'a')));
  CHECK_FALSE(gzip(std::string(kMostToCompress + 1, 'a')));
}
