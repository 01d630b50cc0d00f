/// player.cc: reads, and waits for those who send.
#include "replay/player.h"

#include <system_error>
#include <thread>

#include "replay/courier.h"

namespace maildrop::replay {

namespace {

constexpr std::chrono::milliseconds kCouriersLookEvery{100};

/// The threads, and a wait for their end that looks up.
class Couriers {
 public:
  explicit Couriers(PlayState& state) : state_(state) {}
  ~Couriers() {
    state_.end(false);  // where reading threw, they would wait on
    for (std::thread& each : threads_) each.join();
  }

  Result<void> start(std::size_t count) {
    try {
      while (threads_.size() < count) {
        threads_.emplace_back([this] { work(); });
        const std::lock_guard lock(mutex_);
        ++running_;
      }
    } catch (const std::system_error& error) {
      return fail(Code::unavailable, "cannot start " + std::to_string(count) + " threads: " + error.what());
    }
    return {};
  }

  template <class Look>
  void wait(Look look) {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kCouriersLookEvery, [this] { return running_ == 0; })) {
      lock.unlock();
      look();
      lock.lock();
    }
  }

 private:
  void work() {
    Courier(state_).run();
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
  }

  PlayState& state_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;  // below 0 for a moment when a thread is done before it was counted
};

}  // namespace

Result<void> Player::run(const Look& look) {
  look_ = look;
  Couriers couriers(state_);
  Result<void> done = couriers.start(options_.connections);
  if (done) done = read_all();
  if (done) {
    state_.queue().close();
  } else {
    state_.end(false);
  }
  couriers.wait([this] { go_on(); });
  look_(state_.tally());
  return done;
}

Result<void> Player::read_all() {
  for (std::uint64_t pass = 0; pass < options_.repeat; ++pass) {
    const std::unique_ptr<Source> source = TRY(open_());
    const std::uint64_t before = taken_;
    if (!read_through(*source) || taken_ == before) break;  // of an empty one, another look gives nothing
  }
  return {};
}

/// false: no more is wanted.
bool Player::read_through(Source& source) {
  while (options_.limit == 0 || taken_ < options_.limit) {
    std::optional<Result<Sample>> next = source.next();
    if (!next) return true;
    ++taken_;
    if (!push(std::move(*next)) || !go_on()) return false;
  }
  return false;
}

/// false: the run has ended.
bool Player::push(Result<Sample> sample) {
  const auto broken = [this](std::string name, std::string_view what) {
    state_.note([&](Tally& tally) {
      ++tally.broken;
      tally.add_trouble(std::move(name), what);
    });
    return true;
  };
  if (!sample) return broken("", sample.error().what);  // which names it
  if (sample->label != Label::none)
    state_.note([&](Tally& tally) { ++tally.labels[static_cast<std::size_t>(sample->label)]; });
  Envelope& envelope = sample->envelope;
  if (options_.from) envelope.from = options_.from;
  if (!options_.rcpt.empty()) envelope.to = options_.rcpt;
  if (envelope.to.empty()) return broken(sample->name, "no recipient is known");
  if (state_.queue().push(std::move(*sample), [this] { return go_on(); })) return true;
  state_.note([](Tally& tally) { ++tally.unsent; });
  return false;
}

bool Player::go_on() {
  if (state_.ended()) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return true;
  next_look_ = now + kCouriersLookEvery;
  if (look_(state_.tally())) return true;
  state_.end(false);
  return false;
}

}  // namespace maildrop::replay
