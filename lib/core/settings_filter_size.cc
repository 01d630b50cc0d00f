/// settings_filter_size.cc: the rows of how large a message is.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_size(std::vector<Setting>& rows) {
  add_use(rows, "size", [](Config& config) -> FilterUse& { return config.filter.size; });
  rows.push_back(reloadable(
      size_row("filter.size.most", {0, 64 * kGiB}, MEMBER(filter.size.most), "0..64GiB",
               "A larger message has a score, and with mode = enforce it is refused (550 5.3.4). mail.max_size refuses "
               "whatever filters say. 0: none is too large.")));
}

}  // namespace maildrop::rows
