/// doctor_dns_test.cc: what answers mean.
#include "doctor_dns.h"

#include <catch2/catch.hpp>

namespace maildrop::cmd {
namespace {

using Catch::Contains;
using Level = Finding::Level;

TEST_CASE("doctor: what MX records mean") {
  const auto judged = [](dns::Status status, const std::vector<dns::Record>& records = {}) {
    return judge_mx("example.org", "mx.example.org", {status, records});
  };
  const auto mx = [](unsigned preference, const char* host) { return dns::Record{{}, preference, host}; };
  using dns::Status;
  const auto is = [&](const Finding& finding, Level level, const char* what) {
    INFO(finding.what);
    CHECK(finding.check == "dns");
    CHECK(finding.level == level);
    CHECK_THAT(finding.what, Contains(what));
    CHECK(finding.advice.empty() == (level == Level::ok));
  };
  is(judged(Status::found, {mx(5, "first.example.net"), mx(10, "mx.example.org")}), Level::ok,
     "goes to first.example.net, mx.example.org");
  is(judged(Status::found, {mx(5, "mail.example.net")}), Level::warning,
     "goes to mail.example.net, and we are mx.example.org");
  is(judged(Status::no_data), Level::warning, "no MX record");
  is(judged(Status::found, {mx(0, "")}), Level::error, "null MX");
  is(judged(Status::no_name), Level::error, "does not exist");
  is(judged(Status::failed), Level::warning, "failed");
  is(judged(Status::timed_out), Level::warning, "had no answer in time");
}

}  // namespace
}  // namespace maildrop::cmd
