/// settings_filter_rate.cc: the rows of how much anybody may send.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_rate(std::vector<Setting>& rows) {
  add_use(rows, "rate", [](Config& config) -> FilterUse& { return config.filter.rate; });
  rows.push_back(reloadable(list_row(
      "filter.rate.limits", MEMBER(filter.rate.limits), parse_element, as_is, "CLASS=NUMBER/PERIOD, ...",
      "How much is not too much, of all processes on one store: connections of a client (`connection=30/5m`), and "
      "recipients of a client (`client=50/5m`), of a client that sends as <> (`null=5/5m`), of a sender's domain "
      "(`sender=100/5m`), or of mail for one inbox (`recipient=200/1h`). A client is an IPv4 address or an IPv6 /64. "
      "Who was quiet may do all of NUMBER at once.")));
}

}  // namespace maildrop::rows
