/// sample_script_test.cc: what filters are shown of a record.
#include "replay/sample_script.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::replay;

namespace {

Sample sample(const std::string& from) {
  Sample sample{"one", "From: a@example.com\r\n\r\nbody\r\n"};
  sample.envelope.from = from;
  sample.envelope.to = {"bob@localhost"};
  sample.envelope.peer = *IpAddress::parse("192.0.2.1");
  sample.envelope.helo = "mail.example.com";
  return sample;
}

}  // namespace

TEST_CASE("sample_script: what a record tells, as far as it can be") {
  Config config;
  config.mail.domains = {"*"};
  Sample told = sample("");
  told.envelope.to = {"bob@localhost", "no address", "BOB@localhost", "eve@example.org"};
  auto script = script_of(told, config);
  REQUIRE(script);
  CHECK(script->transaction.from.local.empty());
  REQUIRE(script->to.size() == 2);
  CHECK(script->to[1].inbox.name() == "eve");
  CHECK_FALSE(script->transaction.peer.local);
  CHECK(script_of(sample("not an address"), config).error().code == Code::invalid);
  told.envelope.to = {"no address"};
  CHECK(script_of(told, config).error().code == Code::invalid);
  told.envelope.to.clear();
  CHECK(script_of(told, config).error().what == "no recipient is known");
}
