/// settings_filter_rspamd.cc: the rows of the filter rspamd.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_rspamd(std::vector<Setting>& rows) {
  add_use(rows, "rspamd", [](Config& config) -> FilterUse& { return config.filter.rspamd; });
  rows.push_back(reloadable(text_row(
      "filter.rspamd.url", MEMBER(filter.rspamd.url), [](std::string_view) { return Result<void>{}; },
      "http://ADDRESS[:PORT][/PATH] | unix:PATH[:/PATH]",
      "Where a worker of rspamd is asked about messages (normal, or rspamd_proxy); without a path /checkv2. Empty: "
      "none is.")));
}

}  // namespace maildrop::rows
