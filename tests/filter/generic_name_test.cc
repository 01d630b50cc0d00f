/// generic_name_test.cc: names of providers' customers, and of mail servers.
#include "filter/generic_name.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop;
using namespace maildrop::filter;

namespace {

bool generic(const std::string& name, std::string_view address) {
  INFO(name << " at " << address);
  const auto parsed = IpAddress::parse(address);
  REQUIRE(parsed);
  return is_generic(name, *parsed);
}

}  // namespace

TEST_CASE("a name may have its IPv4 address in it") {
  for (const char* name :
       {"192-0-2-1.isp.example", "ip-192-0-2-1.isp.example", "1.2.0.192.isp.example", "host-2-1.isp.example",
        "h1.2.isp.example", "x_2_1.example", "192-000-002-001.isp.example", "192000002001.isp.example",
        "001002000192.isp.example", "pC0000201.isp.example", "010200c0.isp.example", "c0-00-02-01.isp.example",
        "01.02.00.c0.isp.example", "n3221225985.isp.example", "192.0.2.1"})
    CHECK(generic(name, "192.0.2.1"));
  for (const char* name :
       {"mail.example.com", "mx1.example.com", "mx2.x1.example.com", "12-1.example.com", "2-10.example.com",
        "mx-1-3.example.com", "0192000002001.example.com", "ac0000201.example.com", "32212259850.example.com", "", ".",
        "..", "2", "-", "a\\013\\010.example"})
    CHECK_FALSE(generic(name, "192.0.2.1"));
}

TEST_CASE("a name may have a half of its IPv6 address in it") {
  constexpr std::string_view kAddress = "2001:db8:7:8:1234:56ff:fe78:9a";
  for (const char* name :
       {"2001-db8-7-8-1234-56ff-fe78-9a.isp.example", "2001-db8-7-8.isp.example", "1234-56ff-fe78-9a.isp.example",
        "h123456fffe78009a.isp.example", "20010db800070008.isp.example", "2001.0db8.0007.0008.isp.example",
        "a.9.0.0.8.7.e.f.f.f.6.5.4.3.2.1.isp.example", "9a-fe78-56ff-1234.isp.example"})
    CHECK(generic(name, kAddress));
  CHECK(generic("2001-db8--25.isp.example", "2001:db8::25"));
  for (const char* name : {"mail.example.com", "2001-db8-7-80.isp.example", "fe78-9a.isp.example"})
    CHECK_FALSE(generic(name, kAddress));
}

TEST_CASE("a name may have a word for how customers are connected") {
  for (const char* name : {"dsl.isp.example.com", "DSL7.isp.example", "a-dynamic-b.isp.example", "x.pool3.isp.co.uk",
                           "p5.dip0.isp.example", "customer.isp.com.au"})
    CHECK(generic(name, "192.0.2.1"));
  // The domain itself may be called that; a part of a word is none.
  for (const char* name : {"mail.dsl.example", "mail.pool.co.uk", "dsl.example", "mail.dynamic.com",
                           "adslx.mail.example.com", "static.host.example.com", "carpool.mail.example.com"})
    CHECK_FALSE(generic(name, "192.0.2.1"));
}

TEST_CASE("of long names the begin is looked at") {
  CHECK(generic(std::string(200, 'a') + ".dsl.isp.example.com", "192.0.2.1"));
  CHECK_FALSE(generic(std::string(1u << 20, '-') + "192-0-2-1.isp.example.com", "192.0.2.1"));
}
