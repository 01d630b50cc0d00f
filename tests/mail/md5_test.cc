/// md5_test.cc: examples of RFC 1321 A.5.
#include "mail/md5.h"

#include <catch2/catch.hpp>

using maildrop::mail::md5_hex;

TEST_CASE("md5: examples") {
  CHECK(md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5_hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
}
