/// tcp_signature_test.cc: headers, and what is odd about them.
#include "filter/tcp_signature.h"

#include <catch2/catch.hpp>

#include "filter/tcp_kit.h"

using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

std::string form_of(const std::string& packet) {
  const auto signature = read_signature(packet);
  return signature ? signature->to_string() : "none";
}

}  // namespace

TEST_CASE("signatures have the form of p0f") {
  CHECK(form_of(Syn{}.v4()) == "4:53+11:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0");
  CHECK(form_of(Syn{.flow = 5}.v6()) == "6:53+11:0:1460:mss*20,7:mss,sok,ts,nop,ws:flow:0");
  CHECK(form_of(Syn{.options = kXp, .window = 65535, .ttl = 128}.v4()) ==
        "4:128+0:0:1460:65535,0:mss,nop,nop,sok:df,id+:0");
  CHECK(form_of(Syn{.options = "", .window = 0, .ttl = 200, .ip_options = "\1\1\1\1", .payload = "x"}.v4()) ==
        "4:200+55:4:0:0,0::df,id+:+");
  CHECK(form_of(Syn{.options = kMss + std::string("\0\0\0", 3), .ttl = 0, .payload = "x"}.v6()) ==
        "6:0+32:0:1460:mss*20,0:mss,eol+3::+");
}

TEST_CASE("quirks are seen one by one") {
  struct Row {
    Syn syn;
    std::string quirks4, quirks6;
  };
  const std::string peer_stamp("\10\12\0\0\1\2\0\0\0\1", 10), no_stamp("\10\12\0\0\0\0\0\0\0\0", 10);
  const Row rows[] = {
      {{.options = kMss}, "df,id+", ""},
      {{.options = kMss, .id = 0}, "df", ""},
      {{.options = kMss, .fragment = 0}, "", ""},
      {{.options = kMss, .id = 0, .fragment = 0}, "id-", ""},
      {{.options = kMss, .fragment = 0x8000}, "0+", ""},
      {{.options = kMss, .fragment = 0, .traffic_class = 1}, "ecn", "ecn"},
      {{.options = kMss, .fragment = 0, .traffic_class = 2}, "ecn", "ecn"},
      {{.options = kMss, .fragment = 0, .traffic_class = 4}, "", ""},
      {{.options = kMss, .flags = 2 + 64, .fragment = 0}, "ecn", "ecn"},
      {{.options = kMss, .flags = 2 + 128, .fragment = 0}, "ecn", "ecn"},
      {{.options = kMss, .fragment = 0, .flow = 0xfffff}, "", "flow"},
      {{.options = kMss, .seq = 0, .fragment = 0}, "seq-", "seq-"},
      {{.options = kMss, .ack = 1, .fragment = 0}, "ack+", "ack+"},
      {{.options = kMss, .flags = 2 + 16, .fragment = 0}, "ack-", "ack-"},
      {{.options = kMss, .flags = 2 + 16, .ack = 1, .fragment = 0}, "", ""},
      {{.options = kMss, .urgent = 1, .fragment = 0}, "uptr+", "uptr+"},
      {{.options = kMss, .flags = 2 + 32, .urgent = 1, .fragment = 0}, "urgf+", "urgf+"},
      {{.options = kMss, .flags = 2 + 8, .fragment = 0}, "pushf+", "pushf+"},
      {{.options = no_stamp, .fragment = 0}, "ts1-", "ts1-"},
      {{.options = peer_stamp, .fragment = 0}, "ts2+", "ts2+"},
      {{.options = std::string("\0\1\0\0", 4), .fragment = 0}, "opt+", "opt+"},
      {{.options = scale(14), .fragment = 0}, "", ""},
      {{.options = scale(15), .fragment = 0}, "exws", "exws"},
  };
  for (const Row& row : rows) {
    const auto quirks = [](const std::string& form) {
      const std::size_t end = form.rfind(':'), begin = form.rfind(':', end - 1) + 1;
      return form.substr(begin, end - begin);
    };
    INFO(form_of(row.syn.v4()));
    CHECK(quirks(form_of(row.syn.v4())) == row.quirks4);
    CHECK(quirks(form_of(row.syn.v6())) == row.quirks6);
  }
}

TEST_CASE("options of a wrong length end the layout") {
  struct Row {
    std::string options, layout;
  };
  const Row rows[] = {
      {std::string("\2\3\5\xb4", 4), "mss"},
      {std::string("\3\4\1\0", 4), "ws"},
      {std::string("\4\3\0\0", 4), "sok"},
      {std::string("\5\4\0\0", 4), "sack"},
      {std::string("\10\4\0\0", 4), "ts"},
      {std::string("\x22\0\0\0", 4), "?34"},
      {std::string("\x22\1\0\0", 4), "?34"},
      {std::string("\x22\5\0\0", 4), "?34"},
      {std::string("\1\1\1\2", 4), "nop,nop,nop,mss"},
      {std::string("\x22\4\0\0\2\377\1\1", 8), "?34,mss"},
  };
  for (const Row& row : rows) {
    const auto signature = read_signature(Syn{.options = row.options}.v4());
    REQUIRE(signature);
    CHECK(signature->layout == row.layout);
    CHECK(signature->has(Quirk::broken));
  }
  const auto whole = read_signature(Syn{.options = std::string("\x22\2\xfe\2", 4)}.v4());
  REQUIRE(whole);
  CHECK(whole->layout == "?34,?254");
  CHECK_FALSE(whole->has(Quirk::broken));
}

TEST_CASE("what is cut off within the headers that all have is nothing") {
  for (const std::string& packet : {Syn{}.v4(), Syn{}.v6()}) {
    const std::size_t headers = packet.size() - Syn{}.options.size();
    for (std::size_t size = 0; size < packet.size(); ++size) {
      INFO(size);
      const auto signature = read_signature(std::string_view(packet).substr(0, size));
      CHECK(signature.has_value() == (size >= headers));
      if (signature) CHECK(signature->has(Quirk::broken));
    }
  }
}

TEST_CASE("what opens no connection of TCP is nothing") {
  CHECK(form_of("") == "none");
  CHECK(form_of(std::string(256, '\0')) == "none");
  CHECK(form_of(std::string(256, '\xff')) == "none");
  CHECK(form_of(Syn{.protocol = 17}.v4()) == "none");
  CHECK(form_of(Syn{.protocol = 0}.v6()) == "none");  // a header between
  for (const unsigned flags : {0u, 16u, 2u + 1u, 2u + 4u}) CHECK(form_of(Syn{.flags = flags}.v4()) == "none");
  std::string short_header = Syn{}.v4();
  short_header[0] = '\x44';
  CHECK(form_of(short_header) == "none");
  short_header = Syn{}.v4();
  short_header[32] = '\x40';
  CHECK(form_of(short_header) == "none");
}
