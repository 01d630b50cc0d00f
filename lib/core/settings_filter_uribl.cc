/// settings_filter_uribl.cc: the rows of the filter uribl.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_uribl(std::vector<Setting>& rows) {
  add_use(rows, "uribl", [](Config& config) -> FilterUse& { return config.filter.uribl; });
  rows.push_back(reloadable(list_row(
      "filter.uribl.lists", MEMBER(filter.uribl.lists), parse_element, as_is, "ZONE[/CODES][=SCORE], ...",
      "Lists of domains in the DNS, and what it scores when one of them is in a message: 2 where nothing is said. With "
      "CODES (`127.0.0.2`, `127.0.1.2-99`, `127.0.0.&8` for answers with that bit) only these answers count. Read the "
      "terms of a list before it is named here.")));
  rows.push_back(reloadable(number_row("filter.uribl.most", {1, 100}, MEMBER(filter.uribl.most), "1..100",
                                       "So many names in a message are asked about, the first ones; fewer where many "
                                       "lists make that more than 150 questions.")));
  rows.push_back(reloadable(
      number_row("filter.uribl.reject_at", {0, 100}, MEMBER(filter.uribl.reject_at), "0..100",
                 "A message with so many names that lists have is refused, with mode = enforce. 0: none is.")));
}

}  // namespace maildrop::rows
