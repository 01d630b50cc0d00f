/// proxy_protocol_test.cc: headers of both versions, whole, in pieces, and wrong in every way that is known.
#include "smtp/proxy_protocol.h"

#include <array>
#include <boost/crc.hpp>
#include <catch2/catch.hpp>
#include <string>

using namespace maildrop;
using smtp::parse_proxy_header;
using smtp::ProxyHeader;
using Status = ProxyHeader::Status;

namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string number(std::size_t value, std::size_t bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
  return out;
}

std::string v2(int command, int family, const std::string& payload) {
  return kSignature + static_cast<char>(command) + static_cast<char>(family) + number(payload.size(), 2) + payload;
}

std::string value(int type, const std::string& data) { return static_cast<char>(type) + number(data.size(), 2) + data; }

const std::string kFour = std::string("\xC0\x00\x02\x07\x0A\x00\x00\x01", 8) + number(25000, 2) + number(25, 2);

std::string six() {
  std::string out("\x20\x01\x0d\xb8", 4);
  out += std::string(11, '\0') + "\x01" + std::string(16, '\0');
  return out + number(25000, 2) + number(25, 2);
}

/// With the checksum as its first value.
std::string with_checksum(const std::string& more, std::uint32_t flip = 0) {
  const std::string blank = v2(0x21, 0x11, kFour + value(0x03, std::string(4, '\0')) + more);
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(blank.data(), blank.size());
  return v2(0x21, 0x11, kFour + value(0x03, number(crc.checksum() ^ flip, 4)) + more);
}

/// As a whole; every shorter beginning must want more, and what follows must change nothing.
ProxyHeader parse(const std::string& bytes) {
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const Status status = parse_proxy_header(std::string_view(bytes).substr(0, n)).status;
    if (status != Status::more) return parse_proxy_header(std::string_view(bytes).substr(0, n));
  }
  const ProxyHeader header = parse_proxy_header(bytes + "EHLO client.test\r\n");
  if (header.status == Status::done) CHECK(header.size == bytes.size());
  return header;
}

Status status_of(const std::string& bytes) { return parse(bytes).status; }

}  // namespace

TEST_CASE("version 1") {
  ProxyHeader header = parse("PROXY TCP4 192.0.2.7 10.0.0.1 25000 25\r\n");
  REQUIRE(header.status == Status::done);
  CHECK(header.address.to_string() == "192.0.2.7");
  CHECK(header.port == 25000);
  CHECK_FALSE(header.health_check);
  header = parse("PROXY TCP6 2001:db8::1 ::1 65535 25\r\n");
  REQUIRE(header.status == Status::done);
  CHECK(header.address.to_string() == "2001:db8::1");
  for (const std::string line : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2 whatever\r\n"}) {
    header = parse(line);
    CHECK(header.status == Status::done);
    CHECK(header.health_check);
  }
}

TEST_CASE("version 1, wrong") {
  for (const std::string line :
       {"PROXY TCP4 192.0.2.7 10.0.0.1 25000\r\n", "PROXY TCP4 192.0.2.7 10.0.0.1 25000 25 x\r\n",
        "PROXY TCP4 2001:db8::1 ::1 1 2\r\n", "PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 65536 25\r\n", "PROXY TCP4 192.0.2.7 10.0.0.1 -1 25\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 01 25\r\n", "PROXY TCP4 192.0.2.7 10.0.0.1 1 +2\r\n",
        "PROXY  TCP4 192.0.2.7 10.0.0.1 1 2\r\n", "PROXY TCP4  192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n", "PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n", "PROXY \r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\nEHLO x\r\n", "PROXY tcp4 192.0.2.7 10.0.0.1 1 2\r\n"}) {
    CAPTURE(line);
    CHECK(status_of(line) == Status::bad);
  }
  const std::string start = "PROXY UNKNOWN ";
  CHECK(status_of(start + std::string(105 - start.size(), 'x') + "\r\n") == Status::done);  // 107 bytes
  CHECK(status_of(start + std::string(106 - start.size(), 'x') + "\r\n") == Status::bad);
  CHECK(status_of(start + std::string(1000, 'x')) == Status::bad);
}

