/// list_counts_test.cc: what a list finds, alone and with others.
#include "filter/list_counts.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using filter::ListCounts;

TEST_CASE("each list, those alone, and each pair") {
  metrics::Registry registry;
  ListCounts counts(registry);
  counts.count("zen.example bl.example");
  counts.count("bl.example zen.example third.example");
  counts.count("zen.example");
  counts.count("");
  const auto value = [&](std::string_view name, std::string_view labels) {
    return registry.counter(name, "", labels).value();
  };
  CHECK(value("maildrop_dnsbl_listed_total", "list=\"zen.example\"") == 3);
  CHECK(value("maildrop_dnsbl_listed_total", "list=\"third.example\"") == 1);
  CHECK(value("maildrop_dnsbl_listed_alone_total", "list=\"zen.example\"") == 1);
  CHECK(value("maildrop_dnsbl_listed_alone_total", "list=\"bl.example\"") == 0);
  CHECK(value("maildrop_dnsbl_listed_both_total", "list=\"bl.example\",with=\"zen.example\"") == 2);
  CHECK(value("maildrop_dnsbl_listed_both_total", "list=\"bl.example\",with=\"third.example\"") == 1);
}

TEST_CASE("no more than the first of many") {
  metrics::Registry registry;
  std::string many;
  for (int i = 100; i < 200; ++i) many += "l" + std::to_string(i) + ".example ";
  ListCounts(registry).count(many);
  CHECK(registry.counter("maildrop_dnsbl_listed_total", "", "list=\"l119.example\"").value() == 1);
  CHECK(registry.counter("maildrop_dnsbl_listed_total", "", "list=\"l120.example\"").value() == 0);
}
