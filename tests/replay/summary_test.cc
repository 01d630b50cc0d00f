/// summary_test.cc: who caught what alone, what would be without whom, and bounds on what strangers write.
#include "replay/summary.h"

#include <catch2/catch.hpp>

#include "replay/costs.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

Hit hit(std::size_t filter, double score, Fate without) {
  Hit made;
  made.filter = filter;
  made.score = score;
  made.counts = true;
  made.without = without;
  made.reason = "reason " + std::to_string(filter);
  return made;
}

Outcome outcome(Label label, Fate fate, std::vector<Hit> hits, std::string by = "score") {
  Outcome made;
  made.name = "m";
  made.label = label;
  made.fate = fate;
  made.size = 1000;
  made.by = fate == Fate::accepted ? "" : std::move(by);
  for (const Hit& each : hits) made.score += each.score;
  made.hits = std::move(hits);
  return made;
}

PerLabel labels(std::uint64_t none, std::uint64_t spam, std::uint64_t ham) { return {none, spam, ham}; }

}  // namespace

TEST_CASE("messages are counted by label and fate, and by who decided") {
  Summary summary({"a", "b"});
  summary.add(outcome(Label::spam, Fate::rejected, {hit(0, 0, Fate::accepted)}, "a"));
  summary.add(outcome(Label::spam, Fate::tagged, {}));
  summary.add(outcome(Label::ham, Fate::deferred, {}, "b"));
  summary.add(outcome(Label::none, Fate::accepted, {}));
  CHECK(summary.messages == 4);
  CHECK(summary.bytes == 4000);
  CHECK(summary.count(Label::spam) == 2);
  CHECK(summary.count(Label::spam, Fate::rejected) == 1);
  CHECK(summary.count(Label::ham, Fate::deferred) == 1);
  CHECK(summary.count(Label::none, Fate::accepted) == 1);
  CHECK(summary.decided_by ==
        std::map<std::string, PerLabel>{{"a", labels(0, 1, 0)}, {"b", labels(0, 0, 1)}, {"score", labels(0, 1, 0)}});
  CHECK(summary.confusion().spam.caught == 2);
  CHECK(summary.confusion().ham.deferred == 1);
  CHECK(summary.scores_of(Label::spam).count() == 2);
  CHECK(summary.timeline.view().undated.messages() == 4);
}

TEST_CASE("of a filter: what it found, alone caught, saved, and failed on") {
  Summary summary({"caught", "helped", "saved"});
  summary.add(outcome(Label::spam, Fate::rejected, {hit(0, 9, Fate::accepted), hit(1, 1, Fate::rejected)}));
  summary.add(outcome(Label::spam, Fate::rejected, {hit(0, 9, Fate::tagged), hit(1, 5, Fate::rejected)}));
  summary.add(outcome(Label::ham, Fate::tagged, {hit(0, 9, Fate::accepted)}));
  summary.add(outcome(Label::ham, Fate::accepted, {hit(1, 6, Fate::accepted), hit(2, -3, Fate::tagged)}));
  summary.add(outcome(Label::ham, Fate::accepted, {}));
  Hit failed;
  failed.filter = 2;
  failed.failed = true;
  failed.without = Fate::accepted;
  summary.add(outcome(Label::ham, Fate::deferred, {failed}));
  failed.score = 1;  // of another phase
  summary.add(outcome(Label::none, Fate::accepted, {failed}));

  const auto& [caught, helped, saved] = std::tie(summary.filters[0], summary.filters[1], summary.filters[2]);
  CHECK((caught.name == "caught" && helped.name == "helped" && saved.name == "saved"));
  CHECK(caught.hits == labels(0, 2, 1));
  CHECK(caught.unique == labels(0, 1, 1));
  CHECK(caught.saved == labels(0, 0, 0));
  CHECK(helped.hits == labels(0, 2, 1));
  CHECK(helped.unique == labels(0, 0, 0));
  CHECK(saved.hits == labels(1, 0, 1));
  CHECK(saved.saved == labels(0, 0, 1));
  CHECK(saved.unique == labels(0, 0, 1));
  CHECK((caught.failed == 0 && saved.failed == 2));

  CHECK(summary.accepted_without(0, Label::spam) == 1);
  CHECK(summary.accepted_without(0, Label::ham) == 3);
  CHECK(summary.accepted_without(2, Label::ham) == 2);  // one that it saved goes, one that it failed on comes
  CHECK(summary.confusion().recall().hits == 2);
  const Confusion without = summary.confusion_without(0);
  CHECK((without.spam.caught == 1 && without.spam.passed == 1 && without.ham.caught == 0 && without.ham.passed == 3));
  CHECK(summary.confusion_without(1).spam.caught == 2);
  CHECK((summary.confusion_without(2).ham.caught == 2 && summary.confusion_without(2).ham.deferred == 0));
}

