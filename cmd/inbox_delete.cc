/// inbox_delete.cc: maildrop inbox NAME --delete.
#include <iostream>

#include "command.h"
#include "core/text.h"
#include "inbox_run.h"

namespace maildrop::cmd {
namespace {

constexpr std::size_t kIdsFromStdin = 100'000;  // lines of --delete -: more than any inbox holds

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; lines.size() < kIdsFromStdin && std::getline(in, line);) {
    const std::string_view word = trim(line);
    if (!word.empty()) lines.emplace_back(word);
  }
  return lines;
}

}  // namespace

/// All are looked up before one is removed, so that `1 2` means what the list showed.
Result<Summaries> InboxRun::chosen(const Summaries& all) const {
  std::vector<std::string> selectors;
  for (const std::string& id : options_.ids) {
    const auto more = id == "-" ? lines_of(std::cin) : std::vector<std::string>{id};
    selectors.insert(selectors.end(), more.begin(), more.end());
  }
  Summaries found;
  for (const std::string& selector : selectors) {
    auto one = pick(all, selector);
    if (one) {
      found.push_back(std::move(*one));
    } else if (one.error().code == Code::invalid) {
      return tl::unexpected<Error>(one.error());
    } else {
      tell_missing(selector);
    }
  }
  return found;
}

Result<int> InboxRun::remove() {
  const Summaries all = TRY(messages());
  const auto found = chosen(all);
  if (!found) return usage_error("inbox", found.error().what);
  std::size_t removed = 0;
  for (const store::Summary& each : *found) {
    if (!TRY(source_.inboxes->remove(source_.inbox, each.id))) continue;
    ++removed;
    const std::string name = source_.inbox.name();
    TRY(write(options_.json ? json_deleted(name, each.id) : "deleted " + terminal_safe(each.id.text()) + "\n", false));
  }
  return removed > 0 ? exit_ok : exit_nothing;
}

}  // namespace maildrop::cmd
