/// watch.h: who waits for news of something, and is woken when there may be some.
#pragma once

#include <functional>
#include <memory>

#include "api/route.h"

namespace maildrop::api {

/// Look again: there may be news. Called on a thread of the watch, under a lock: it hands over to a loop, and no more.
using Wake = std::function<void()>;

/// Somebody who waits, for as long as it lives; from then on his `wake` is not running and not called any more.
class Watching {
 public:
  virtual ~Watching() = default;
};

/// Whether this process hears of it.
bool can_watch(const Context& context, const Watched& what);
/// REQUIRES: can_watch(). Thread-safe, never blocks.
std::unique_ptr<Watching> watch(const Context& context, const Watched& what, Wake wake);

}  // namespace maildrop::api
