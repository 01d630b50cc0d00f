/// notification_test.cc: what is read of what programs say.
#include "service/notification.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop::service;

TEST_CASE("assignments of a datagram are read, whatever stands around them") {
  const Notification found = parse_notification(
      "READY=1\nX_OWN=2\nnothing\nSTATUS=serving, 3 = three\nEXTEND_TIMEOUT_USEC=1500\nWATCHDOG_USEC=0\nFDSTORE=1\n"
      "FDNAME=queue\nFDPOLL=0\nWATCHDOG=1\n");
  CHECK((found.ready && found.alive && found.store && !found.poll));
  CHECK_FALSE((found.reloading || found.stopping || found.trigger || found.remove || found.barrier));
  CHECK(found.status == "serving, 3 = three");
  CHECK(found.name == "queue");
  CHECK(found.extend == std::chrono::microseconds(1500));
  CHECK(found.period == std::chrono::microseconds(0));
  const Notification others =
      parse_notification("RELOADING=1\nSTOPPING=1\nWATCHDOG=trigger\nFDSTOREREMOVE=1\nBARRIER=1");
  CHECK((others.reloading && others.stopping && others.trigger && others.remove && others.barrier && others.poll));
  CHECK_FALSE((others.ready || others.alive || others.store || others.status));
}

TEST_CASE("values that are none are left out, and those that are too large are the largest") {
  for (const char* text :
       {"READY=0", "READY=", "READY", "READY=11", "EXTEND_TIMEOUT_USEC=", "EXTEND_TIMEOUT_USEC=-1",
        "EXTEND_TIMEOUT_USEC=1s", "EXTEND_TIMEOUT_USEC= 1", "FDNAME=a:b", "FDNAME=", "FDNAME=a\x01", ""}) {
    INFO(text);
    const Notification found = parse_notification(text);
    CHECK_FALSE((found.ready || found.extend || found.period || found.status || !found.name.empty()));
  }
  CHECK(parse_notification("EXTEND_TIMEOUT_USEC=18446744073709551615").extend == kLongestExtension);
  CHECK(parse_notification("WATCHDOG_USEC=99999999999999999999999").period == kLongestExtension);
  CHECK(parse_notification("STATUS=" + std::string(5000, 'x')).status->size() == kLongestStatus);
  CHECK(parse_notification("FDNAME=" + std::string(256, 'x')).name.empty());
}
