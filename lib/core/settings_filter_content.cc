/// settings_filter_content.cc: the rows of what messages say, and of the links in them.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_content(std::vector<Setting>& rows) {
  add_use(rows, "urls", [](Config& config) -> FilterUse& { return config.filter.urls; });
  rows.push_back(reloadable(list_row("filter.urls.deny", MEMBER(filter.urls.deny), parse_element, as_is,
                                     "HOST | .NAME | /EXPRESSION/, ...",
                                     "Hosts of links that score 3. `.example.com` is what is below that name.")));
  rows.push_back(reloadable(number_row("filter.urls.most_domains", {0, 500}, MEMBER(filter.urls.most_domains), "0..500",
                                       "A message with links into more domains than that scores 1. 0: none does.")));
  add_use(rows, "content", [](Config& config) -> FilterUse& { return config.filter.content; });
  rows.push_back(reloadable(list_row(
      "filter.content.rules", MEMBER(filter.content.rules), parse_element, as_is, "WHERE:/EXPRESSION/[=SCORE], ...",
      "What scores in a message: an expression that is found in its `subject`, its `text` as people read it, its "
      "`body` "
      "as it came, or any field of its header (`X-Mailer:/bulk/=1`). 2 where no score is said.")));
}

}  // namespace maildrop::rows
