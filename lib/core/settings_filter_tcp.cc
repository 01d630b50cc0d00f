/// settings_filter_tcp.cc: the rows of what clients run on.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_tcp(std::vector<Setting>& rows) {
  add_use(rows, "tcp", [](Config& config) -> FilterUse& { return config.filter.tcp; });
  rows.push_back(reloadable(text_row(
      "filter.tcp.database", MEMBER(filter.tcp.database), check_path, "PATH",
      "What packets look like that open a connection, as p0f 3 has it. None: that of Debian's package p0f, if it is "
      "installed.")));
  rows.push_back(reloadable(
      list_row("filter.tcp.systems", MEMBER(filter.tcp.systems), parse_element, as_is, "SYSTEM, ...",
               "Systems whose clients score, as the database names them, or the begin of that: `Windows XP`.")));
  rows.push_back(reloadable(decimal_row("filter.tcp.score", kScore, MEMBER(filter.tcp.score), "-100..100",
                                        "What these score; below 0 it speaks for them.")));
}

}  // namespace maildrop::rows
