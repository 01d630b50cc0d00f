/// list_counts.cc: three families of counters.
#include "filter/list_counts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kListed = "maildrop_dnsbl_listed_total", kListedHelp = "Clients that a list has";
constexpr std::string_view kAlone = "maildrop_dnsbl_listed_alone_total",
                           kAloneHelp = "Clients that a list has and no other list";
constexpr std::string_view kBoth = "maildrop_dnsbl_listed_both_total", kBothHelp = "Clients that two lists have";

std::string label(std::string_view name, std::string_view list) {
  return std::string(name) + "=\"" + std::string(list) + "\"";
}

}  // namespace

ListCounts::ListCounts(metrics::Registry& registry) : registry_(registry) {
  registry.counters(kListed, kListedHelp);
  registry.counters(kAlone, kAloneHelp);
  registry.counters(kBoth, kBothHelp);
}

void ListCounts::count(std::string_view lists) {
  std::vector<std::string_view> names = split(lists, ' ');
  std::erase(names, std::string_view());
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), kMost));
  for (const std::string_view name : names) registry_.counter(kListed, kListedHelp, label("list", name)).add();
  if (names.size() == 1) registry_.counter(kAlone, kAloneHelp, label("list", names.front())).add();
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i + 1; j < names.size(); ++j)
      registry_.counter(kBoth, kBothHelp, label("list", names[i]) + "," + label("with", names[j])).add();
}

}  // namespace maildrop::filter
