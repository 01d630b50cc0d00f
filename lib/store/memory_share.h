/// memory_share.h: what all who open one memory: URL share, for as long as one of them is there.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace maildrop::store {

/// The T of that URL; made if there is none and `make` says so, else nullptr. Thread-safe.
template <class T>
std::shared_ptr<T> shared_at(const std::string& url, bool make = true) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<T>> all;
  const std::lock_guard lock(mutex);
  std::weak_ptr<T>& known = all[url];
  std::shared_ptr<T> found = known.lock();
  if (!found && make) known = found = std::make_shared<T>();
  return found;
}

}  // namespace maildrop::store
