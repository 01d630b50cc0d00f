/// bulk.cc: the sum.
#include "store/bulk.h"

#include <algorithm>

namespace maildrop::store {

void Tally::add(const mail::Inbox& inbox, const Summary& summary) {
  oldest = messages == 0 ? summary.received : std::min(oldest, summary.received);
  newest = messages == 0 ? summary.received : std::max(newest, summary.received);
  ++messages;
  bytes += summary.size;
  if (inbox.name() == inbox_) return;
  ++inboxes;
  inbox_ = inbox.name();
}

}  // namespace maildrop::store
