/// feed.h: news of a store, from whatever process wrote it.
#pragma once

#include <chrono>

#include "core/result.h"

namespace maildrop::store {

/// Tells that something was committed. One waiter per Feed; each waiter opens its own. Nothing committed after the
/// Feed was opened is missed: look at the inbox, then wait, then look again.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Blocks until something was committed since the last call (or since opening), or until the time is up.
  /// true: look again. May be true without cause, never false with one.
  virtual Result<bool> wait(std::chrono::milliseconds at_most) = 0;
};

}  // namespace maildrop::store
