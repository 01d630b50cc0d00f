/// sample_judge_test.cc: recorded messages before filters, on the day they came.
#include "replay/sample_judge.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "filter/filters.h"

using namespace maildrop;
using namespace maildrop::replay;
using namespace std::chrono_literals;

namespace {

const Time kDay = from_millis(1'030'000'000'000);

Sample sample(Time time, const std::string& from = "a@example.com") {
  Sample sample{"one",
                "From: a@example.com\r\nTo: bob@localhost\r\nDate: Thu, 22 Aug 2002 07:06:40 +0000\r\n\r\nbody\r\n"};
  sample.envelope.from = from;
  sample.envelope.to = {"bob@localhost"};
  sample.envelope.peer = *IpAddress::parse("192.0.2.1");
  sample.envelope.helo = "mail.example.com";
  sample.envelope.received = time;
  return sample;
}

Config only(std::string_view filter) {
  Config config;
  config.mail.domains = {"*"};
  for (const filter::FilterKind& kind : filter::filter_kinds())
    const_cast<FilterUse&>(kind.use(config.filter)).mode =
        kind.name == filter ? FilterUse::Mode::enforce : FilterUse::Mode::off;
  return config;
}

std::shared_ptr<const filter::Chain> chain_of(const Config& config) {
  auto chain = filter::Chain::make(config, filter::filter_kinds());
  REQUIRE(chain);
  return *chain;
}

}  // namespace

TEST_CASE("sample_judge: the ledger goes by the time of the messages, which never goes back") {
  Config config = only("greylist");
  config.filter.greylist.delay = 5min;
  SampleJudge judge(config, chain_of(config));
  DnsFacts none;
  const auto fate = [&](Time time) { return judge.judge(sample(time), none)->fate; };
  CHECK(fate(kDay) == Fate::deferred);
  CHECK(fate(kDay + 1min) == Fate::deferred);
  CHECK(judge.late() == 0);
  CHECK(fate(kDay) == Fate::deferred);  // at the time of the one before
  CHECK(judge.late() == 1);
  CHECK(fate(kDay + 6min) == Fate::accepted);
}

TEST_CASE("sample_judge: what is known is used, what is not is asked once, and kept") {
  Config config = only("spf");
  SampleJudge judge(config, chain_of(config));
  const dns::Question policy = *dns::Question::make("example.com", dns::Type::txt);
  const dns::Answer nobody{.status = dns::Status::found, .records = {{.text = "v=spf1 -all"}}};
  DnsFacts known;
  Outcome without = *judge.judge(sample(kDay), known);
  CHECK(judge.unknown() > 0);
  CHECK(known.empty());
  REQUIRE(without.hits.size() == 1);
  CHECK(without.hits.front().failed);

  std::vector<dns::Question> asked;
  judge.ask_more([&](const std::vector<dns::Question>& questions) {
    std::vector<dns::Answer> answers;
    for (const dns::Question& each : questions) {
      asked.push_back(each);
      answers.push_back(each == policy ? nobody : dns::Answer{.status = dns::Status::no_name});
    }
    return Result<std::vector<dns::Answer>>(answers);
  });
  const Outcome live = *judge.judge(sample(kDay), known);
  CHECK(std::find(asked.begin(), asked.end(), policy) != asked.end());
  CHECK(known.find(policy) != known.end());
  asked.clear();
  const Outcome again = *judge.judge(sample(kDay), known);
  CHECK(asked.empty());
  REQUIRE(live.hits.size() == 1);
  REQUIRE(again.hits.size() == 1);
  CHECK(again.fate == live.fate);
  CHECK(again.score == live.score);
  CHECK(again.hits.front().reason == live.hits.front().reason);
  CHECK_FALSE(again.hits.front().failed);
}

TEST_CASE("sample_judge: an outcome says who decided, and what there would be without him") {
  Config config = only("access");
  config.filter.access.deny = {"192.0.2.0/24"};
  SampleJudge judge(config, chain_of(config));
  DnsFacts none;
  const Outcome refused = *judge.judge(sample(kDay), none);
  CHECK(refused.fate == Fate::rejected);
  CHECK(refused.by == "access");
  REQUIRE(refused.hits.size() == 1);
  CHECK(refused.hits.front().without == Fate::accepted);
  CHECK(refused.hits.front().action == filter::Action::reject);
  CHECK(refused.costs.size() == 1);
  Sample from_nowhere = sample(kDay);
  from_nowhere.envelope.peer.reset();
  const Outcome local = *judge.judge(from_nowhere, none);
  CHECK(local.fate == Fate::accepted);
  CHECK(local.hits.empty());
}
