/// settings_filter_greylist.cc: the rows of who is told to come again.
#include <chrono>

#include "core/filter_rows.h"

namespace maildrop::rows {

namespace {

using std::chrono::hours;

// A retry is later than any delay may be, and what the ledger keeps lives 100 days at most.
constexpr Range<Millis> kDelay{std::chrono::seconds(1), hours(1)};
constexpr Range<Millis> kRetryWithin{hours(2), hours(24 * 7)};
constexpr Range<Millis> kRemember{hours(1), hours(24 * 90)};

}  // namespace

void add_greylist(std::vector<Setting>& rows) {
  add_use(rows, "greylist", [](Config& config) -> FilterUse& { return config.filter.greylist; });
  rows.push_back(reloadable(duration_row("filter.greylist.delay", kDelay, MEMBER(filter.greylist.delay), "1s..1h",
                                         "Who comes for the first time is told to come again later than that.")));
  rows.push_back(
      reloadable(duration_row("filter.greylist.retry_within", kRetryWithin, MEMBER(filter.greylist.retry_within),
                              "2h..7d", "How long after the first time he may do so; then it is a first time again.")));
  rows.push_back(
      reloadable(duration_row("filter.greylist.remember", kRemember, MEMBER(filter.greylist.remember), "1h..90d",
                              "How long a host that did so is known, whoever it writes to, since it was "
                              "last seen.")));
  rows.push_back(reloadable(list_row(
      "filter.greylist.except", MEMBER(filter.greylist.except), parse_element, as_is,
      "NETWORK | client:NAME | helo:NAME | from:ADDRESS | to:ADDRESS, ...",
      "Who is never told to come again, as in filter.access.allow; `to:bob@` is whatever goes to the inbox bob.")));
}

}  // namespace maildrop::rows
