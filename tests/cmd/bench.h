/// bench.h: an inbox in memory, and `maildrop inbox` run on it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture.h"
#include "inbox_run.h"

namespace maildrop::test {

/// Turns a hand when waited for.
class ScriptedFeed final : public store::Feed {
 public:
  explicit ScriptedFeed(std::function<Result<bool>(int)> news) : news_(std::move(news)) {}
  Result<bool> wait(std::chrono::milliseconds) override { return news_(++waits_); }

 private:
  std::function<Result<bool>(int)> news_;
  int waits_ = 0;
};

struct Outcome {
  int status;
  std::string out, err;
};

/// One inbox with messages `one`, `two` and `three`, and what is done to it.
struct Bench {
  Bench() {
    store::OpenOptions open;
    open.url = "memory:";
    open.role = store::Role::writer;
    open.clock = &clock;
    auto opened = store::open_store(open);
    store = opened->get();
    source.inboxes = std::move(*opened);
    source.feed = cmd::polling_feed();
    for (const char* subject : {"one", "two", "three"}) {
      ids.push_back(deliver(*store, clock, subject, "body of " + std::string(subject) + "\r\n").text());
      clock.advance(std::chrono::seconds(1));
    }
  }

  Outcome run(cmd::InboxOptions options) {
    options.name = "bob";
    if (options.wait && options.wait_time.empty()) options.wait_time = "0";
    const Capture out(1), err(2);
    cmd::InboxRun inbox(options, source, clock);
    const int status = inbox.main();
    return {status, out.text(), err.text()};
  }

  std::size_t left() { return store->list(source.inbox, {})->size(); }

  FakeClock clock;
  store::Store* store = nullptr;
  cmd::Source source{nullptr, nullptr, mail::Inbox::trusted("bob")};
  std::vector<std::string> ids;  // oldest first
};

inline cmd::InboxOptions with(void (*change)(cmd::InboxOptions&)) {
  cmd::InboxOptions options;
  change(options);
  return options;
}

}  // namespace maildrop::test
