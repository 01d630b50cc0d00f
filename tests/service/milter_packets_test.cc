/// milter_packets_test.cc: packets, in any pieces.
#include "service/milter_packets.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::service;

TEST_CASE("packets are what they were, in any pieces") {
  std::string bytes;
  append_packet(bytes, 'c');
  append_packet(bytes, 'y', {"550 5.7.1 ", "no", std::string_view("\0", 1)});
  append_packet(bytes, 'B', {std::string(MilterPacketReader::kLargest - 1, 'x')});
  CHECK(bytes.substr(0, 5) == std::string("\0\0\0\1c", 5));
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, bytes.size()}) {
    MilterPacketReader reader;
    std::string commands, data;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      reader.feed(std::string_view(bytes).substr(at, size));
      for (;;) {
        const auto packet = reader.next();
        REQUIRE(packet);
        if (!*packet) break;
        commands += (*packet)->command;
        if ((*packet)->command == 'y') data = (*packet)->data;
      }
    }
    CHECK(commands == "cyB");
    CHECK(data == std::string("550 5.7.1 no\0", 13));
  }
}

TEST_CASE("what is no packet, or larger than any, is an error at its length") {
  for (const std::uint32_t size : {0u, 64u * 1024 + 1, 0x48545450u, 0xffffffffu}) {
    MilterPacketReader reader;
    reader.feed(four_bytes(size).substr(0, 3));
    CHECK(reader.next());
    reader.feed(four_bytes(size).substr(3));
    const auto packet = reader.next();
    REQUIRE_FALSE(packet);
    CHECK(packet.error().code == Code::invalid);
  }
}

TEST_CASE("numbers have their highest byte first") {
  CHECK(four_bytes(0x01020304) == "\1\2\3\4");
  CHECK(number_at("x\xff\xfe\xfd\xfc", 1) == 0xfffefdfc);
}
