/// report_kinds.cc: the table of forms, one line each.
#include "replay/report_kinds.h"

#include <algorithm>

namespace maildrop::replay {

#define MAILDROP_REPORTS(X) \
  X(text_report)            \
  X(json_report)            \
  X(csv_report)             \
  X(junit_report)           \
  X(html_report)

#define X(kind) extern const ReportKind kind;
MAILDROP_REPORTS(X)
#undef X

std::span<const ReportKind* const> report_kinds() {
#define X(kind) &kind,
  static constexpr const ReportKind* kTable[] = {MAILDROP_REPORTS(X)};
#undef X
  return kTable;
}

const ReportKind* report_kind(std::string_view name) {
  const auto kinds = report_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [name](auto* each) { return each->name == name; });
  return found == kinds.end() ? nullptr : *found;
}

}  // namespace maildrop::replay
