/// http_web_socket.cc: Boost.Beast's WebSocket over the connection's socket.
#include "api/http_web_socket.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <exception>
#include <utility>

namespace maildrop::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

/// The socket, but for what Beast does at its end: a server's goodbye would wait until the client has closed.
struct Wire {
  using executor_type = Executor;
  executor_type get_executor() { return socket.get_executor(); }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return socket.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return socket.async_write_some(buffers, std::forward<Token>(token));
  }

  HttpSocket& socket;
};

template <class Handler>
void async_teardown(beast::role_type, Wire& wire, Handler&& handler) {
  asio::post(wire.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), beast::error_code()));
}

/// For a client that does not answer.
void beast_close_socket(Wire& wire) {
  boost::system::error_code ignored;
  wire.socket.shutdown(asio::socket_base::shutdown_both, ignored);
}

}  // namespace

struct HttpWebSocket::State {
  explicit State(HttpSocket& its_socket)
      : socket(its_socket), stream(Wire{its_socket}), quiet(its_socket.get_executor(), Monotonic::max()) {}

  HttpSocket& socket;
  websocket::stream<Wire> stream;
  beast::flat_buffer said{kLargestSaid};
  Timer quiet;  // ends when nothing reads
  std::function<void()> on_end;
  bool reading = false;

  static Awaitable<> read(std::shared_ptr<State> state) {
    for (std::size_t i = 0; i < kMostSaid; ++i) {
      const auto [error, size] = co_await state->stream.async_read(state->said, kWait);
      if (error) co_return;
      state->said.clear();
    }
  }
  void ended() {
    reading = false;
    quiet.cancel();
    if (const auto end = std::exchange(on_end, nullptr)) end();
  }
};

HttpWebSocket::HttpWebSocket(HttpSocket& socket) : state_(std::make_shared<State>(socket)) {
  State& state = *state_;
  websocket::stream_base::timeout times{};
  times.handshake_timeout = kGoodbye;
  times.idle_timeout = 2 * kSilence;
  times.keep_alive_pings = true;
  state.stream.set_option(times);
  state.stream.read_message_max(kLargestSaid);
  state.stream.text(true);
}

/// Where its coroutine was left by an exception, what reads goes on until the socket has gone.
HttpWebSocket::~HttpWebSocket() { state_->on_end = nullptr; }

Awaitable<bool> HttpWebSocket::accept(const Request& request, const Response& response, std::function<void()> on_end) {
  State& state = *state_;
  beast::http::request<beast::http::empty_body> asked(beast::http::verb::get, "/", 11);
  for (const auto& [name, value] : request.headers) asked.set(name, value);
  asked.set(beast::http::field::connection, "upgrade");
  const auto decorate = [headers = response.headers](websocket::response_type& answer) {
    for (const auto& [name, value] : headers) answer.set(name, value);
    answer.set(beast::http::field::server, "");  // Beast would say that it is Beast
  };
  state.stream.set_option(websocket::stream_base::decorator(decorate));
  const auto [error] = co_await state.stream.async_accept(asked, kWait);
  if (error) co_return false;
  state.on_end = std::move(on_end);
  state.reading = true;
  asio::co_spawn(state.socket.get_executor(), State::read(state_),
                 [state = state_](const std::exception_ptr&) { state->ended(); });
  co_return true;
}

Awaitable<bool> HttpWebSocket::say(const std::string& text) {
  const auto [error, size] = co_await state_->stream.async_write(asio::buffer(text), kWait);
  co_return !error;
}

Awaitable<> HttpWebSocket::end() {
  State& state = *state_;
  state.on_end = nullptr;
  if (!state.reading) co_return;
  co_await state.stream.async_close(websocket::close_code::going_away, kWait);
  boost::system::error_code ignored;
  state.socket.cancel(ignored);
  while (state.reading) co_await state.quiet.async_wait(kWait);
}

}  // namespace maildrop::api
