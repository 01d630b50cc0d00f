/// ledger_rules_test.cc: what is refused before anything is done, and how keys are kept apart.
#include "store/ledger_rules.h"

#include <catch2/catch.hpp>
#include <set>

using namespace maildrop;
using namespace maildrop::store;
using namespace std::chrono_literals;

namespace {

bool is_invalid(const Operation& operation) {
  const Result<LedgerTask> task = task_of(operation);
  return !task && task.error().code == Code::invalid;
}

std::string key_of(std::string_view space, std::string_view key) {
  const Operation operation = Operation::get(space, key);
  return task_of(operation)->key;
}

}  // namespace

TEST_CASE("an operation that breaks a rule is invalid") {
  CHECK_FALSE(is_invalid(Operation::get("s-1", "")));
  CHECK_FALSE(is_invalid(Operation::get("abcdefghijklmnopqrstuvwxyz0123456789abcd", "")));
  for (const char* space : {"", "A", "a b", "a:b", "a#b", "abcdefghijklmnopqrstuvwxyz0123456789abcde"})
    CHECK(is_invalid(Operation::get(space, "k")));
  CHECK(is_invalid(Operation::get("s", std::string(Operation::kLongestKey + 1, 'k'))));
  CHECK_FALSE(is_invalid(Operation::put("s", "k", 1ms, std::string(Operation::kLongestValue, 'v'))));
  CHECK(is_invalid(Operation::put("s", "k", 1ms, std::string(Operation::kLongestValue + 1, 'v'))));
  CHECK_FALSE(is_invalid(Operation::note("s", "k", Operation::kLongest)));
  for (const Millis lifetime : {-1ms, 0ms, Operation::kLongest + 1ms}) {
    CHECK(is_invalid(Operation::put("s", "k", lifetime)));
    CHECK(is_invalid(Operation::note("s", "k", lifetime)));
  }
  CHECK_FALSE(is_invalid(Operation::add("s", "k", -Operation::kLargestAmount, Operation::kLongest / 2)));
  CHECK(is_invalid(Operation::add("s", "k", 1, Operation::kLongest / 2 + 1ms)));
  CHECK(is_invalid(Operation::add("s", "k", 1, 0ms)));
  CHECK(is_invalid(Operation::add("s", "k", Operation::kLargestAmount + 1, 1h)));
  CHECK(is_invalid(Operation::add("s", "k", INT64_MIN, 1h)));
  CHECK_FALSE(is_invalid(Operation::take("s", "k", 3, {1, 1min, 3})));
  CHECK(is_invalid(Operation::take("s", "k", 4, {1, 1min, 3})));
  for (const Rate& rate : {Rate{0, 1min, 1}, Rate{1, 0ms, 1}, Rate{1, 1min, 0}, Rate{1, 1min, 1'000'001},
                           Rate{1001, 1ms, 1}, Rate{1, Operation::kLongest, 2}, Rate{1, Millis::max(), 1}})
    CHECK(is_invalid(Operation::take("s", "k", 0, rate)));
}

TEST_CASE("keys are bounded, and no two of them are one") {
  std::set<std::string> keys;
  const std::string digits = key_of("s", std::string(65, 'a')).substr(2);
  CHECK(digits.size() == 64);
  std::size_t count = 0;
  for (const std::string_view space : {"s", "s2", "2"}) {
    for (const std::string& key :
         {std::string(), std::string("2"), std::string("2:"), std::string("#") + digits.substr(1), digits,
          std::string(65, 'a'), std::string(66, 'a'), std::string(1, '\0')}) {
      const std::string kept = key_of(space, key);
      CHECK(kept.size() <= 97);
      keys.insert(kept);
      ++count;
    }
  }
  CHECK(keys.size() == count);
}

TEST_CASE("what is only asked, and what changes nothing, is not written") {
  const Time now = from_millis(1'700'000'000'000);
  const auto change_by = [&](const Operation& operation, std::optional<LedgerRecord> record = {}) {
    LedgerChange change{};
    apply(*task_of(operation), now, record, change);
    return change;
  };
  CHECK(change_by(Operation::get("s", "k")) == LedgerChange::none);
  CHECK(change_by(Operation::remove("s", "k")) == LedgerChange::none);
  CHECK(change_by(Operation::add("s", "k", 0, 1h)) == LedgerChange::none);
  CHECK(change_by(Operation::take("s", "k", 0, {1, 1h, 1})) == LedgerChange::none);
  const LedgerRecord noted{LedgerRecord::note, to_millis(now) + 1, to_millis(now), 0, 0, {}};
  CHECK(change_by(Operation::note("s", "k", 1h), noted) == LedgerChange::none);
  CHECK(change_by(Operation::note("s", "k", 1h)) == LedgerChange::write);
  CHECK(change_by(Operation::remove("s", "k"), noted) == LedgerChange::erase);
}
