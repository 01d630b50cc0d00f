/// likeness_test.cc: what is the same message once more.
#include "replay/likeness.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using namespace maildrop::replay;

namespace {

const std::string kBody = "\r\nBuy the best pills that there are, today and for very little money.\r\n";

std::string with_id(const std::string& id) { return "Message-ID: <" + id + ">\r\nSubject: x\r\n"; }

}  // namespace

TEST_CASE("likeness: by the Message-ID and by the body") {
  const Likeness one = likeness_of(with_id("1@a") + kBody);
  CHECK(one.id != 0);
  CHECK(likeness_of("Received: by x\r\nmessage-id:  <1@a> \r\n\r\nother").id == one.id);
  CHECK(likeness_of("Subject: y\r\n" + kBody).id == 0);
  CHECK(likeness_of("Message-ID: \r\n" + kBody).id == 0);
  CHECK(likeness_of("Received: by x\r\n" + with_id("2@a") + kBody + "\r\n \r\n").body == one.body);
  CHECK(likeness_of(with_id("1@a") + kBody + "more").body != one.body);
  // A short one says nothing: such messages are the same if all of them is.
  CHECK(likeness_of(with_id("3@a") + "\r\nhi\r\n").body != likeness_of(with_id("4@a") + "\r\nhi\r\n").body);
  CHECK(likeness_of(with_id("3@a") + "\r\nhi\r\n").body == likeness_of(with_id("3@a") + "\r\nhi\r\n").body);
}

TEST_CASE("likeness: whoever has one in common with another is in its group, over any number") {
  const Groups groups = groups_of({{1, 50}, {2, 60}, {1, 70}, {3, 70}, {0, 80}, {0, 90}, {4, 60}});
  CHECK(groups.group[0] == groups.group[2]);
  CHECK(groups.group[2] == groups.group[3]);
  CHECK(groups.group[1] == groups.group[6]);
  CHECK(groups.group[0] != groups.group[1]);
  CHECK(groups.group[4] != groups.group[5]);  // no Message-ID is none in common
  CHECK(groups.seed == std::vector<std::uint32_t>{50, 60, 50, 50, 80, 90, 60});
  CHECK(groups_of({}).group.empty());
}

TEST_CASE("likeness: a group has its seed whatever else there is, in any order") {
  std::vector<Likeness> messages = {{7, 30}, {0, 5}, {7, 20}, {0, 44}, {8, 20}};
  const Groups before = groups_of(messages);
  std::reverse(messages.begin(), messages.end());
  messages.push_back({0, 1});
  const Groups after = groups_of(messages);
  for (std::size_t i = 0; i < 5; ++i) CHECK(after.seed[4 - i] == before.seed[i]);
}
