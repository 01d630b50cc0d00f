/// watch.cc: which watch it is.
#include "api/watch.h"

#include <utility>

#include "api/inbox_watch.h"
#include "api/statistics_watch.h"

namespace maildrop::api {

bool can_watch(const Context& context, const Watched& what) {
  return std::holds_alternative<mail::Inbox>(what) ? context.watch != nullptr : context.statistics_watch != nullptr;
}

std::unique_ptr<Watching> watch(const Context& context, const Watched& what, Wake wake) {
  if (const auto* inbox = std::get_if<mail::Inbox>(&what))
    return std::make_unique<InboxWatch::Watcher>(*context.watch, *inbox, std::move(wake));
  return std::make_unique<StatisticsWatch::Watcher>(*context.statistics_watch, std::move(wake));
}

}  // namespace maildrop::api
