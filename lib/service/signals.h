/// signals.h: what TERM, INT and HUP mean to a daemon.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace maildrop::service {

struct SignalHandlers {
  std::function<void()> drain;   // first TERM or INT: stop accepting, finish what is in flight
  std::function<void(int)> end;  // second TERM or INT, which of them: now
  std::function<void()> reload;  // HUP
};

/// A TERM or INT that soon after the first one is the same wish said twice: `timeout` and shells signal a process and
/// then its group.
inline constexpr std::chrono::milliseconds kSameSignal{500};

/// Waits for signals on a loop's thread and calls the handlers there. SIGPIPE is ignored for the process.
class Signals {
 public:
  Signals(boost::asio::io_context& context, SignalHandlers handlers);
  /// After a drain TERM and INT are ignored from here on.
  ~Signals();
  Signals(const Signals&) = delete;
  /// No more signals are handled; must run on the loop's thread.
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Raises the soft limit of open files to the hard one; returns the limit in force.
std::size_t raise_file_limit();

}  // namespace maildrop::service
