/// comparison_test.cc: who changed, whether that is chance, and when it is too much.
#include "replay/comparison.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::replay;

namespace {

Outcome outcome(Label label, Fate fate) {
  Outcome outcome;
  outcome.name = "one";
  outcome.label = label;
  outcome.fate = fate;
  outcome.by = "dnsbl";
  outcome.score = 6;
  outcome.hits = {{.filter = 0, .score = 1, .reason = "small"}, {.filter = 1, .score = 5, .reason = "large"}};
  return outcome;
}

Comparison compared(int worse_spam, int better_spam, int worse_ham, int better_ham) {
  Comparison all;
  const auto add = [&all](int times, Label label, Fate before, Fate after) {
    for (int i = 0; i < times; ++i) all.add({before, "score", 5}, outcome(label, after), {"helo", "dnsbl"});
  };
  add(worse_spam, Label::spam, Fate::rejected, Fate::accepted);
  add(better_spam, Label::spam, Fate::deferred, Fate::tagged);
  add(worse_ham, Label::ham, Fate::accepted, Fate::quarantined);
  add(better_ham, Label::ham, Fate::tagged, Fate::deferred);
  return all;
}

}  // namespace

TEST_CASE("comparison: changes are counted, and the first named with their reasons") {
  Comparison all = compared(1, 0, 0, 0);
  all.add({Fate::accepted, "", 0}, outcome(Label::none, Fate::accepted), {"helo", "dnsbl"});
  CHECK(all.compared == 2);
  CHECK(all.changed == 1);
  REQUIRE(all.named.size() == 1);
  CHECK(all.named.front().before.fate == Fate::rejected);
  CHECK(all.named.front().after.by == "dnsbl");
  CHECK(all.named.front().reasons == std::vector<std::string>{"dnsbl 5: large", "helo 1: small"});
  CHECK(compared(200, 0, 0, 0).named.size() == Comparison::kNamed);
  CHECK(compared(200, 0, 0, 0).changed == 200);
}

TEST_CASE("comparison: what a label's messages fare") {
  const Comparison all = compared(3, 1, 2, 5);
  CHECK(all.disagreement(Label::spam).worse == 3);
  CHECK(all.disagreement(Label::spam).better == 1);
  CHECK(all.disagreement(Label::ham).worse == 2);
  CHECK(all.disagreement(Label::ham).better == 5);
  CHECK(all.disagreement().worse == 5);
  CHECK(all.count(Label::ham) == 7);
}

TEST_CASE("comparison: the exact test of McNemar") {
  const auto p = [](std::uint64_t better, std::uint64_t worse) { return Disagreement{better, worse}.p_value(); };
  CHECK(p(0, 0) == Approx(1));
  CHECK(p(5, 5) == Approx(1));
  CHECK(p(0, 5) == Approx(0.0625));       // 2 / 2^5
  CHECK(p(1, 9) == Approx(22.0 / 1024));  // 2 (1 + 10) / 2^10
  CHECK(p(9, 1) == Approx(p(1, 9)));
  CHECK(p(1, 7) == Approx(0.0703125));  // Siegel and Castellan 1988
  CHECK(p(400'000, 400'000) == Approx(1).margin(0.01));
  CHECK(p(300'000, 400'000) < 1e-6);
}

TEST_CASE("comparison: a regress is a label that fares worse by more than it may, whatever the other does") {
  CHECK_FALSE(is_regress(compared(0, 0, 0, 0), {0, false}));
  CHECK(is_regress(compared(1, 0, 0, 9), {0, false}));
  CHECK(is_regress(compared(0, 9, 1, 0), {0, false}));
  CHECK_FALSE(is_regress(compared(1, 1, 0, 0), {0, false}));
  CHECK_FALSE(is_regress(compared(3, 1, 0, 0), {2, false}));
  CHECK(is_regress(compared(4, 1, 0, 0), {2, false}));
  CHECK_FALSE(is_regress(compared(1, 99, 0, 0), {1, true}));
  CHECK(is_regress(compared(0, 0, 51, 49), {1, true}));
  CHECK_FALSE(is_regress(compared(0, 0, 51, 49), {2, true}));
}
