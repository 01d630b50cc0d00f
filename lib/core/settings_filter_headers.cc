/// settings_filter_headers.cc: the rows of what is odd about a header.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_headers(std::vector<Setting>& rows) {
  add_use(rows, "headers", [](Config& config) -> FilterUse& { return config.filter.headers; });
  rows.push_back(
      reloadable(list_row("filter.headers.except", MEMBER(filter.headers.except), parse_element, as_is, "RULE, ...",
                          "Rules that are left out, by the names that maildrop-filters(7) has and reasons "
                          "tell: `no_date`, `from_differs`.")));
}

}  // namespace maildrop::rows
