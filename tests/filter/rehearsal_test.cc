/// rehearsal_test.cc: what filters see of a transaction that is rehearsed, as a session would show it.
#include "filter/rehearsal.h"

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

constexpr std::uint8_t kAll = 0x3f;

/// `rcpt 2 0`: a phase, how many recipients there were, and bytes of the message.
std::string shown(Phase phase, const mail::Transaction& transaction) {
  return std::string(name_of(phase)) + " " + std::to_string(transaction.recipients.size()) + " " +
         std::to_string(transaction.data.size());
}

struct Played {
  std::vector<std::string> seen;
  std::vector<std::string> verdicts;
  Trace trace;
};

/// Refuses recipients whose local part is `no`, and drops the copies of `drop`.
Played play(Script script) {
  Played played;
  const auto judge = [&](Phase phase, const mail::Transaction& transaction, Facts&) {
    played.seen.push_back(shown(phase, transaction));
    const std::string name = phase == Phase::rcpt ? transaction.recipients.back().address.local : "";
    if (name == "drop") return Finding::act(Action::discard, 0, "", "drop");
    return name == "no" ? Finding::act(Action::reject, 0, "", "no") : Finding();
  };
  const FakeClock clock;
  TableWorld world(clock);
  Rehearsal rehearsal(chain_of({}, link("one", kAll, enforced(), judge)), clock, world);
  const auto decided = [&](Phase phase, const mail::Transaction&, const Verdict& verdict) {
    played.verdicts.push_back(std::string(name_of(phase)) + (verdict.refuses() ? " refused" : ""));
  };
  REQUIRE(rehearsal.run(std::move(script), decided));
  played.trace = rehearsal.trace();
  return played;
}

Script script_to(const std::vector<std::string>& to, std::optional<std::string> message) {
  Script script;
  script.transaction = transaction_of("192.0.2.1", "a@example.com", to);
  script.to = script.transaction.recipients;
  script.message = std::move(message);
  return script;
}

}  // namespace

TEST_CASE("rehearsal: phase by phase, and nothing before it has come") {
  const Played played = play(script_to({"bob@localhost", "eve@localhost"}, "A: b\r\n\r\nbody\r\n"));
  CHECK(played.seen == std::vector<std::string>{"connect 0 0", "helo 0 0", "mail 0 0", "rcpt 1 0", "rcpt 2 0",
                                                "headers 2 8", "message 2 14"});
}

TEST_CASE("rehearsal: who is refused has no part in the message, and what was found of him stands behind the others") {
  const Played played = play(script_to({"no@localhost", "bob@localhost"}, "A: b\r\n\r\nbody\r\n"));
  CHECK(played.seen == std::vector<std::string>{"connect 0 0", "helo 0 0", "mail 0 0", "rcpt 1 0", "rcpt 1 0",
                                                "headers 1 8", "message 1 14"});
  CHECK(played.verdicts ==
        std::vector<std::string>{"connect", "helo", "mail", "rcpt refused", "rcpt", "headers", "message"});
  std::vector<std::string> reasons;
  for (const TraceEntry& entry : played.trace.entries)
    if (entry.phase == Phase::rcpt) reasons.push_back(entry.reason);
  CHECK(reasons == std::vector<std::string>{"", "no"});
  CHECK(played.trace.entries.back().phase == Phase::message);
}

TEST_CASE("rehearsal: what was found of one whose copy is dropped is not lost") {
  const Played played = play(script_to({"drop@localhost", "bob@localhost"}, "A: b\r\n\r\nbody\r\n"));
  CHECK(played.seen.back() == "message 2 14");
  std::vector<std::string> reasons;
  for (const TraceEntry& entry : played.trace.entries)
    if (entry.phase == Phase::rcpt) reasons.push_back(entry.reason);
  CHECK(reasons == std::vector<std::string>{"", "drop"});
}

TEST_CASE("rehearsal: a message that nobody gets is judged all the same") {
  const Played played = play(script_to({"no@localhost"}, "A: b\r\n\r\nbody\r\n"));
  CHECK(played.seen.back() == "message 1 14");
}

TEST_CASE("rehearsal: a header without its end, no message, no HELO") {
  CHECK(play(script_to({"bob@localhost"}, "A: b\r\n")).seen.at(4) == "headers 1 6");
  CHECK(play(script_to({"bob@localhost"}, "")).seen.back() == "message 1 0");
  CHECK(play(script_to({"bob@localhost"}, {})).seen.size() == 4);
  Script script = script_to({"bob@localhost"}, {});
  script.transaction.helo.clear();
  CHECK(play(std::move(script)).seen == std::vector<std::string>{"connect 0 0", "mail 0 0", "rcpt 1 0"});
}
