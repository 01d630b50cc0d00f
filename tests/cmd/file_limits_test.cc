/// file_limits_test.cc: with few descriptors everybody has some.
#include "file_limits.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

using namespace maildrop;
using namespace maildrop::cmd;

namespace {

constexpr DaemonParts kBoth{.smtp = true, .api = true};

Config configured() {
  Config config;
  config.service.loops = 2;
  config.limits.connections = 10'000;
  return config;
}

std::map<std::string, unsigned> lowered(Config& config, DaemonParts parts, std::size_t files) {
  std::map<std::string, unsigned> all;
  for (const Lowered& each : fit_to_files(config, parts, files)) all.emplace(each.key, each.to);
  return all;
}

}  // namespace

TEST_CASE("with enough descriptors nothing is lowered") {
  Config config = configured();
  const std::size_t wanted = files_beside(config, kBoth) + config.limits.connections + config.api.connections;
  CHECK(lowered(config, kBoth, 4 * wanted).empty());
  Config api_alone = configured();
  CHECK(lowered(api_alone, {.api = true}, 128 + 2000).empty());
}

TEST_CASE("with few, all that are wanted at once fit") {
  for (const std::size_t files : {512, 1000, 1024, 4096, 10'000}) {
    Config config = configured();
    config.filter.http.url = "http://127.0.0.1:1/";
    config.filter.milter.endpoint = "127.0.0.1:2";
    lowered(config, kBoth, files);
    CHECK(config.limits.connections + config.api.connections + files_beside(config, kBoth) <= files);
    CHECK((config.limits.connections >= files / 8 && config.api.connections >= files / 16));
    CHECK(config.dns.lookups >= 10);
  }
}

TEST_CASE("who serves one side alone has all for it") {
  Config config = configured();
  CHECK(lowered(config, {.api = true}, 1000) == std::map<std::string, unsigned>{{"api.connections", 872}});
  CHECK(config.dns.lookups == 1500);
  Config smtp = configured();
  CHECK_FALSE(lowered(smtp, {.smtp = true}, 1000).contains("api.connections"));
  CHECK(smtp.limits.connections + files_beside(smtp, {.smtp = true}) <= 1000);
}
