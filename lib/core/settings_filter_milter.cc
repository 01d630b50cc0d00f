/// settings_filter_milter.cc: the rows of the filter milter.
#include "core/filter_rows.h"
#include "core/net.h"

namespace maildrop::rows {

namespace {

/// Somebody to connect to, whom nobody has to look up.
Result<void> check_milter(std::string_view text) {
  if (text.empty()) return {};
  const Endpoint endpoint = TRY(Endpoint::parse(text));
  const bool is_there = endpoint.kind == Endpoint::Kind::ip && endpoint.port != 0;
  if (is_there || endpoint.kind == Endpoint::Kind::unix_path) return {};
  return fail(Code::invalid, "'" + std::string(text) + "' is neither an address and a port nor unix:PATH");
}

}  // namespace

void add_milter(std::vector<Setting>& rows) {
  add_use(rows, "milter", [](Config& config) -> FilterUse& { return config.filter.milter; });
  rows.push_back(reloadable(text_row("filter.milter.endpoint", MEMBER(filter.milter.endpoint), check_milter,
                                     "ADDRESS:PORT | unix:PATH",
                                     "Where a milter is asked about messages, see maildrop-filters(7). Empty: none "
                                     "is.")));
}

}  // namespace maildrop::rows
