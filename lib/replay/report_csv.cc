/// report_csv.cc: a line for each filter (RFC 4180), for spreadsheets.
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

/// In quotes where it must be.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string write_csv(const Report& report) {
  std::string out = "filter";
  for (const char* what : {"hits", "unique", "saved", "accepted_without"})
    for (const char* label : {"spam", "ham", "none"}) out.append(",").append(what).append("_").append(label);
  out += ",failed";
  if (report.timing) out += ",asked,mean_ms,p50_ms,p99_ms";
  out += "\r\n";
  for (std::size_t at = 0; at < report.summary.filters.size(); ++at) {
    const FilterSummary& each = report.summary.filters[at];
    out += cell(each.name);
    for (const PerLabel* counts : {&each.hits, &each.unique, &each.saved})
      for (const Label label : kAllLabels) out += "," + std::to_string((*counts)[place_of(label)]);
    for (const Label label : kAllLabels) out += "," + std::to_string(report.summary.accepted_without(at, label));
    out += "," + std::to_string(each.failed);
    if (report.timing) {
      const Costs::Row row =
          at < report.timing->costs.filters().size() ? report.timing->costs.filters()[at] : Costs::Row{};
      out += "," + std::to_string(row.spread.count());
      for (const double figure : {row.mean(), row.spread.percentile(0.5), row.spread.percentile(0.99)})
        out += "," + fixed(figure, 3);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace

extern const ReportKind csv_report;
const ReportKind csv_report{"csv", "a line for each filter (RFC 4180)", write_csv};

}  // namespace maildrop::replay
