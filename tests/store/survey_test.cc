/// survey_test: the largest of more inboxes and sources than are told.
#include "store/survey.h"

#include <catch2/catch.hpp>
#include <map>

#include "store/backends.h"

using namespace maildrop;
using namespace maildrop::store;

namespace {

/// Pages of a store that is nothing but a walk.
class Pages final : public Store {
 public:
  std::vector<std::vector<Found>> pages;
  bool fails = false;

  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t) override {
    if (std::exchange(fails, false)) return fail(Code::unavailable, "the disk");
    std::vector<Found> page = pages[cursor.next++];
    cursor.named = cursor.next == pages.size();
    return page;
  }
  Result<std::vector<Summary>> list(const mail::Inbox&, const Query&) override { return std::vector<Summary>(); }
  Result<Message> get(const mail::Inbox&, const MessageId&) override { return fail(Code::not_found, "none"); }
  Result<bool> remove(const mail::Inbox&, const MessageId&) override { return false; }
  std::vector<Result<MessageId>> put(std::span<const Delivery>) override { return {}; }
  Result<PurgeReport> purge(const PurgeQuery&) override { return PurgeReport(); }
  Result<StoreStats> stats() override { return StoreStats(); }
  Result<void> ready() override { return {}; }
  void apply(const InboxSettings&) override {}
};

Found found(const std::string& inbox, std::uint64_t size, int age, const std::string& peer) {
  Found one{{mail::Inbox::trusted(inbox), MessageId::trusted("x"), {}}, {}};
  one.summary.size = size;
  one.summary.peer = peer;
  one.summary.received = from_millis(1'700'000'000'000 - 1000 * age);
  return one;
}

std::string address(unsigned n) { return IpAddress::from_v4(0x10000000u + (n << 8)).to_string(); }

}  // namespace

TEST_CASE("survey: inboxes and sources by all orders, through a failure") {
  FakeClock clock;
  Pages store;
  store.pages = {
      {found("a", 10, 5, "192.0.2.1"), found("a", 20, 9, "192.0.2.9")}, {}, {found("b", 100, 1, "2001:db8::1")}};
  Survey survey(clock);
  REQUIRE(survey.go_on(store));
  store.fails = true;
  CHECK_FALSE(survey.go_on(store));
  while (!survey.done()) REQUIRE(survey.go_on(store));
  CHECK(survey.all().messages == 3);
  CHECK(survey.all().inboxes == 2);
  CHECK(survey.inboxes(Survey::Order::size)[0].name == "b");
  CHECK(survey.inboxes(Survey::Order::age)[0].name == "a");
  CHECK(survey.inboxes(Survey::Order::messages)[0].messages == 2);
  CHECK(survey.inboxes(Survey::Order::messages)[0].bytes == 30);
  REQUIRE(survey.sources().size() == 2);
  CHECK(to_string(survey.sources()[0].source) == "2001:db8::/48");
  CHECK(to_string(survey.sources()[1].source) == "192.0.2.0/24");
  CHECK(survey.sources()[1].messages == 2);
}

TEST_CASE("survey: what a source holds is told too low by no more than it may be") {
  constexpr std::size_t kMostSources = 10;
  FakeClock clock;
  Pages store;
  store.pages.emplace_back();
  std::map<std::string, std::uint64_t> held;
  std::uint64_t all = 0;
  const auto hold = [&](unsigned n, std::uint64_t size) {
    store.pages.back().push_back(found("i", size, 0, address(n)));
    held[to_string(source_of(address(n)))] += size;
    all += size;
  };
  for (unsigned n = 1; n < 2000; ++n) {
    hold(n, 10);
    if (n % 5 == 0) hold(0, 10);  // is dropped again and again
    if (n % 7 == 0) hold(n % 3 + 5000, 500);
  }
  Survey survey(clock, kMostSources);
  while (!survey.done()) REQUIRE(survey.go_on(store));
  CHECK(survey.sources().size() <= kMostSources);
  for (const SourceFigures& each : survey.sources()) {
    std::uint64_t& rest = held[to_string(each.source)];
    CHECK(each.bytes <= rest);
    rest -= each.bytes;
  }
  for (const auto& [source, missing] : held) {
    INFO(source);
    CHECK(missing <= all / (kMostSources / 2));
  }
}

TEST_CASE("survey: of many the largest, in bounded memory") {
  constexpr unsigned kMany = Survey::kMostSources + 20'000;
  FakeClock clock;
  Pages store;
  for (unsigned n = 0; n < kMany; ++n) {
    if (n % 1000 == 0) store.pages.emplace_back();
    const bool large = n % 100 == 7;
    store.pages.back().push_back(found("i" + std::to_string(n), large ? 100'000 + n : 10, 0, address(n)));
  }
  Survey survey(clock);
  while (!survey.done()) REQUIRE(survey.go_on(store));
  const auto& largest = survey.inboxes(Survey::Order::size);
  REQUIRE(largest.size() == Survey::kMost);
  CHECK(largest.front().name == "i" + std::to_string(kMany - 93));
  CHECK(largest.back().bytes == 100'000 + kMany - 93 - 999 * 100);
  REQUIRE(survey.sources().size() == Survey::kMost);
  CHECK(survey.sources().front().bytes == 100'000 + kMany - 93);
  CHECK(survey.sources().back().bytes == largest.back().bytes);
}
