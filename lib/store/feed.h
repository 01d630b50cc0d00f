/// feed.h: news of a store, from whatever process wrote it.
#pragma once

#include <chrono>

#include "core/result.h"
#include "store/news.h"

namespace maildrop::store {

/// Tells of deliveries, and of what was removed because somebody asked for it; not of what has expired or made room.
/// One waiter per Feed; each waiter opens its own. Nothing committed after the Feed was opened is missed: look at the
/// inbox, then wait, then look again.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Blocks until something was committed since the last call (or since opening), or until the time is up.
  /// true: look again. May be true without cause, never false with one.
  virtual Result<bool> wait(std::chrono::milliseconds at_most) = 0;
  /// What the last wait() told of; of what came while it failed, the next one tells.
  const News& news() const { return news_; }

 protected:
  News news_;
};

}  // namespace maildrop::store
