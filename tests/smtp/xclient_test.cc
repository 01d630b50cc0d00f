/// xclient_test.cc: what each attribute may be. What must not be is in dialogs/152-xclient_syntax.smtp.
#include "smtp/xclient.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::smtp;

TEST_CASE("XCLIENT attributes are taken, each on its own") {
  const auto command =
      parse_xclient("NAME=Spike.example ADDR=198.51.100.9  PORT=65535 proto=esmtp HELO=[IPv6:2001:db8::+31]");
  REQUIRE(command);
  CHECK(command->name == "Spike.example");
  CHECK(command->address->to_string() == "198.51.100.9");
  CHECK(command->port == 65535);
  CHECK(command->esmtp == true);
  CHECK(command->helo == "[IPv6:2001:db8::1]");

  const auto one = parse_xclient("ADDR=ipv6:2001:DB8::1");
  REQUIRE(one);
  CHECK(one->address->to_string() == "2001:db8::1");
  CHECK_FALSE(one->name);
  CHECK_FALSE(one->port);
  CHECK_FALSE(one->esmtp);
  CHECK_FALSE(one->helo);
}

TEST_CASE("what is unavailable is told as that") {
  const auto command =
      parse_xclient("NAME=[TEMPUNAVAIL] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] HELO=[unavailable] PROTO=SMTP");
  REQUIRE(command);
  CHECK(command->name == "");
  CHECK(command->address == IpAddress());
  CHECK(command->port == 0);
  CHECK(command->helo == "");
  CHECK(command->esmtp == false);
}

TEST_CASE("a name has at most 255 octets") {
  CHECK(parse_xclient("NAME=" + std::string(255, 'a')));
  CHECK_FALSE(parse_xclient("NAME=" + std::string(256, 'a')));
}
