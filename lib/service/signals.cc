/// signals.cc: TERM, INT and HUP as calls on a loop; the limit of open files.
#include "service/signals.h"

#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <utility>

#include "core/log.h"

namespace maildrop::service {

struct Signals::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& context, SignalHandlers given)
      : set(context, SIGTERM, SIGINT, SIGHUP), handlers(std::move(given)) {}

  void wait() {
    set.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (error) return;
      if (self->cancelled) return;  // came just before cancel(): waiting again would keep the loop alive
      try {
        self->handle(number);
      } catch (const std::exception& thrown) {  // a reload that ran out of memory; the next signal is heard
        log::error("a signal was not handled", {{"signal", number}, {"error", thrown.what()}});
      }
      if (!self->cancelled) self->wait();
    });
  }

  void handle(int number) {
    if (number == SIGHUP) {
      if (!draining) handlers.reload();
    } else if (!draining) {
      draining = true;
      first = std::chrono::steady_clock::now();
      handlers.drain();
    } else if (std::chrono::steady_clock::now() - first >= kSameSignal) {
      handlers.end(number);
    }
  }

  boost::asio::signal_set set;
  SignalHandlers handlers;
  bool draining = false;
  std::chrono::steady_clock::time_point first;  // when the drain began
  bool cancelled = false;
};

Signals::Signals(boost::asio::io_context& context, SignalHandlers handlers)
    : state_(std::make_shared<State>(context, std::move(handlers))) {
  std::signal(SIGPIPE, SIG_IGN);
  state_->wait();
}

Signals::~Signals() {
  if (state_->draining) {  // the process is at its end, and the twin of the signal that began it may yet come
    state_.reset();        // sets the default action
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);
  }
}

void Signals::cancel() {
  state_->cancelled = true;
  state_->set.cancel();
}

std::size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return static_cast<std::size_t>(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft);
}

}  // namespace maildrop::service
