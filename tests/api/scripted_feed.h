/// scripted_feed.h: feeds that say what a test wants.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "api/inbox_watch.h"

namespace maildrop::api::test {

using namespace std::chrono_literals;

/// What the feeds of a test say, one after the other.
struct Script {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Result<std::string>> pieces;  // whose news; `*`: everybody's; an error: it fails
  int opened = 0, open = 0;
  bool refuses = false;

  void say(Result<std::string> piece) {
    const std::lock_guard lock(mutex);
    pieces.push_back(std::move(piece));
    changed.notify_all();
  }
  bool reaches(const std::function<bool()>& state) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, state);
  }
  void counted(int& number, int by) {
    const std::lock_guard lock(mutex);
    number += by;
    changed.notify_all();
  }
};

class ScriptedFeed final : public store::Feed {
 public:
  explicit ScriptedFeed(Script& script) : script_(script) {
    script_.counted(script_.opened, 1);
    script_.counted(script_.open, 1);
  }
  ~ScriptedFeed() override { script_.counted(script_.open, -1); }

  Result<bool> wait(std::chrono::milliseconds at_most) override {
    std::unique_lock lock(script_.mutex);
    news_ = store::News();
    if (!script_.changed.wait_for(lock, std::min(at_most, 20ms), [this] { return !script_.pieces.empty(); }))
      return false;
    const Result<std::string> piece = std::move(script_.pieces.front());
    script_.pieces.pop_front();
    if (!piece) return tl::unexpected(piece.error());
    if (*piece == "*")
      news_.add_all();
    else
      news_.add(store::news_mark(*piece));
    return true;
  }

 private:
  Script& script_;
};

inline InboxWatch::OpenFeed opening(Script& script) {
  return [&script]() -> Result<std::unique_ptr<store::Feed>> {
    {
      const std::lock_guard lock(script.mutex);
      if (std::exchange(script.refuses, false)) return fail(Code::unavailable, "no feed today");
    }
    return std::make_unique<ScriptedFeed>(script);
  };
}

}  // namespace maildrop::api::test
