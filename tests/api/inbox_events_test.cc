/// inbox_events_test: what happened between two looks; a stream that goes on is in routes_v3_events_test.
#include "api/inbox_events.h"

#include <catch2/catch.hpp>
#include <set>

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

namespace {

/// As a stream lists an inbox that has had `received` messages, without those that were removed: `message 7`,
/// `removed 3`.
struct Listed {
  std::set<int> there;
  void receive(int first, int last) {
    for (int n = first; n <= last; ++n) there.insert(n);
  }
  std::vector<store::Summary> list() const {
    std::vector<store::Summary> newest;
    for (auto n = there.rbegin(); n != there.rend() && newest.size() < kMostKnown; ++n)
      newest.push_back(message(id_of(*n).c_str(), "x", "\r\n").summary);
    return newest;
  }
  static std::string id_of(int n) { return std::string(23, '0') + std::to_string(n); }
};

std::vector<std::string> told(const KnownMessages& before, const Listed& inbox) {
  const std::vector<store::Summary> now = inbox.list();
  std::vector<std::string> all;
  for (const InboxEvent& event : what_happened(before, now))
    all.push_back((event.stored ? "message " : "removed ") + event.id.substr(23));
  return all;
}

}  // namespace

TEST_CASE("inbox_events: nothing untrue is told of an inbox with more messages than are known") {
  Listed inbox;
  inbox.receive(101, 205);
  KnownMessages before = known_of(inbox.list());
  inbox.there.erase(205);  // so 105 comes up from below
  CHECK(told(before, inbox).empty());
  inbox.receive(206, 206);
  CHECK(told(before, inbox) == std::vector<std::string>{"message 206"});
  before = known_of(inbox.list());
  inbox.receive(301, 500);  // none of those that were known is in the list
  CHECK(told(before, inbox).size() == kMostKnown);
}

TEST_CASE("inbox_events: nothing that went below what is known is told as removed") {
  Listed inbox;
  inbox.receive(101, 180);
  const KnownMessages before = known_of(inbox.list());
  inbox.receive(181, 199);
  inbox.there.erase(101);
  CHECK(told(before, inbox).front() == "removed 101");  // 98 are there, and the list has all
  inbox.receive(200, 244);
  const std::vector<std::string> burst = told(before, inbox);
  CHECK(burst.size() == 64);
  CHECK(burst.front() == "message 181");
  CHECK(burst.back() == "message 244");
}

TEST_CASE("inbox_events: what is known comes back out of its text") {
  for (const KnownMessages& each : {KnownMessages{}, KnownMessages{{kFirstId}}, KnownMessages{{kSecondId, kFirstId}}})
    CHECK(from_state(to_state(each)).ids == each.ids);
}
