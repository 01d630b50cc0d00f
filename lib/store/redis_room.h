/// redis_room.h: the making of room in a Redis store (fair_share.h).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "store/caps.h"
#include "store/fair_share.h"
#include "store/redis_client.h"
#include "store/store.h"

namespace maildrop::store::redis {

/// What each source holds Redis knows by a sample (weight_in_sample). Where one holds too much, this walks through the
/// inboxes, those first that have not received for longest, a few at a time, and takes what is old enough and its: the
/// server's one thread is not kept for long, and reading is done here. Each process that shares a server walks by
/// itself, when there is need. Not thread-safe.
class Room {
 public:
  Room(Client& client, std::uint64_t capacity) : client_(client), capacity_(capacity) {}

  /// One bounded step, of at most `most` messages, where `used` bytes are.
  Result<void> step(std::uint64_t used, std::size_t most, Time now, const Caps& caps, PurgeReport& report);

 private:
  struct Inbox {
    std::string name;
    std::int64_t last;
  };
  struct Large {
    std::unordered_map<std::string, std::uint64_t> must;  // bytes by source, of those that have to make room
    std::uint64_t bytes = 0;                              // of all large ones
  };

  bool must_yield(std::uint64_t held, std::uint64_t freed = 0) const;
  Result<Large> large();
  Result<void> walk(const Large& large, std::size_t most, Time old, PurgeReport& report);
  Result<std::vector<Inbox>> next_inboxes();
  void come_to(const std::vector<Inbox>& inboxes, std::size_t seen, bool again);
  Result<void> expire_longest(std::size_t most, Time old, PurgeReport& report);

  Client& client_;
  const std::uint64_t capacity_;
  std::uint64_t free_ = 0;      // as of this step
  std::size_t inboxes_ = 1;     // that the walk looks at in a step
  std::int64_t position_ = -1;  // of the walk: inboxes that received before are behind it,
  std::size_t passed_ = 0;      // and so many of those that received then; -1: it begins anew
  std::size_t evicted_ = 0;     // since its begin
  Time next_walk_{};            // after one that found nothing
};

}  // namespace maildrop::store::redis
