/// settings_filter_reserved.cc: the rows of mail for names that prove who owns a domain.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_reserved(std::vector<Setting>& rows) {
  add_use(rows, "reserved", [](Config& config) -> FilterUse& { return config.filter.reserved; });
  rows.push_back(reloadable(list_row(
      "filter.reserved.refuse", MEMBER(filter.reserved.refuse), parse_element, as_is, "NAME, ...",
      "Local parts that nobody may write to, whether they are in inbox.reserved or not, whatever their case and +tag. "
      "With mode = enforce they are refused (550 5.1.1). postmaster and abuse cannot be among them.")));
}

}  // namespace maildrop::rows