TEST_CASE("version 2") {
  ProxyHeader header = parse(v2(0x21, 0x11, kFour));
  REQUIRE(header.status == Status::done);
  CHECK(header.address.to_string() == "192.0.2.7");
  CHECK(header.port == 25000);
  header = parse(v2(0x21, 0x21, six()));
  REQUIRE(header.status == Status::done);
  CHECK(header.address.to_string() == "2001:db8::1");
  CHECK(header.port == 25000);
  header = parse(v2(0x21, 0x31, std::string(216, '\0')));
  REQUIRE(header.status == Status::done);
  CHECK(header.local);
  for (const std::string& check :
       {v2(0x20, 0x00, ""), v2(0x20, 0x11, kFour), v2(0x20, 0x21, "short"), v2(0x21, 0x00, "")}) {
    header = parse(check);
    CHECK(header.status == Status::done);
    CHECK(header.health_check);
  }
  for (int family = 0; family < 256; ++family) {  // "including the family which is ignored"
    INFO(family);
    header = parse(v2(0x20, family, kFour));
    CHECK(header.status == Status::done);
    CHECK(header.health_check);
  }
}

TEST_CASE("version 2, wrong") {
  CHECK(status_of(v2(0x21, 0x21, "")) == Status::bad);  // what leaked Exim's stack
  CHECK(status_of(v2(0x21, 0x11, kFour.substr(1))) == Status::bad);
  CHECK(status_of(v2(0x21, 0x21, six().substr(1))) == Status::bad);
  CHECK(status_of(v2(0x21, 0x31, std::string(215, '\0'))) == Status::bad);
  CHECK(status_of(v2(0x11, 0x11, kFour)) == Status::bad);
  CHECK(status_of(v2(0x31, 0x11, kFour)) == Status::bad);
  CHECK(status_of(v2(0x22, 0x11, kFour)) == Status::bad);
  CHECK(status_of(v2(0x21, 0x12, kFour)) == Status::bad);  // UDP
  CHECK(status_of(v2(0x21, 0x41, kFour)) == Status::bad);
  CHECK(status_of(kSignature + "\x21\x11\xFF\xFF") == Status::bad);  // never waited for
  CHECK(status_of(v2(0x21, 0x11,
                     kFour + std::string("\x04\x00\x05"
                                         "abcd",
                                         7))) == Status::bad);
  CHECK(status_of(v2(0x21, 0x11, kFour + "\x04")) == Status::bad);
}

TEST_CASE("values of version 2: checksum and TLS, the rest skipped") {
  CHECK(status_of(v2(0x21, 0x11, kFour + value(0x04, "") + value(0x02, "mx.example.org") + value(0xEA, "x"))) ==
        Status::done);
  CHECK(status_of(with_checksum("")) == Status::done);
  CHECK(status_of(with_checksum(value(0x05, "id"))) == Status::done);
  CHECK(status_of(with_checksum("", 1)) == Status::bad);
  CHECK(status_of(v2(0x21, 0x11, kFour + value(0x03, "abc"))) == Status::bad);

  const std::string inner = value(0x21, "TLSv1.3") + value(0x23, "TLS_AES_256_GCM_SHA384");
  ProxyHeader header = parse(v2(0x21, 0x11, kFour + value(0x20, std::string("\x01\0\0\0\0", 5) + inner)));
  REQUIRE(header.status == Status::done);
  CHECK(header.tls.to_string() == "TLSv1.3 TLS_AES_256_GCM_SHA384");
  header = parse(v2(0x21, 0x11, kFour + value(0x20, std::string("\0\0\0\0\0", 5) + inner)));
  CHECK_FALSE(header.tls.active());  // the client did not use it
  header = parse(v2(0x21, 0x11, kFour + value(0x20, std::string("\x01\0\0\0\0", 5) + value(0x21, "a\r\nb"))));
  CHECK_FALSE(header.tls.active());
  CHECK(status_of(v2(0x21, 0x11, kFour + value(0x20, "abcd"))) == Status::bad);
  CHECK(status_of(v2(0x21, 0x11, kFour + value(0x20, std::string("\x01\0\0\0\0\x21\0", 7)))) == Status::bad);
}

TEST_CASE("something else is no header, at its first byte that differs") {
  for (const std::string bytes : {"EHLO client.test\r\n", "P", "PROXY", "\r\n\r\n"}) {
    const Status status = parse_proxy_header(bytes).status;
    CHECK((status == Status::no_header) == (bytes[0] == 'E'));
  }
  CHECK(parse_proxy_header("PROXZ").status == Status::no_header);
  CHECK(parse_proxy_header("proxy TCP4").status == Status::no_header);
  CHECK(parse_proxy_header("\r\n\r\nX").status == Status::no_header);
}

TEST_CASE("what is said of a client is read as that") {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "::"}) {
    const IpAddress client = *IpAddress::parse(text);
    const ProxyHeader header = parse(smtp::make_proxy_header(client));
    CHECK(header.status == Status::done);
    CHECK(header.address == client);
    CHECK_FALSE(header.health_check);
  }
  CHECK(parse(smtp::make_proxy_header(std::nullopt)).health_check);
}
