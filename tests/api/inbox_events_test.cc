/// inbox_events_test: what happened between two looks; a stream that goes on is in routes_v3_events_test.
#include "api/inbox_events.h"

#include <catch2/catch.hpp>

#include "api/kit.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

TEST_CASE("inbox_events: removals first, then what came, the oldest first") {
  const auto summary = [](const std::string& id) { return message(id, "x", "\r\n").summary; };
  const std::vector<store::Summary> now = {summary(kUnknownId), summary(kSecondId)};
  const KnownMessages before{{kFirstId}};
  const std::vector<InboxEvent> events = what_happened(before, now);
  REQUIRE(events.size() == 3);
  CHECK(events[0].id == kFirstId);
  CHECK_FALSE(events[0].stored);
  CHECK(events[1].stored == &now[1]);
  CHECK(events[2].stored == &now[0]);
  CHECK(what_happened(known_of(now), now).empty());
}

TEST_CASE("inbox_events: what is known comes back out of its text") {
  for (const KnownMessages& each : {KnownMessages{}, KnownMessages{{kFirstId}}, KnownMessages{{kSecondId, kFirstId}}})
    CHECK(from_state(to_state(each)).ids == each.ids);
}
