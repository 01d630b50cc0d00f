/// decision_test.cc: a decision as JSON, and that nobody learns from it whom mail was for.
#include "report/decision.h"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "filter/trace.h"

using namespace maildrop;
using namespace maildrop::report;

namespace {

Decision full() {
  filter::Trace trace;
  trace.entries.push_back({filter::Phase::rcpt,
                           "rate",
                           FilterUse::Mode::score,
                           filter::Action::tag,
                           2.5,
                           false,
                           false,
                           3,
                           "too much for bob@example.org, says Bob, and Ann",
                           {}});
  trace.entries.push_back(
      {filter::Phase::message, "size", FilterUse::Mode::score, filter::Action::pass, 0, false, false, 1, "", {}});
  Decision decision;
  decision.time = Time(Millis(1'700'000'000'000));
  decision.of = Decision::Of::message;
  decision.result = Decision::Result::refused;
  decision.code = 550;
  decision.reason = "filter";
  decision.why = "rate: BOB@example.org";
  decision.by = "rate";
  decision.session = "s1";
  decision.client = "192.0.2.1";
  decision.helo = "mail.example.com";
  decision.from = "list-bob=example.org@example.com";
  decision.to = {"Bob@example.org", "ann+x@example.org"};
  decision.size = 99;
  decision.mark = store::Mark::tag;
  decision.score = 11.1F;  // 11.1000003815
  decision.trace = format_trace(trace);
  decision.facts = {{"spf", "pass"}};
  decision.hosts = {"one.example", "two.example"};
  return decision;
}

}  // namespace

TEST_CASE("a decision has what an operator asks for, and whom it was for by a pseudonym alone") {
  const Pseudonyms pseudonyms("a key");
  const std::string line = to_json(full(), pseudonyms);
  REQUIRE(line.ends_with("}\n"));
  const auto object = nlohmann::json::parse(line);
  const std::string bob = pseudonyms.of("bob@example.org");
  CHECK(bob.size() == 16);
  CHECK(object["schema"] == "maildrop.decision/1");
  CHECK(object["time"] == "2023-11-14T22:13:20.000Z");
  CHECK(object["of"] == "message");
  CHECK(object["result"] == "refused");
  CHECK(object["code"] == 550);
  CHECK(object["client"] == "192.0.2.1");
  CHECK(object["to"] == nlohmann::json{bob, pseudonyms.of("ann+x@example.org")});
  CHECK(object["from"] == "list-" + bob + "@example.com");
  CHECK(object["why"] == "rate: " + bob);
  CHECK(object["by"] == "rate");
  CHECK(object["mark"] == "tag");
  CHECK(line.find("\"score\":11.1,") != std::string::npos);
  CHECK(object["facts"]["spf"] == "pass");
  CHECK(object["hosts"].size() == 2);
  REQUIRE(object["findings"].size() == 1);  // what found nothing is not told
  CHECK(object["findings"][0]["filter"] == "rate");
  CHECK(object["findings"][0]["reason"] ==
        "too much for " + bob + ", says " + bob + ", and " + pseudonyms.of("ann+x@example.org"));
  CHECK(line.find("bob") == std::string::npos);
  CHECK(line.find("Bob") == std::string::npos);
}

TEST_CASE("a pseudonym is the same for one key, however an address is written, and another for another key") {
  CHECK(Pseudonyms("k").of("Bob@Example.org") == Pseudonyms("k").of("bob@example.org"));
  CHECK(Pseudonyms("k").of("bob@example.org") != Pseudonyms("l").of("bob@example.org"));
  CHECK(Pseudonyms("").of("bob@example.org") != Pseudonyms("").of("bob@example.org"));  // at random
}

TEST_CASE("only words of their own are hidden") {
  const Pseudonyms pseudonyms("k");
  const auto hide = [&](const char* text, const char* address, bool words) {
    return Hiding(pseudonyms, {address}).hide(text, words);
  };
  const std::string ann = pseudonyms.of("ann@x.example");
  CHECK(hide("annual, ann, banns", "ann@x.example", true) == "annual, " + ann + ", banns");
  CHECK(hide("to a at noon", "a@x.example", true) == "to a at noon");  // too short for a word
  CHECK(hide("ann", "ann@x.example", false) == "ann");
  CHECK(hide("ann@x.example", "", true) == "ann@x.example");
  const std::string bob = pseudonyms.of("bob42@x.example");
  CHECK(hide("0.9 spam: bob00@x.example 3:0, bob00 1:0", "bob42@x.example", true) ==
        "0.9 spam: " + bob + " 3:0, " + bob + " 1:0");  // as bayes tells of words
  CHECK(hide("no at", "no", true) == pseudonyms.of("no") + " at");
}

TEST_CASE("what strangers wrote makes one line of valid UTF-8, of bounded size") {
  Decision decision = full();
  decision.helo = "\x1b[2J\r\n\xff" + std::string(100'000, 'x');
  decision.from = std::string(100'000, '"');
  decision.score = std::numeric_limits<float>::infinity();
  decision.trace = "no trace";
  decision.hosts.assign(2000, std::string(200, '\xff'));
  const std::string line = to_json(decision, Pseudonyms("k"));
  CHECK(line.size() < kLongestLine);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find('\x1b') == std::string::npos);
  const auto object = nlohmann::json::parse(line);
  CHECK_FALSE(object.contains("score"));
  CHECK_FALSE(object.contains("findings"));
}

TEST_CASE("of a session there is no envelope") {
  Decision decision = full();
  decision.of = Decision::Of::session;
  const auto object = nlohmann::json::parse(to_json(decision, Pseudonyms("k")));
  CHECK_FALSE(object.contains("from"));
  CHECK_FALSE(object.contains("to"));
  CHECK(full().bytes() > sizeof(Decision));
}
