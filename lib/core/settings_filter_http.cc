/// settings_filter_http.cc: the rows of the filter http.
#include <algorithm>
#include <iterator>

#include "core/filter_rows.h"

namespace maildrop::rows {

namespace {

Result<std::string> parse_phase(const std::string& text) {
  constexpr std::string_view kPhases[] = {"connect", "helo", "mail", "rcpt", "headers", "message"};
  if (std::find(std::begin(kPhases), std::end(kPhases), text) != std::end(kPhases)) return text;
  return fail(Code::invalid, "'" + text + "' is no phase: connect, helo, mail, rcpt, headers or message");
}

}  // namespace

void add_http(std::vector<Setting>& rows) {
  add_use(rows, "http", [](Config& config) -> FilterUse& { return config.filter.http; });
  rows.push_back(reloadable(text_row(
      "filter.http.url", MEMBER(filter.http.url), [](std::string_view) { return Result<void>{}; },
      "http://ADDRESS[:PORT]/PATH | unix:PATH[:/PATH]",
      "Where a service of your own is asked about mail, see maildrop-filters(7). Empty: none is.")));
  rows.push_back(reloadable(list_row("filter.http.phases", MEMBER(filter.http.phases), parse_phase, as_is, "PHASE, ...",
                                     "When it is asked: at connect, helo, mail, rcpt (each one), headers, message.")));
  rows.push_back(reloadable(boolean_row("filter.http.body", MEMBER(filter.http.body),
                                        "The message itself goes with the question at message, in Base64.")));
}

}  // namespace maildrop::rows
