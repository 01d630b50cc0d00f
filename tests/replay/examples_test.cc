/// examples_test.cc: what is written is read again, and copies are in one fold.
#include "replay/examples.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace maildrop;
using namespace maildrop::replay;

TEST_CASE("examples: are read as they were written, over pieces of the file") {
  auto examples = Examples::create();
  REQUIRE(examples);
  constexpr std::uint32_t kAll = 5000;
  for (std::uint32_t i = 0; i < kAll; ++i) {
    Example example{i % 3 == 0};
    for (std::size_t filter = 0; filter < i % 5; ++filter) example.scores.emplace_back(filter, i + 0.25);
    REQUIRE(examples->add(example, {0, i}));
  }
  REQUIRE(examples->divide(10));
  CHECK(examples->spam() == 1667);
  CHECK(examples->ham() == 3333);
  std::uint32_t at = 0;
  std::map<unsigned, int> folds;
  REQUIRE(examples->each([&](const Example& example, unsigned fold) {
    const bool good = example.spam == (at % 3 == 0) && example.scores.size() == at % 5 &&
                      (at % 5 == 0 || example.scores.back() == std::pair<std::size_t, double>{at % 5 - 1, at + 0.25});
    if (!good) FAIL(at);
    ++at;
    ++folds[fold];
  }));
  CHECK(at == kAll);
  REQUIRE(folds.size() == 10);
  for (const auto& [fold, count] : folds) CHECK(count > 350);
}

TEST_CASE("examples: copies count once as different, and are in one fold") {
  auto examples = Examples::create();
  REQUIRE(examples);
  for (std::uint32_t i = 0; i < 30; ++i) REQUIRE(examples->add({true}, {77, 1000 + i}));
  for (std::uint32_t i = 0; i < 20; ++i) REQUIRE(examples->add({false}, {0, 2000 + i % 4}));
  REQUIRE(examples->divide(10));
  CHECK(examples->different_spam() == 1);
  CHECK(examples->different_ham() == 4);
  std::set<unsigned> of_spam;
  REQUIRE(examples->each([&](const Example& example, unsigned fold) {
    if (example.spam) of_spam.insert(fold);
  }));
  CHECK(of_spam.size() == 1);
}
