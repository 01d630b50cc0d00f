/// spf_suite_test.cc: the test suite of openspf.org for RFC 7208, in tests/filter/spf/rfc7208.suite:
///
///   scenario Initial processing            a DNS of its own
///   record NAME TYPE VALUE                 bytes as \xNN; a name may be - for none
///   silent NAME                            no answer comes to what has no record
///   test NAME ADDRESS HELO FROM RESULT,... the first is preferred, the others are right, too
///   explanation TEXT                       of the test before it; DEFAULT: there is none
#include <fstream>

#include "filter/spf_world.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

struct Case {
  std::string name;
  SpfQuery query{};
  std::vector<std::string> results{};
  std::optional<std::string> explanation{};
};

struct Scenario {
  std::string name;
  SpfWorld world{};
  std::vector<Case> cases{};
};

std::string unescaped(std::string_view text) {
  std::string out;
  if (text == "-") return out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    out += *from_hex(text.substr(i + 2, 2));
    i += 3;
  }
  return out;
}

/// The first word, taken off.
std::string take(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return std::string(word);
}

Case case_of(std::string_view line) {
  Case made{.name = take(line)};
  made.query.explains = true;
  made.query.address = *IpAddress::parse(take(line));
  made.query.helo = unescaped(take(line));
  const std::string from = unescaped(take(line));
  const std::size_t at = from.rfind('@');
  made.query.domain = at == std::string::npos ? made.query.helo : from.substr(at + 1);
  made.query.local = at == std::string::npos || at == 0 ? "postmaster" : from.substr(0, at);
  for (const std::string_view result : split(line, ',')) made.results.emplace_back(result);
  return made;
}

std::vector<Scenario> read_suite() {
  std::ifstream file(MAILDROP_SOURCE_DIR "/tests/filter/spf/rfc7208.suite");
  std::vector<Scenario> scenarios;
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text.front() == '#') continue;
    std::string_view line = text;
    const std::string word = take(line);
    if (word == "scenario") {
      scenarios.push_back({std::string(line)});
    } else if (word == "record") {
      const std::string name = unescaped(take(line)), type = take(line);
      scenarios.back().world.put(name, type, unescaped(line));
    } else if (word == "silent") {
      scenarios.back().world.silence(unescaped(line));
    } else if (word == "test") {
      scenarios.back().cases.push_back(case_of(line));
    } else if (word == "explanation") {
      scenarios.back().cases.back().explanation = line == "DEFAULT" ? "" : unescaped(line);
    } else {
      FAIL(text);
    }
  }
  return scenarios;
}

}  // namespace

TEST_CASE("spf: the suite of openspf.org, however late answers come") {
  const auto pace = GENERATE(SpfWorld::Pace::at_once, SpfWorld::Pace::in_rounds, SpfWorld::Pace::one_by_one);
  std::size_t cases = 0;
  std::vector<std::string> second_best;
  for (Scenario& scenario : read_suite()) {
    for (const Case& each : scenario.cases) {
      INFO(scenario.name << ": " << each.name);
      const SpfOutcome outcome = scenario.world.check(each.query, pace);
      INFO(outcome.reason);
      ++cases;
      const std::string result(name_of(outcome.result));
      CHECK_THAT(each.results, Catch::Matchers::VectorContains(result));
      if (result != each.results.front()) second_best.push_back(each.name);
      if (each.explanation) CHECK(outcome.explanation == *each.explanation);
    }
  }
  CHECK(cases == 203);
  // The DNS does not tell equal records apart; and of eleven names the first ten are others when they are sorted.
  CHECK(second_best == std::vector<std::string>{"multispf1", "ptr-limit"});
}
