/// tally_test.cc: replies by kind, and bounds on what a server may make us keep.
#include "replay/tally.h"

#include <catch2/catch.hpp>

using namespace maildrop::replay;
using maildrop::smtp::Fate;

TEST_CASE("a kind of reply has no ids and nothing for a terminal") {
  CHECK(reply_kind("250 2.0.0 stored as 01hf7yat00abcdefghjkmnpqrs") == "250 2.0.0 stored as *");
  CHECK(reply_kind("452 4.3.1 no room now, try again later [k3j9x0a1]") == "452 4.3.1 no room now, try again later *");
  CHECK(reply_kind("250 2.0.0 Ok: queued as 4XyZ1b2c3D") == "250 2.0.0 Ok: queued as *");
  CHECK(reply_kind("550 5.1.1 <bob@example.org>: no such user bob@example.org") == "550 5.1.1 * no such user *");
  CHECK(reply_kind("521 5.6.0 bare CR or LF (RFC 5321 2.3.8)") == "521 5.6.0 bare CR or LF (RFC 5321 2.3.8)");
  CHECK(reply_kind("250 \x1b[2Jx\r") == "250 \xef\xbf\xbd[2Jx\xef\xbf\xbd");
  CHECK(reply_kind("250 " + std::string(1000, 'x')).size() == Tally::kReplyBytes);
}

TEST_CASE("so many kinds and troubles are kept, and the rest is counted") {
  Tally tally;
  for (unsigned i = 0; i < 1000; ++i) {
    tally.add_reply({Fate::refused, "550 " + std::string(i % 100 + 1, 'x')});
    tally.add_trouble("m", "w");
  }
  CHECK(tally.replies.size() == Tally::kReplies);
  std::uint64_t counted = tally.other_replies;
  for (const auto& [kind, count] : tally.replies) counted += count;
  CHECK(counted == 1000);
  CHECK(tally.troubles.size() == Tally::kTroublesNamed);
  CHECK(tally.more_troubles == 1000 - Tally::kTroublesNamed);
}

TEST_CASE("of a reason no more is kept than is worth reading") {
  Tally tally;
  tally.add_message(Fate::unsendable, "name", std::string(100'000, 'x'));
  CHECK(tally.troubles.front().what.size() == Tally::kTroubleBytes);
}

TEST_CASE("what was no reply is none") {
  Tally tally;
  tally.add_reply({Fate::lost, "the server hung up"});
  tally.add_reply({Fate::unsendable, "no"});
  CHECK(tally.replies.empty());
}

TEST_CASE("each message is counted once, and named unless it was taken") {
  Tally tally;
  for (const Fate fate : {Fate::accepted, Fate::deferred, Fate::refused, Fate::unsendable, Fate::lost})
    tally.add_message(fate, "name", "why");
  CHECK(tally.read() == 5);
  CHECK((tally.accepted == 1 && tally.deferred == 1 && tally.refused == 1 && tally.broken == 1 && tally.lost == 1));
  CHECK(tally.troubles.size() == 4);
}
