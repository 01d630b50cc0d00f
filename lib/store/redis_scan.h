/// redis_scan.h: a walk through all inboxes of a Redis store (Store::scan).
#pragma once

#include <span>
#include <vector>

#include "core/clock.h"
#include "store/caps.h"
#include "store/redis_client.h"
#include "store/store.h"

namespace maildrop::store::redis {

/// One page. The names come by ZSCAN, which misses none that is there from begin to end; an inbox is read whole, in one
/// command. The key of a Spot is the entry behind its id.
Result<std::vector<Found>> scan(Client& client, ScanCursor& cursor, std::size_t messages, Time now, const Caps& caps);

/// As Store::remove_all(), in one script. REQUIRES: there are some.
Result<std::size_t> take(Client& client, std::span<const Spot> spots);
/// Drops what is in no inbox any more, in small steps. true.
Result<bool> empty_trash(Client& client);

}  // namespace maildrop::store::redis