TEST_CASE("mistakes are named with those reasons first that made it so") {
  Summary summary({"a", "b", "c", "d"});
  summary.add(outcome(Label::ham, Fate::deferred, {hit(0, 1, Fate::accepted)}));  // neither
  summary.add(outcome(Label::spam, Fate::deferred, {}));
  summary.add(outcome(Label::none, Fate::rejected, {}));
  summary.add(outcome(
      Label::ham, Fate::tagged,
      {hit(0, -1, Fate::tagged), hit(1, 5, Fate::tagged), hit(2, 0, Fate::accepted), hit(3, -2, Fate::quarantined)}));
  summary.add(outcome(Label::spam, Fate::accepted, {hit(1, 1.5, Fate::accepted)}));
  REQUIRE(summary.false_positives.size() == 1);
  const Mistake& harmed = summary.false_positives[0];
  CHECK((harmed.label == Label::ham && harmed.fate == Fate::tagged && harmed.by == "score" && harmed.score == 2));
  REQUIRE(harmed.reasons.size() == 4);
  CHECK(harmed.reasons[0].text == "reason 2");
  CHECK(harmed.reasons[1].text == "reason 1");
  CHECK(harmed.reasons[2].text == "reason 3");
  CHECK((harmed.reasons[3].filter == 0 && harmed.reasons[3].score == -1 && harmed.reasons[3].counts));
  REQUIRE(summary.false_negatives.size() == 1);
  CHECK(summary.false_negatives[0].score == 1.5);
}

TEST_CASE("of mistakes no more is kept than is read") {
  Summary summary(std::vector<std::string>(10, "f"));
  Outcome long_one = outcome(Label::ham, Fate::rejected, {});
  long_one.name = std::string(100'000, 'n');
  for (std::size_t i = 0; i < 10; ++i) {
    long_one.hits.push_back(hit(i, 1, Fate::rejected));
    long_one.hits.back().reason = std::string(100'000, 'r');
  }
  for (std::size_t i = 0; i < 2 * Summary::kMistakesNamed; ++i) summary.add(long_one);
  CHECK(summary.false_positives.size() == Summary::kMistakesNamed);
  CHECK(summary.false_positives[0].name.size() == Summary::kNameBytes);
  CHECK(summary.false_positives[0].reasons.size() == Summary::kReasonsNamed);
  CHECK(summary.false_positives[0].reasons[0].text.size() == Summary::kReasonBytes);
  CHECK(summary.confusion().false_positives().hits == 2 * Summary::kMistakesNamed);
}

TEST_CASE("costs: each filter's, and those of a message together") {
  Costs costs(2);
  Outcome one;
  one.costs = {{0, 1000}, {1, 500}};
  costs.add(one);
  one.costs = {{0, 3000}};
  costs.add(one);
  CHECK(costs.filters()[0].mean() == 2);
  CHECK(costs.filters()[0].spread.percentile(0.5) == Approx(1).epsilon(0.01));
  CHECK(costs.filters()[1].mean() == 0.5);
  CHECK(costs.messages().spread.count() == 2);
  CHECK(costs.messages().mean() == 2.25);
  CHECK(Costs(1).filters()[0].mean() == 0);
}
