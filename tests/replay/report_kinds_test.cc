/// report_kinds_test.cc: each form of a report says what was, in its own grammar, whatever strangers wrote.
#include "replay/report_kinds.h"

#include <catch2/catch.hpp>
#include <clocale>
#include <string>

#include "core/text.h"
#include "report_kit.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

std::string written(const Report& report, std::string_view name) {
  const ReportKind* kind = report_kind(name);
  REQUIRE(kind);
  return kind->write(report);
}

bool has(const std::string& text, const std::string& part) {
  if (text.find(part) != text.npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

Outcome outcome(const std::string& name, Label label, Fate fate, double score, std::vector<Hit> hits) {
  Outcome made;
  made.name = name;
  made.label = label;
  made.fate = fate;
  made.score = score;
  made.by = fate == Fate::accepted ? "" : "score";
  made.time = from_millis(1'045'224'000'000);
  made.size = 1000;
  made.hits = std::move(hits);
  return made;
}

Hit hit(std::size_t filter, double score, Fate without, const std::string& reason) {
  Hit made;
  made.filter = filter;
  made.score = score;
  made.counts = true;
  made.without = without;
  made.reason = reason;
  return made;
}

/// Six messages, of which one ham is caught and one spam is not.
Report small() {
  Report report;
  report.summary = Summary({"uribl", "spf", "greylist"});
  report.version = "1.2.3";
  report.config = "spam.toml";
  report.sources = 1;
  const auto add = [&report](const Outcome& each) { report.summary.add(each); };
  add(outcome("spam/1", Label::spam, Fate::rejected, 16, {hit(0, 16, Fate::accepted, "listed")}));
  add(outcome("spam/2", Label::spam, Fate::tagged, 5.5,
              {hit(0, 3.5, Fate::accepted, "listed"), hit(1, 2, Fate::accepted, "fail")}));
  add(outcome("spam/3", Label::spam, Fate::accepted, 2, {hit(1, 2, Fate::accepted, "softfail")}));
  add(outcome("ham/1", Label::ham, Fate::accepted, 0, {}));
  add(outcome("ham/2", Label::ham, Fate::accepted, 0, {}));
  add(outcome("ham/3", Label::ham, Fate::tagged, 5.5,
              {hit(0, 3.5, Fate::accepted, "listed"), hit(1, 2, Fate::accepted, "fail")}));
  return report;
}

/// As bad as names and reasons of strangers may be.
Report hostile() {
  const std::string evil = "a\"b'<script>alert(1)</script>&\x1b[2J\r\n\xff\xe2\x80\xae]]>{}";
  Report report;
  report.summary = Summary({"f,\"x"});
  report.config = evil;
  report.sources = 1;
  report.broken = 1;
  report.troubles = {{evil, evil}};
  report.summary.add(outcome(evil, Label::ham, Fate::tagged, 5, {hit(0, 5, Fate::accepted, evil)}));
  report.summary.add(outcome(evil, Label::spam, Fate::accepted, 0, {hit(0, 0, Fate::accepted, evil)}));
  return report;
}

}  // namespace

TEST_CASE("forms have names, and there is none of another") {
  for (const ReportKind* kind : report_kinds()) CHECK(report_kind(kind->name) == kind);
  CHECK(!report_kind("pdf"));
}

TEST_CASE("equal messages give equal bytes, in any locale") {
  for (const ReportKind* kind : report_kinds()) {
    const std::string text = kind->write(report_kit::report_of(3000, false));
    CHECK(kind->write(report_kit::report_of(3000, false)) == text);
    const std::string before = std::setlocale(LC_ALL, nullptr);
    if (std::setlocale(LC_ALL, "de_DE.UTF-8")) CHECK(kind->write(report_kit::report_of(3000, false)) == text);
    std::setlocale(LC_ALL, before.c_str());
    CHECK(is_valid_utf8(text));
  }
}

TEST_CASE("of none, and of what has no label, there is a report as well") {
  Report unlabelled;
  unlabelled.summary = Summary({"spf"});
  for (const ReportKind* kind : report_kinds()) {
    INFO(kind->name);
    CHECK(!kind->write(Report()).empty());
    unlabelled.timing.emplace();
    CHECK(!kind->write(unlabelled).empty());
  }
  unlabelled.timing.reset();
  unlabelled.summary.add(outcome("m", Label::none, Fate::tagged, 5, {hit(0, 5, Fate::accepted, "fail")}));
  CHECK(written(unlabelled, "text") ==
        "1 message of 0 sources, judged by the defaults\n\n"
        "          messages  accepted  tagged  quarantined  discarded  deferred  rejected\n"
        "no label         1         0       1            0          0         0         0\n\n"
        "filter  hits no label  alone no label  without no label  failed\n"
        "spf                 1               1                 1       0\n"
        "alone: not accepted, and accepted without it; without: all that would be accepted without it\n\n"
        "decided by  no label\n"
        "score              1\n");
  CHECK(has(written(unlabelled, "html"), "Nothing was labelled"));
}

TEST_CASE("text is a screen") {
  Report report = small();
  CHECK(written(report, "text") ==
        "6 messages of 1 source, judged by spam.toml\n\n"
        "      messages  accepted  tagged  quarantined  discarded  deferred  rejected\n"
        "spam         3         1       1            0          0         0         1\n"
        "ham          3         2       1            0          0         0         0\n\n"
        "                               95 % within\n"
        "recall           66.67 %  20.77 to 93.85 %  2 of 3  spam that was caught\n"
        "precision        66.67 %  20.77 to 93.85 %  2 of 3  of what was caught, spam\n"
        "false positives  33.33 %   6.15 to 79.23 %  1 of 3  ham that was caught\n"
        "F1                0.6667                            of recall and precision\n"
        "ROC area          0.8333  0.3575 to 0.9760          chance of spam above ham\n"
        "Caught: tagged, quarantined, discarded or rejected; not deferred, as that may well come again.\n\n"
        "filter  hits spam  hits ham  alone spam  alone ham  without spam  without ham  failed\n"
        "uribl           2         1           2          1             3            3       0\n"
        "spf             2         1           1          1             2            3       0\n"
        "alone: not accepted, and accepted without it; without: all that would be accepted without it\n"
        "1 filter found nothing\n\n"
        "decided by  spam  ham\n"
        "score          2    1\n\n"
        "false positives: 1\n"
        "    5.50  ham/3\n"
        "          tagged by score; uribl 3.50: listed; spf 2.00: fail\n\n"
        "false negatives: 1\n"
        "    2.00  spam/3\n"
        "          accepted; spf 2.00: softfail\n");
  report.interrupted = true;
  report.broken = 30;
  report.troubles = {{"x.eml", "no message"}};
  const std::string text = written(report, "text");
  CHECK(has(text, "The run was interrupted: this is of what came until then. 30 samples could not be read.\n"));
  CHECK(has(text, "broken: 30\n          x.eml: no message\n          ... and 29 more\n"));
}

TEST_CASE("no line of text is wider than a screen, or does anything to it") {
  for (const Report& report : {report_kit::report_of(20'000, true), hostile()}) {
    const std::string text = written(report, "text");
    for (const auto line : split(text, '\n')) {
      INFO(line);
      CHECK(display_width(line) <= 100);
    }
    CHECK(terminal_safe(text, Lines::many) == text);
  }
}

TEST_CASE("time stands only where it is asked for") {
  for (const ReportKind* kind : report_kinds()) {
    INFO(kind->name);
    const std::string with = kind->write(report_kit::report_of(500, true)),
                      without = kind->write(report_kit::report_of(500, false));
    CHECK(with != without);
    CHECK(with.size() > without.size());
  }
  CHECK(has(written(report_kit::report_of(500, true), "text"), "\n12.5 s, 40.0 messages/s\n"));
}

TEST_CASE("JSON has all figures") {
  const std::string text = written(small(), "json");
  CHECK(has(text, R"({"schema":"maildrop.replay/1","version":"1.2.3","config":"spam.toml","thresholds":{},"sources":1,)"
                  R"("messages":6,"bytes":6000,"interrupted":false,"broken":0,"troubles":[],)"));
  CHECK(has(text,
            R"("confusion":{"spam":{"caught":2,"deferred":0,"passed":1},"ham":{"caught":1,"deferred":0,"passed":2}})"));
  CHECK(has(text, R"("recall":{"hits":2,"of":3,"value":0.666667,"low":0.20766,"high":0.938508})"));
  CHECK(has(text, R"("scores":[[0.0,0,2,0],[2.0,1,0,0],[5.5,1,1,0],[16.0,1,0,0]])"));
  CHECK(has(text, R"({"name":"spf","hits":{"spam":2,"ham":1,"none":0},"unique":{"spam":1,"ham":1,"none":0},)"
                  R"("saved":{"spam":0,"ham":0,"none":0},"accepted_without":{"spam":2,"ham":3,"none":0},)"
                  R"("confusion_without":{"spam":{"caught":1,"deferred":0,"passed":2},"ham":{"caught":0,"deferred":0,)"
                  R"("passed":3}},"failed":0})"));
  CHECK(has(text, R"("timeline":{"begins":"2003-02-14T12:00:00.000Z","slot_seconds":60,"slots":[{"messages":)"));
  CHECK(text.back() == '\n');
  CHECK(count_of(text, "\n") == 1);
  CHECK(has(written(hostile(), "json"), "\"name\":\"f,\\\"x\""));
}

TEST_CASE("CSV has a line for each filter, in the order of the chain") {
  CHECK(written(small(), "csv") ==
        "filter,hits_spam,hits_ham,hits_none,unique_spam,unique_ham,unique_none,saved_spam,saved_ham,saved_none,"
        "accepted_without_spam,accepted_without_ham,accepted_without_none,failed\r\n"
        "uribl,2,1,0,2,1,0,0,0,0,3,3,0,0\r\n"
        "spf,2,1,0,1,1,0,0,0,0,2,3,0,0\r\n"
        "greylist,0,0,0,0,0,0,0,0,0,1,2,0,0\r\n");
  CHECK(has(written(hostile(), "csv"), "\r\n\"f,\"\"x\",1,1,0,"));
}

TEST_CASE("JUnit has a case for each label and each mistake, by the names of messages") {
  CHECK(written(small(), "junit") ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"maildrop replay: 6 messages of 1 source, judged by spam.toml\" tests=\"5\" failures=\"4\" "
        "errors=\"0\">\n"
        "  <testsuite name=\"spam\" tests=\"2\" failures=\"2\" errors=\"0\">\n"
        "    <testcase classname=\"replay.spam\" name=\"no spam is accepted\">\n"
        "      <failure message=\"1 of 3 (33.33 %) accepted; 95 % within 6.15 to 79.23 %\"></failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"replay.spam\" name=\"spam/3\">\n"
        "      <failure message=\"accepted, score 2.00\">spf 2.00: softfail\n</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"ham\" tests=\"2\" failures=\"2\" errors=\"0\">\n"
        "    <testcase classname=\"replay.ham\" name=\"no ham is caught\">\n"
        "      <failure message=\"1 of 3 (33.33 %) caught; 95 % within 6.15 to 79.23 %\"></failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"replay.ham\" name=\"ham/3\">\n"
        "      <failure message=\"tagged by score, score 5.50\">uribl 3.50: listed\nspf 2.00: fail\n</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"0\">\n"
        "    <testcase classname=\"replay.run\" name=\"all samples can be read\"/>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
  const std::string text = written(hostile(), "junit");
  CHECK(count_of(text, "<error message=") == 2);
  CHECK(count_of(text, "<script") == 0);
  CHECK(count_of(text, "]]>") == 0);
}

TEST_CASE("HTML is one file that asks nobody for anything and runs nothing") {
  for (const Report& report : {report_kit::report_of(3000, true), hostile()}) {
    const std::string text = written(report, "html");
    CHECK(has(text, "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\""));
    for (const char* never : {"<script", "http:", "https:", "src=", "href=", "url(", "@import", " style=", "\x1b"}) {
      INFO(never);
      CHECK(count_of(text, never) == 0);
    }
    for (const char* tag : {"section", "table", "tr", "td", "th", "svg", "div", "details", "figure", "ul", "li"}) {
      INFO(tag);
      const std::string open = std::string("<") + tag;
      CHECK(count_of(text, open + ">") + count_of(text, open + " ") ==
            count_of(text, std::string("</").append(tag).append(">")));
    }
    CHECK(count_of(text, "role=\"img\"") + count_of(text, "aria-hidden=\"true\"") == count_of(text, "<svg"));
    CHECK(count_of(text, "nan") == count_of(text, "semantic"));
    CHECK(count_of(text, "inf ") == 0);
  }
}

TEST_CASE("HTML says in words what its pictures show") {
  const std::string text = written(small(), "html");
  CHECK(has(text,
            "aria-label=\"Scores: 3 messages of spam, 3 messages of ham; from 0.00 to 0.49 up to 16.00 to 16.49\""));
  CHECK(has(text,
            "aria-label=\"Spam that would be caught, by ham that would be, the whole curve: 33.33 % of spam at 0.00 % "
            "of ham\""));
  CHECK(has(text, "aria-label=\"spam from 14 Feb 2003 12:00 on, 3 messages, of which 2 were caught\""));
  CHECK(has(text, "<title>the configuration: 66.67 % of spam, 33.33 % of ham</title>"));
}

TEST_CASE("curves stay in their pictures") {
  const std::string text = written(report_kit::report_of(3000, false), "html");
  const std::string begin = "<path class=\"line c0\" d=\"M";
  CHECK(count_of(text, begin) == 2);
  for (std::size_t at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
    const std::size_t from = at + begin.size();
    int at_the_edge = 0;
    for (const auto point : split(std::string_view(text).substr(from, text.find('"', from) - from), 'L')) {
      INFO(point);
      const double x = std::stod(std::string(point)), y = std::stod(std::string(point.substr(point.find(' '))));
      CHECK((x >= 46 && x <= 318 && y >= 10 && y <= 280));
      at_the_edge += x == 318 ? 1 : 0;
    }
    CHECK(at_the_edge == 1);
  }
}
