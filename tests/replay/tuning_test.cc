/// tuning_test.cc: weights come of what filters tell, keep thresholds, and are judged on mail that they have not seen.
#include "replay/tuning.h"

#include <catch2/catch.hpp>

#include "tuning_kit.h"

using namespace maildrop;
using namespace maildrop::replay;
using tuning_kit::examples_of;
using tuning_kit::Gives;
using tuning_kit::tunable;

namespace {

TuningOptions options(double most_false = 0.02) {
  return {.thresholds = {{"tag", 5}, {"reject", 10}}, .most_false = most_false};
}

Tuning tuned(const Examples& examples, const std::vector<Tunable>& filters, const TuningOptions& how = options()) {
  auto tuning = tune(examples, filters, how, tuning_kit::go_on);
  if (!tuning) FAIL(tuning.error().what);
  return std::move(*tuning);
}

std::string refused(const Examples& examples, const std::vector<Tunable>& filters,
                    const TuningOptions& how = options()) {
  const auto tuning = tune(examples, filters, how, tuning_kit::go_on);
  REQUIRE(!tuning);
  CHECK(tuning.error().code == Code::invalid);
  return tuning.error().what;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

const std::vector<Gives> kFilters = {{2, 70, 2}, {1.5, 50, 10}, {1, 30, 30}, {3, 10, 40}, {1, 0, 0}};
const std::vector<Tunable> kTunables = {tunable("strong"), tunable("fair"), tunable("noise"), tunable("wrong"),
                                        tunable("silent")};

}  // namespace

TEST_CASE("tuning: who tells most weighs most, and who is wrong nothing") {
  const Examples examples = examples_of(kFilters, 300, 450);
  const Tuning tuning = tuned(examples, kTunables);
  REQUIRE(tuning.weights.size() == 4);
  const auto& [strong, fair, noise, wrong] =
      std::tie(tuning.weights[0], tuning.weights[1], tuning.weights[2], tuning.weights[3]);
  CHECK(strong.after * 2 > fair.after * 1.5);
  CHECK(fair.after * 1.5 > noise.after * 2);
  CHECK(wrong.after == 0);
  CHECK(strong.low <= strong.after);
  CHECK(strong.high >= strong.after);
  CHECK(strong.spam > 180);
  CHECK(tuning.silent == std::vector<std::string>{"silent"});
  CHECK(tuning.unchanged.empty());

  // What was asked for, on mail that was not seen; as they are, the threshold is out of reach of most.
  const TunedFigures::At &before = tuning.before.at[0], &after = tuning.after.at[0];
  CHECK(before.recall.of == 300);
  CHECK(after.false_positives.of == 450);
  CHECK(*after.false_positives.value() < 0.04);
  CHECK(*after.recall.value() > *before.recall.value() + 0.2);
  CHECK(tuning.after.at[1].recall.hits <= after.recall.hits);
  CHECK(roc_area(tuning.after.spam, tuning.after.ham)->value >
        roc_area(tuning.before.spam, tuning.before.ham)->value + 0.05);
  CHECK(roc_area(tuning.moved.spam, tuning.moved.ham)->value ==
        Approx(roc_area(tuning.before.spam, tuning.before.ham)->value).margin(0.02));
  CHECK(tuning.spam_changed.better > tuning.spam_changed.worse);
  CHECK(tuning.spam_changed.better - tuning.spam_changed.worse == after.recall.hits - before.recall.hits);
}

TEST_CASE("tuning: no more ham of all folds is at the threshold than is let") {
  const Examples examples = examples_of(kFilters, 150, 300);
  for (const double most : {0.0, 0.02}) {
    const Tuning tuning = tuned(examples, kTunables, options(most));
    std::uint64_t ham = 0, spam = 0;
    REQUIRE(examples.each([&](const Example& example, unsigned) {
      double score = 0;
      for (const auto& [filter, found] : example.scores)
        if (filter < 4) score += tuning.weights[filter].after * found;
      (example.spam ? spam : ham) += score >= 5 - 1e-9 ? 1 : 0;
    }));
    CHECK(static_cast<double>(ham) <= most * 300);
    CHECK((spam > 0) == (most > 0));
  }
}

TEST_CASE("tuning: a fold is judged by what comes of the others alone") {
  auto examples = Examples::create();
  REQUIRE(examples);
  for (std::uint32_t i = 0; i < 300; ++i) {  // between two of one there is always one of the other
    REQUIRE(examples->add({true, {{0, 10.05 + i * 0.1}}}, {0, i * 2654435761u}));
    REQUIRE(examples->add({false, {{0, 1 + i * 0.1}}}, {0, i * 2246822519u + 1}));
  }
  REQUIRE(examples->divide(TuningOptions::kFolds));
  // No ham that it was fitted to is at the threshold, so the one that has most of all is, when it is left out.
  const Tuning tuning = tuned(*examples, {tunable("one")}, {.thresholds = {{"tag", 500}}, .most_false = 0});
  CHECK(tuning.after.at[0].false_positives.hits >= 1);
  CHECK(tuning.after.at[0].false_positives.hits < 10);
  CHECK(500 / tuning.weights[0].after > 30.9);
}

TEST_CASE("tuning: the same each time, and of another threshold the same in its measure") {
  const Examples examples = examples_of(kFilters, 60, 80);
  const Tuning one = tuned(examples, kTunables), again = tuned(examples, kTunables);
  const Tuning twice = tuned(examples, kTunables, {.thresholds = {{"tag", 10}}, .most_false = 0.02});
  for (std::size_t i = 0; i < one.weights.size(); ++i) {
    CHECK(one.weights[i].after == again.weights[i].after);
    CHECK(twice.weights[i].after == Approx(2 * one.weights[i].after).margin(0.05));
  }
  CHECK(one.after.at[0].recall.hits == again.after.at[0].recall.hits);
}

TEST_CASE("tuning: what can be divided whole has weights that are no larger than settings let") {
  const Tuning tuning =
      tuned(examples_of({{0.01, 100, 0}, {4, 100, 0}}, 100, 100), {tunable("small"), tunable("large")});
  for (const Tuning::Weight& weight : tuning.weights) CHECK(weight.after <= 100);
  CHECK(tuning.after.at[0].recall.hits == 100);
  CHECK(tuning.after.at[0].false_positives.hits == 0);
}

TEST_CASE("tuning: one that is only observed is worth what it tells, and what is not fitted counts as it does") {
  const std::vector<Gives> gives = {{2, 70, 2}, {1.5, 50, 10}, {1, 40, 40}};
  const Examples examples = examples_of(gives, 120, 150);
  const Tuning tuning =
      tuned(examples, {tunable("observed", 1, false), tunable("counted", 2), tunable("fixed", 3, true, false)});
  REQUIRE(tuning.weights.size() == 2);
  CHECK(!tuning.weights[0].counted);
  CHECK(tuning.weights[0].after > 0.5);
  CHECK(tuning.weights[1].before == 2);
  CHECK(tuning.unchanged == std::vector<std::string>{"fixed"});
  // `fixed` gives 3 to many of either: weights are as though the threshold stood at 2 for these.
  CHECK(*tuning.after.at[0].false_positives.value() < 0.04);
  CHECK(has(refused(examples, {tunable("a"), tunable("b"), tunable("fixed", 5, true, false)}), "within that rate"));
}

TEST_CASE("tuning: a script's weight is told as it stands in its own file") {
  const Examples examples = examples_of({{2, 70, 2}, {1.5, 50, 10}}, 100, 150);
  const Tuning plain = tuned(examples, {tunable("a", 4), tunable("b")});
  const Tuning script = tuned(examples, {{"a", 4, true, true, true, 2}, tunable("b")});
  CHECK(script.weights[0].before == 2);
  CHECK(script.weights[0].after == Approx(plain.weights[0].after / 2).margin(0.02));
}

TEST_CASE("tuning: too little is refused with what is missing") {
  const std::vector<Tunable> one = {tunable("a")};
  CHECK(
      has(refused(examples_of({{2, 70, 2}}, 49, 100), one), "too little spam that a sum could decide on: 49 messages"));
  CHECK(has(refused(examples_of({{2, 70, 2}}, 100, 0), one), "too little ham"));
  CHECK(has(refused(examples_of({{2, 0, 0}}, 100, 100), one), "no filter"));
  CHECK(has(refused(examples_of({{2, 50, 50}}, 100, 100), {tunable("a", 1, true, false)}), "no filter"));
  CHECK(has(refused(examples_of({{2, 5, 90}}, 100, 100), one), "nothing that filters found"));
  auto copies = Examples::create();
  for (std::uint32_t i = 0; i < 400; ++i) REQUIRE(copies->add({i % 2 == 0, {{0, 2}}}, {0, i % 2 == 0 ? i % 16 : i}));
  REQUIRE(copies->divide(10));
  CHECK(has(refused(*copies, one), "200 messages, of which 8 differ"));
}

TEST_CASE("tuning: can be ended") {
  const Examples examples = examples_of(kFilters, 100, 100);
  unsigned asked = 0;
  const auto tuning = tune(examples, kTunables, options(), [&asked](unsigned done, unsigned of) {
    CHECK(of == 51);
    return done == asked++ && done < 3;
  });
  REQUIRE(!tuning);
  CHECK(tuning.error().code == Code::unavailable);
  CHECK(asked == 4);
}
