/// progress.cc: signals and screens.
#include "progress.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include "core/text.h"

namespace maildrop::cmd {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBarEvery{100};
constexpr int kLookUp = 100;  // milliseconds
constexpr std::size_t kWidestBar = 40;

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void listen_to_signals() {
  interrupted = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };  // no SA_RESTART: who waits for an answer hears of it
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);
  }
}

bool was_interrupted() { return interrupted != 0; }

bool wait_until_ready(int fd, short events) {
  while (!was_interrupted()) {
    pollfd one{fd, events, 0};
    if (::poll(&one, 1, kLookUp) > 0) return true;
  }
  return false;
}

void say(int fd, std::string_view text) {
  [[maybe_unused]] const auto told = print(fd, text);  // the work is what counts
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string plural(std::uint64_t number, const std::string& one, const std::string& many) {
  return with_commas(number) + " " + (number == 1 ? one : many);
}

std::string describe_models(std::uint64_t models) {
  return models == 0 ? std::string() : ", " + plural(models, "model", "models");
}

std::string describe_tally(const store::Tally& tally) {
  std::string text = plural(tally.messages, "message", "messages");
  if (tally.messages == 0) return text;
  text += " in " + plural(tally.inboxes, "inbox", "inboxes") + ", " + format_size_short(tally.bytes);
  return text + ", the oldest of " + rfc3339(tally.oldest) + ", the newest of " + rfc3339(tally.newest);
}

std::string progress_bar(std::uint64_t done, std::uint64_t of, std::size_t width) {
  done = std::min(done, of);
  const std::uint64_t percent = of == 0 ? 100 : done * 100 / of;
  const std::string number = std::to_string(percent);
  const std::string text =
      std::string(5 - number.size(), ' ') + number + "%  " + with_commas(done) + " of " + with_commas(of);
  if (text.size() + 12 > width) return text.substr(0, width);
  const std::size_t cells = std::min(width - text.size() - 2, kWidestBar);
  const std::size_t full = of == 0 ? cells : static_cast<std::size_t>(done * cells / of);
  return "[" + std::string(full, '#') + std::string(cells - full, '-') + "]" + text;
}

double seconds_since(Steady::time_point begun) {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begun);
  return static_cast<double>(std::max<std::int64_t>(time.count(), 1)) / 1000;
}

std::string format_seconds(Steady::time_point begun) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(Steady::now() - begun).count());
  return text.data();
}

void put_tally(Json& out, const store::Tally& tally) {
  out["inboxes"] = tally.inboxes;
  out["bytes"] = tally.bytes;
  out["oldest"] = tally.messages == 0 ? Json() : Json(rfc3339(tally.oldest));
  out["newest"] = tally.messages == 0 ? Json() : Json(rfc3339(tally.newest));
}

void Bar::show(std::uint64_t done, std::uint64_t of) {
  if (!screen_.terminal || (Steady::now() < next_ && done < of)) return;
  put(progress_bar(done, of, std::max<std::size_t>(screen_.width, 2) - 1));
}

void Bar::tell(const std::function<std::string()>& line) {
  Steady::time_point& next = screen_.terminal ? next_ : next_line_;
  if (Steady::now() < next) return;
  if (screen_.terminal) return put(cut_to_width(line(), std::max<std::size_t>(screen_.width, 2) - 1));
  next_line_ = Steady::now() + kLineEvery;
  say(screen_.fd, "maildrop: " + line() + "\n");
}

void Bar::put(const std::string& text) {
  next_ = Steady::now() + kBarEvery;
  shown_ = true;
  say(screen_.fd, "\r" + text + "\x1b[K");
}

void Bar::wipe() {
  if (std::exchange(shown_, false)) say(screen_.fd, "\r\x1b[K");
}

}  // namespace maildrop::cmd
