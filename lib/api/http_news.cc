/// http_news.cc: a timer that others cut short.
#include "api/http_news.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <exception>

namespace maildrop::api {

namespace asio = boost::asio;

WatchPlace::WatchPlace(HttpShared& shared, const IpAddress& source)
    : shared_(shared), source_(source.source()), answer_(shared.watching.enter(source_)) {
  if (*this) shared_.watchers.add(1);
}

WatchPlace::~WatchPlace() {
  if (!*this) return;
  shared_.watching.leave(source_);
  shared_.watchers.add(-1);
}

Fault WatchPlace::why() const {
  if (answer_ == service::Admission::Answer::full)
    return {503, "too many requests wait for news, try again later", "api.watchers are used up"};
  return {429, "too many of your requests wait for news", "as many wait as it may have connections"};
}

/// Outlives its HttpNews where a wake is on its way.
struct HttpNews::State {
  explicit State(asio::io_context& context) : io(context), timer(context.get_executor()) {}

  asio::io_context& io;
  Timer timer;
  bool news = true;
  bool ended = false;
  bool over = false;                // nobody waits, and the socket may be another one
  std::atomic<bool> posted{false};  // one wake at a time is on its way

  /// By the watch's thread.
  static void wake(const std::shared_ptr<State>& state) try {
    if (state->posted.exchange(true)) return;
    asio::post(state->io, [state] {
      state->posted = false;
      state->news = true;
      state->timer.cancel();
    });
  } catch (const std::exception&) {  // no memory: it hears of the next news
    state->posted = false;
  }

  /// What it has sent is the next request, and waits for its turn.
  void look_at_client(int socket) {
    pollfd client{socket, POLLRDHUP, 0};
    if (over || poll(&client, 1, 0) <= 0) return;
    ended = true;
    timer.cancel();
  }
};

HttpNews::HttpNews(HttpLane& lane, const Watched& what)
    : state_(std::make_shared<State>(lane.io)),
      watcher_(api::watch(lane.shared->context, what, [state = state_] { State::wake(state); })) {}

HttpNews::~HttpNews() {
  state_->over = true;
  boost::system::error_code ignored;
  if (client_) client_->cancel(ignored);
}

void HttpNews::watch_client(HttpSocket& socket) {
  client_ = &socket;
  socket.async_wait(asio::socket_base::wait_read,
                    [state = state_, fd = socket.native_handle()](const boost::system::error_code& error) {
                      if (!error) state->look_at_client(fd);
                    });
}

Awaitable<HttpNews::Came> HttpNews::wait(Monotonic until) {
  State& state = *state_;
  while (!state.news && !state.ended) {
    if (std::chrono::steady_clock::now() >= until) co_return Came::nothing;
    state.timer.expires_at(std::min(until, std::chrono::steady_clock::now() + kLook));
    co_await state.timer.async_wait(kWait);
    if (client_) state.look_at_client(client_->native_handle());
  }
  if (state.ended) co_return Came::end;
  state.news = false;
  co_return Came::news;
}

void HttpNews::end() {
  state_->ended = true;
  state_->timer.cancel();
}

}  // namespace maildrop::api
