/// trace_test.cc: traces as text, there and back.
#include "filter/trace.h"

#include <catch2/catch.hpp>

#include "filter/words.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

Trace sample() {
  Trace trace;
  trace.mark = store::Mark::tag;
  trace.score = 5.25;
  trace.entries.push_back({.phase = Phase::connect,
                           .filter = "dnsbl",
                           .mode = FilterUse::Mode::enforce,
                           .action = Action::reject,
                           .score = 6,
                           .allowed = false,
                           .failed = false,
                           .micros = 12,
                           .reason = "listed\tby \\zen\n",
                           .facts = {"A 2.0.0.127.zen.example = 127.0.0.2", "TXT x = \"a\tb\""}});
  TraceEntry silent;
  silent.phase = Phase::connect;
  silent.filter = "helo";
  trace.entries.push_back(silent);
  TraceEntry failed;
  failed.phase = Phase::mail;
  failed.filter = "spf";
  failed.failed = true;
  failed.score = -0.75;
  trace.entries.push_back(failed);
  return trace;
}

bool same(const TraceEntry& a, const TraceEntry& b) {
  return a.phase == b.phase && a.filter == b.filter && a.mode == b.mode && a.action == b.action && a.score == b.score &&
         a.allowed == b.allowed && a.failed == b.failed && a.micros == b.micros && a.reason == b.reason &&
         a.facts == b.facts;
}

}  // namespace

TEST_CASE("a trace reads back as it was written") {
  const Trace trace = sample();
  const auto read = parse_trace(format_trace(trace));
  REQUIRE(read);
  CHECK(read->mark == trace.mark);
  CHECK(read->score == trace.score);
  CHECK_FALSE(read->cut);
  REQUIRE(read->entries.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(same(read->entries[i], trace.entries[i]));
}

TEST_CASE("an action is called the same by who says it and where it is kept") {
  for (const Word& word : kWords) CHECK(name_of(word.action) == word.name);
  CHECK(find_word("reject")->action == Action::reject);
  CHECK_FALSE(find_word("score"));
}

TEST_CASE("scores have two digits, in which no sum shows what binary parts have lost") {
  Trace trace;
  trace.score = 0.1 + 0.2 + 9;
  const auto read = parse_trace(format_trace(trace));
  REQUIRE(read);
  CHECK(read->score == 9.3);
}

TEST_CASE("who found nothing takes the bytes of his name") {
  Trace trace;
  for (int i = 0; i < 20; ++i) {
    TraceEntry& entry = trace.entries.emplace_back();
    entry.phase = Phase::mail;
    entry.filter = "filter" + std::to_string(i);
    entry.micros = 100;
  }
  CHECK(format_trace(trace).size() < 220);
  CHECK(parse_trace(format_trace(trace))->entries.size() == 20);
}

TEST_CASE("a trace has a limit, and says when there was more") {
  Trace trace = sample();
  while (trace.entries.size() < 1000) trace.entries.push_back(trace.entries.front());
  const std::string text = format_trace(trace);
  CHECK(text.size() <= Trace::kMostBytes);
  CHECK(text.size() > Trace::kMostBytes / 2);
  CHECK(parse_trace(text)->cut);
  CHECK(format_trace(*parse_trace(text)) == text);
}

TEST_CASE("what is no trace is told, wherever it was damaged") {
  const std::string text = format_trace(sample());
  CHECK_FALSE(parse_trace(""));
  CHECK_FALSE(parse_trace("2\tnone\t0\n"));
  for (const char* bad :
       {"1\tnone\n", "1\tblue\t0\n", "1\tnone\tnan\n", "1\tnone\t0", "1\tnone\t0\nnowhere\tspf\n", "1\tnone\t0\nmail\n",
        "1\tnone\t0\nmail\tspf\tscore\tpass\t0\t-\t1\n", "1\tnone\t0\nmail\tspf\tscore\tfly\t0\t-\t1\tx\n",
        "1\tnone\t0\nmail\tspf\tscore\tpass\t0\t--\t1\tx\n", "1\tnone\t0\nmail\tspf\tscore\tpass\t0\t-\t-1\tx\n"}) {
    INFO(bad);
    const auto read = parse_trace(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::corrupt);
  }
  for (std::size_t i = 0; i < text.size(); ++i) parse_trace(text.substr(0, i));  // for the sanitizers
}
