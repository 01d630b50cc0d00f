/// verdicts_test.cc: what is no trace is told, whatever a server makes of it.
#include "api/verdicts.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::api;

TEST_CASE("verdicts: there and back") {
  filter::Trace trace;
  trace.mark = store::Mark::quarantine;
  trace.score = 8.5;
  trace.cut = true;
  filter::TraceEntry& entry = trace.entries.emplace_back();
  entry.phase = filter::Phase::message;
  entry.filter = "dkim";
  entry.mode = FilterUse::Mode::observe;
  entry.action = filter::Action::defer;
  entry.score = -0.5;
  entry.failed = true;
  entry.micros = 99;
  entry.reason = "why";
  entry.facts = {"TXT a = \"b\""};
  trace.entries.emplace_back().filter = "helo";
  const auto read = parse_trace(to_json(trace));
  REQUIRE(read);
  CHECK(filter::format_trace(*read) == filter::format_trace(trace));
}

TEST_CASE("verdicts: what is none is corrupt") {
  const std::string entry =
      R"({"phase":"mail","filter":"spf","mode":"score","action":"pass","score":0,"microseconds":1,"reason":"x"})";
  const auto with = [](const std::string& filters) {
    return parse_trace(*parse_json(R"({"mark":"none","score":1,"filters":[)" + filters + R"(],"silent":{}})"));
  };
  CHECK(with(entry)->entries.size() == 1);
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{{"mail", "nowhere"},
                                                                                           {"score\"", "none\""},
                                                                                           {"pass", "fly"},
                                                                                           {":0", ":\"0\""},
                                                                                           {":1", ":-1"},
                                                                                           {entry, "7"}}) {
    std::string changed = entry;
    INFO(from << " to " << to);
    const auto read = with(changed.replace(changed.find(from), from.size(), to));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::corrupt);
  }
  for (const char* text :
       {"[]", R"({"mark":"blue","score":1})", R"({"mark":"none"})",
        R"({"mark":"none","score":1,"silent":{"nowhere":[]}})", R"({"mark":"none","score":1,"silent":{"mail":[7]}})"})
    CHECK_FALSE(parse_trace(*parse_json(text)));
}
