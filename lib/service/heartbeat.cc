/// heartbeat.cc: rounds of asking.
#include "service/heartbeat.h"

#include <poll.h>

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "core/log.h"

namespace maildrop::service {

namespace {

using Steady = std::chrono::steady_clock;

/// What the loops have carried out. They may do so when the Heartbeat has gone.
struct Answers {
  explicit Answers(std::size_t loops) : asked(loops), waiting(loops, false) {}

  std::mutex mutex;
  std::condition_variable answered;
  std::vector<Steady::time_point> asked;
  std::vector<bool> waiting;  // for that loop's answer: it is not asked again before it has come
};

bool all_in(const Answers& answers) {
  for (const bool waits : answers.waiting)
    if (waits) return false;
  return true;
}

/// Somebody waits at the socket.
bool rings(const Doorbell& bell) {
  pollfd wanted{bell.fd, POLLIN, 0};  // -1, which is closed, is not looked at
  return poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLIN) != 0;
}

/// A listening socket, as it was a round ago.
struct WatchedBell {
  std::shared_ptr<const Doorbell> bell;
  bool rang = false;
  std::uint64_t turns = 0;
  Steady::time_point since{};  // somebody waits, and nobody has looked
};

void add_stuck(std::string& words, std::string_view name, Steady::duration time) {
  if (!words.empty()) words += ", ";
  words.append(name).append(" for ");
  words += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

struct Heartbeat::State {
  State(Loops& its_loops, std::vector<HeartbeatPart> its_parts, std::vector<std::shared_ptr<const Doorbell>> its_bells)
      : loops(its_loops), parts(std::move(its_parts)), answers(std::make_shared<Answers>(its_loops.size())) {
    for (auto& bell : its_bells) bells.push_back({std::move(bell)});
  }

  void run();
  void ask();
  std::string look();
  bool sleep_until(Steady::time_point time);

  Loops& loops;
  const std::vector<HeartbeatPart> parts;
  std::vector<WatchedBell> bells;
  const std::shared_ptr<Answers> answers;  // its mutex is that of `ending`, too
  bool ending = false;
  Millis every{0};
  Millis patience{0};
  Told told;
  std::thread thread;
};

void Heartbeat::State::run() {
  Steady::time_point next = Steady::now();
  do {
    next += every;
    try {
      ask();
      {
        std::unique_lock lock(answers->mutex);
        answers->answered.wait_until(lock, next, [this] { return ending || all_in(*answers); });
        if (ending) return;
      }
      told(look());
    } catch (const std::exception& error) {  // out of memory: this round is not told, which says enough
      log::error("no heartbeat", {{"error", error.what()}});
    }
    next = std::max(next, Steady::now());
  } while (sleep_until(next));
}

void Heartbeat::State::ask() {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    {
      const std::lock_guard lock(answers->mutex);
      if (answers->waiting[i]) continue;
      answers->waiting[i] = true;
      answers->asked[i] = Steady::now();
    }
    try {
      boost::asio::post(loops.at(i).context(), [answers = answers, i] {
        const std::lock_guard lock(answers->mutex);
        answers->waiting[i] = false;
        answers->answered.notify_one();
      });
    } catch (...) {  // out of memory: it was not asked, and would seem stuck for ever
      const std::lock_guard lock(answers->mutex);
      answers->waiting[i] = false;
      throw;
    }
  }
}

std::string Heartbeat::State::look() {
  std::string words;
  const Steady::time_point now = Steady::now();
  {
    const std::lock_guard lock(answers->mutex);
    for (std::size_t i = 0; i < answers->waiting.size(); ++i)
      if (answers->waiting[i]) add_stuck(words, "loop " + std::to_string(i), now - answers->asked[i]);
  }
  for (const HeartbeatPart& part : parts)
    if (const Millis silent = part.silent(); silent > patience) add_stuck(words, part.name, silent);
  for (WatchedBell& watched : bells) {
    const std::uint64_t turns = watched.bell->turns.load(std::memory_order_relaxed);
    const bool ringing = rings(*watched.bell);
    if (!ringing || !watched.rang || turns != watched.turns) {
      watched.since = now;
    } else {
      add_stuck(words, "the socket " + watched.bell->name, now - watched.since);
    }
    watched.rang = ringing;
    watched.turns = turns;
  }
  return words;
}

bool Heartbeat::State::sleep_until(Steady::time_point time) {
  std::unique_lock lock(answers->mutex);
  answers->answered.wait_until(lock, time, [this] { return ending; });
  return !ending;
}

Heartbeat::Heartbeat(Loops& loops, std::vector<HeartbeatPart> parts, std::vector<std::shared_ptr<const Doorbell>> bells,
                     Millis every, Told told, Millis patience)
    : state_(std::make_unique<State>(loops, std::move(parts), std::move(bells))) {
  state_->every = every;
  state_->told = std::move(told);
  state_->patience = patience;
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(state_->answers->mutex);
    state_->ending = true;
  }
  state_->answers->answered.notify_all();
  state_->thread.join();
}

}  // namespace maildrop::service
