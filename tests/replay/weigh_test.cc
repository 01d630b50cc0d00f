/// weigh_test.cc: what becomes of a message, by which rules, and without which filter.
#include "replay/weigh.h"

#include <catch2/catch.hpp>

#include "core/text.h"

using namespace maildrop;
using namespace maildrop::replay;
using filter::Action;
using filter::Finding;
using filter::Phase;

namespace {

filter::Rules rules() {
  filter::Rules rules;
  rules.settings.tag = 5;
  rules.settings.quarantine = 0;
  rules.settings.defer = 0;
  rules.settings.reject = 10;
  rules.filters = {{"one", {.mode = FilterUse::Mode::enforce}}, {"two", {.mode = FilterUse::Mode::enforce}}};
  return rules;
}

Step step(Phase phase, std::size_t filter, Finding finding) { return {phase, {{filter, std::move(finding)}}}; }
Finding act(Action action) { return Finding::act(action, 0, "", "why"); }

std::string weighed(const std::vector<Step>& steps, std::optional<std::size_t> without = {}) {
  static constexpr const char* kNames[] = {"accepted", "tagged", "quarantined", "discarded", "deferred", "rejected"};
  const filter::Upshot upshot = weigh(rules(), steps, without);
  return std::string(kNames[static_cast<std::size_t>(upshot.fate)]) + " " + upshot.by + " " +
         format_number(upshot.score);
}

}  // namespace

TEST_CASE("weigh: the gravest that is told, and whose it is") {
  CHECK(weighed({}) == "accepted  0");
  CHECK(weighed({{Phase::connect}, {Phase::message}}) == "accepted  0");
  CHECK(weighed({step(Phase::connect, 0, Finding::score_of(6, "x")), {Phase::message}}) == "tagged score 6");
  CHECK(weighed({step(Phase::connect, 0, Finding::score_of(6, "x")),
                 step(Phase::message, 1, Finding::score_of(5, "y"))}) == "rejected score 11");
  CHECK(weighed({step(Phase::mail, 0, act(Action::reject)), step(Phase::message, 1, act(Action::tag))}) ==
        "rejected one 0");
  CHECK(weighed({{Phase::rcpt}, step(Phase::message, 1, act(Action::quarantine))}) == "quarantined two 0");
  CHECK(weighed({{Phase::rcpt}, step(Phase::message, 1, act(Action::discard))}) == "discarded two 0");
}

TEST_CASE("weigh: without a filter it is as though that had not been there") {
  const std::vector<Step> steps = {step(Phase::connect, 0, Finding::score_of(6, "x")),
                                   step(Phase::message, 1, Finding::score_of(5, "y"))};
  CHECK(weighed(steps, 0) == "tagged score 5");
  CHECK(weighed(steps, 1) == "tagged score 6");
  CHECK(weighed({step(Phase::mail, 0, act(Action::reject)), step(Phase::message, 1, act(Action::tag))}, 0) ==
        "tagged two 0");
}

TEST_CASE("weigh: a message goes to whom it may, and what nobody gets is deferred if one would be tried again") {
  const Step reject = step(Phase::rcpt, 0, act(Action::reject)), defer = step(Phase::rcpt, 0, act(Action::defer)),
             drop = step(Phase::rcpt, 0, act(Action::discard));
  const Step tag = step(Phase::message, 1, act(Action::tag));
  CHECK(weighed({reject, {Phase::rcpt}, tag}) == "tagged two 0");
  CHECK(weighed({reject, tag}) == "rejected one 0");
  CHECK(weighed({reject, defer, tag}) == "deferred one 0");
  CHECK(weighed({drop, reject, tag}) == "rejected one 0");
  CHECK(weighed({drop, drop, tag}) == "discarded one 0");
}

TEST_CASE("weigh: parts are what filters gave without weights, and none of a message that is decided without a sum") {
  filter::Rules weighted = rules();
  weighted.filters[0].use = {.mode = FilterUse::Mode::score, .weight = 3};
  weighted.filters[1].use = {.mode = FilterUse::Mode::observe, .weight = 0};
  const filter::Rules bare = bare_rules(weighted);
  const Step sum = step(Phase::connect, 0, Finding::score_of(20, "x"));
  using Scores = std::vector<std::pair<std::size_t, double>>;
  Step last = step(Phase::message, 1, Finding::score_of(0.5, "z"));
  last.found.emplace_back(0, Finding::fail("no answer"));
  const Parts parts = parts_of(bare, std::vector<Step>{sum, step(Phase::rcpt, 1, Finding::score_of(2, "y")),
                                                       step(Phase::rcpt, 1, Finding::score_of(3, "y")), last});
  CHECK(!parts.decided);
  CHECK(parts.scores == Scores{{0, 20}, {1, 3.5}});  // of two recipients the one who gave more
  const filter::Rules enforced = bare_rules(rules());
  const auto decided = [&](Phase phase, Finding finding) {
    return parts_of(enforced, std::vector<Step>{sum, step(phase, 1, std::move(finding))}).decided;
  };
  CHECK(!decided(Phase::rcpt, Finding::score_of(1, "x")));
  CHECK(decided(Phase::rcpt, act(Action::reject)));
  CHECK(decided(Phase::rcpt, act(Action::defer)));
  CHECK(decided(Phase::message, act(Action::tag)));
  CHECK(decided(Phase::mail, Finding::allow("known")));
}
