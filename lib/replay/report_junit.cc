/// report_junit.cc: test cases, as GitLab, GitHub and others show them.
///
/// One case for each label says whether all of it was judged well. Below it each mistake is a case of its own, by the
/// name of its message: of a merge request GitLab shows the cases that fail and did not before, which are then the
/// messages that it makes worse, and those that fail no more. What could not be read is an error.
#include "api/escape.h"
#include "core/text.h"
#include "replay/labels.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

struct Suite {
  std::string name;
  std::size_t tests = 0, failures = 0, errors = 0;
  std::string cases{};

  /// `fault`: `failure`, `error`, or empty.
  void add(const std::string& title, const std::string& fault, const std::string& why, const std::string& more = {}) {
    ++tests;
    failures += fault == "failure" ? 1 : 0;
    errors += fault == "error" ? 1 : 0;
    cases += "    <testcase classname=\"replay." + name + "\" name=\"" + api::xml_escaped(title) + "\"";
    if (fault.empty()) {
      cases += "/>\n";
      return;
    }
    cases += ">\n      <" + fault + " message=\"" + api::xml_escaped(why) + "\">";
    cases += api::xml_escaped(more, Lines::many) + "</" + fault + ">\n    </testcase>\n";
  }
  std::string counts() const {
    return "tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
           std::to_string(errors) + "\"";
  }
};

/// Of one label, if there is any of it.
void add_label(std::vector<Suite>& suites, const Summary& summary, Label label, const char* title, const Rate& wrong,
               const std::vector<Mistake>& mistakes) {
  if (wrong.of == 0) return;
  Suite& suite = suites.emplace_back(Suite{std::string(name_of(label))});
  std::string why;
  if (wrong.hits > 0)
    why = std::to_string(wrong.hits) + " of " + std::to_string(wrong.of) + " (" + percent(wrong) +
          (label == Label::ham ? ") caught; 95 % within " : ") accepted; 95 % within ") + percent_range(wrong);
  suite.add(title, wrong.hits > 0 ? "failure" : "", why);
  for (const Mistake& each : mistakes) {
    std::string more;
    for (const auto& reason : each.reasons) more += reason_text(summary, reason) + "\n";
    suite.add(valid_utf8(each.name), "failure", judged(each) + ", score " + score_text(each.score), more);
  }
}

std::string write_junit(const Report& report) {
  const Summary& summary = report.summary;
  const Confusion all = summary.confusion();
  std::vector<Suite> suites;
  add_label(suites, summary, Label::spam, "no spam is accepted", {all.spam.passed, all.spam.all()},
            summary.false_negatives);
  add_label(suites, summary, Label::ham, "no ham is caught", all.false_positives(), summary.false_positives);
  Suite& run = suites.emplace_back(Suite{"run"});
  run.add("all samples can be read", report.broken > 0 ? "error" : "", what_is_missing(report));
  for (const auto& [name, what] : report.troubles)
    run.add(valid_utf8(name.empty() ? what : name), "error", valid_utf8(what));
  if (report.interrupted) run.add("all samples are judged", "error", "interrupted");

  Suite sum{"maildrop replay"};
  for (const Suite& each : suites) {
    sum.tests += each.tests;
    sum.failures += each.failures;
    sum.errors += each.errors;
  }
  const std::string time = report.timing ? " time=\"" + fixed(report.timing->seconds, 3) + "\"" : "";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"maildrop replay: " +
                    api::xml_escaped(headline(report)) + "\" " + sum.counts() + time + ">\n";
  for (const Suite& each : suites)
    out += "  <testsuite name=\"" + each.name + "\" " + each.counts() + ">\n" + each.cases + "  </testsuite>\n";
  return out + "</testsuites>\n";
}

}  // namespace

extern const ReportKind junit_report;
const ReportKind junit_report{"junit", "test cases for GitLab, GitHub and others", write_junit};

}  // namespace maildrop::replay
