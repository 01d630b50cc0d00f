/// report_bench.cc: how long outcomes of a replay take to be counted, and reports to be written.
///
///     report_bench [MESSAGES [FOLDER]]     1,000,000; FOLDER gets the reports
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "replay/report_kit.h"

using namespace maildrop::replay;

namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  constexpr std::size_t kMade = 10'000;  // each is counted again and again
  std::vector<Outcome> outcomes;
  std::mt19937 random(11);
  for (std::size_t i = 0; i < kMade; ++i) outcomes.push_back(report_kit::outcome_of(i, random));

  Report report = report_kit::report_of(0, true);
  const double begun = seconds();
  for (std::uint64_t i = 0; i < messages; ++i) {
    report.summary.add(outcomes[i % kMade]);
    report.timing->costs.add(outcomes[i % kMade]);
  }
  const double took = seconds() - begun;
  std::printf("%llu outcomes counted in %.3f s, %.2f us each\n", static_cast<unsigned long long>(messages), took,
              took * 1e6 / static_cast<double>(messages));
  for (const ReportKind* kind : report_kinds()) {
    const double before = seconds();
    const std::string text = kind->write(report);
    std::printf("%-6s %8zu bytes in %.1f ms\n", std::string(kind->name).c_str(), text.size(),
                (seconds() - before) * 1000);
    if (argc > 2) std::ofstream(std::string(argv[2]).append("/report.").append(kind->name)) << text;
  }
  return 0;
}
