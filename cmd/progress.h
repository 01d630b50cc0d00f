/// progress.h: what commands that take their time share: an end by a signal, a bar, numbers for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "json_line.h"
#include "store/bulk.h"
#include "terminal.h"

namespace maildrop::cmd {

/// From now on SIGINT, SIGTERM and SIGHUP set was_interrupted(), and a blocking call returns with EINTR. Those that are
/// ignored stay so.
void listen_to_signals();
bool was_interrupted();
/// Waits until `fd` can be read (POLLIN) or written (POLLOUT): a signal between a look at was_interrupted() and a call
/// that blocks would end neither. false: interrupted.
bool wait_until_ready(int fd, short events);

/// Writes what is not worth failing for.
void say(int fd, std::string_view text);

/// `12,345`.
std::string with_commas(std::uint64_t number);
/// `1 message`, `12,345 messages`.
std::string plural(std::uint64_t number, const std::string& one, const std::string& many);
/// `12,345 messages in 678 inboxes, 45M, the oldest of TIME, the newest of TIME`.
std::string describe_tally(const store::Tally& tally);
/// `, 2 models`; empty without any.
std::string describe_models(std::uint64_t models);
/// `[####------]  40%  4,938 of 12,345`, at most `width` columns.
std::string progress_bar(std::uint64_t done, std::uint64_t of, std::size_t width);

/// For JSON: at least a millisecond.
double seconds_since(std::chrono::steady_clock::time_point begun);
/// `1.2 s`, since then.
std::string format_seconds(std::chrono::steady_clock::time_point begun);
/// inboxes, bytes, oldest and newest.
void put_tally(Json& out, const store::Tally& tally);

/// How far something has come, on standard error. Not thread-safe.
class Bar {
 public:
  static constexpr std::chrono::seconds kLineEvery{30};
  bool on_terminal() const { return screen_.terminal; }
  int fd() const { return screen_.fd; }
  /// A bar, where there is a terminal; else nothing. Now and then, and when all is done.
  void show(std::uint64_t done, std::uint64_t of);
  /// What `line` says, which is asked now and then: in place of a bar, or in a line of its own each half a minute where
  /// there is no terminal.
  void tell(const std::function<std::string()>& line);
  void wipe();

  static constexpr std::size_t kWidth = 44;  // columns of a progress_bar() with more behind it

 private:
  void put(const std::string& text);

  const Screen screen_ = screen_of(2, "never");
  std::chrono::steady_clock::time_point next_{};  // a bar
  std::chrono::steady_clock::time_point next_line_ = std::chrono::steady_clock::now() + kLineEvery;
  bool shown_ = false;
};

}  // namespace maildrop::cmd
