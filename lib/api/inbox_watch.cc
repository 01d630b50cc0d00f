/// inbox_watch.cc: a thread between a feed and those who watch.
#include "api/inbox_watch.h"

#include <exception>
#include <string>
#include <utility>

#include "core/log.h"

namespace maildrop::api {

InboxWatch::Watcher::Watcher(InboxWatch& watch, const mail::Inbox& inbox, Wake wake)
    : watch_(watch), mark_(store::news_mark(inbox.name())), wake_(std::move(wake)) {
  const std::lock_guard lock(watch_.mutex_);
  watch_.watchers_.emplace(mark_, this);
  if (watch_.watchers_.size() == 1) watch_.changed_.notify_one();
}

InboxWatch::Watcher::~Watcher() {
  const std::lock_guard lock(watch_.mutex_);
  auto [at, end] = watch_.watchers_.equal_range(mark_);
  while (at != end && at->second != this) ++at;
  if (at != end) watch_.watchers_.erase(at);
}

InboxWatch::InboxWatch(OpenFeed open) : open_(std::move(open)), thread_([this] { run(); }) {}

InboxWatch::~InboxWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::size_t InboxWatch::watchers() const {
  const std::lock_guard lock(mutex_);
  return watchers_.size();
}

bool InboxWatch::watched() {
  const std::lock_guard lock(mutex_);
  return !ending_ && !watchers_.empty();
}

namespace {

void tell(const Error& error, std::string& told) try {
  if (error.what != told) log::write(log::Level::warning, "feed_failed", {{"error", error.what}});
  told = error.what;
} catch (const std::exception&) {  // no memory: it is told with the next
}

}  // namespace

void InboxWatch::run() {
  std::string failure;  // the last one: each is logged once
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !watchers_.empty(); });
      if (ending_) return;
    }
    const Result<void> followed = open_and_follow();
    if (followed) {
      failure.clear();
      continue;
    }
    tell(followed.error(), failure);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kAfterFailure, [this] { return ending_; });
  }
}

Result<void> InboxWatch::open_and_follow() try {
  const std::unique_ptr<store::Feed> feed = TRY(open_());
  return follow(*feed);
} catch (const std::exception&) {
  return fail(Code::unavailable, "no memory");
}

Result<void> InboxWatch::follow(store::Feed& feed) {
  store::News unknown;  // what came before it was opened
  unknown.add_all();
  wake(unknown);
  while (watched())
    if (TRY(feed.wait(kLongest))) wake(feed.news());
  return {};
}

void InboxWatch::wake(const store::News& news) {
  const std::lock_guard lock(mutex_);
  if (news.of_all())
    for (const auto& [mark, watcher] : watchers_) watcher->wake_();
  for (const store::NewsMark mark : news.marks()) {
    const auto [from, to] = watchers_.equal_range(mark);
    for (auto at = from; at != to; ++at) at->second->wake_();
  }
}

}  // namespace maildrop::api
