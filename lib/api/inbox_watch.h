/// inbox_watch.h: wakes those who wait for an inbox, by one Feed for all of them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "api/watch.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "mail/inbox.h"
#include "store/feed.h"

namespace maildrop::api {

/// Nobody who begins to watch and then looks at the inbox misses anything: he is woken by what is committed after that,
/// and by a feed that was opened, or opened again, only then. Thread-safe, never blocks. Has a thread of its own, which
/// holds a feed only while somebody watches.
class InboxWatch {
 public:
  /// Blocks; asked on that thread alone.
  using OpenFeed = std::function<Result<std::unique_ptr<store::Feed>>()>;

  static constexpr Millis kAfterFailure{1000};  // until a feed that failed is opened again
  static constexpr Millis kLongest{1000};       // a wait for news: as long as an end takes at most

  /// What is handed in outlives it.
  explicit InboxWatch(OpenFeed open);
  ~InboxWatch();
  InboxWatch(const InboxWatch&) = delete;

  class Watcher final : public Watching {
   public:
    Watcher(InboxWatch& watch, const mail::Inbox& inbox, Wake wake);
    ~Watcher() override;
    Watcher(const Watcher&) = delete;

   private:
    friend class InboxWatch;
    InboxWatch& watch_;
    const store::NewsMark mark_;
    const Wake wake_;
  };

  std::size_t watchers() const;

 private:
  void run();
  Result<void> open_and_follow();
  /// Until nobody watches any more, or it fails.
  Result<void> follow(store::Feed& feed);
  void wake(const store::News& news);
  bool watched();

  const OpenFeed open_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_multimap<store::NewsMark, const Watcher*> watchers_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace maildrop::api
