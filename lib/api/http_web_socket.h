/// http_web_socket.h: what a connection becomes whose client has asked for a WebSocket (RFC 6455). Inside
/// http_connection only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/http_news.h"

namespace maildrop::api {

/// Says texts, answers pings, and takes no notice of what the client says but its end: more than kMostSaid of its
/// messages are one. For the thread of its loop.
class HttpWebSocket {
 public:
  static constexpr std::size_t kLargestSaid = 1024;  // bytes of a message
  static constexpr std::size_t kMostSaid = 100;
  /// Without a word for so long it is asked whether it is there, and without an answer for as long again it is not.
  static constexpr Millis kSilence{30'000};
  static constexpr Millis kGoodbye{2000};  // for the client to close, too

  /// Nothing else reads from the socket from now on.
  explicit HttpWebSocket(HttpSocket& socket);
  ~HttpWebSocket();
  HttpWebSocket(const HttpWebSocket&) = delete;

  /// The handshake, whose answer has the headers of `response`. From then on `on_end` is called once, when the client
  /// has gone. false: it has gone already.
  Awaitable<bool> accept(const Request& request, const Response& response, std::function<void()> on_end);
  /// false: it has gone.
  Awaitable<bool> say(const std::string& text);
  /// Says goodbye, if the client is there, and returns when nothing reads any more: as soon as the socket's operations
  /// are cancelled. REQUIRES, for
  /// destruction while the loop runs: it has ended.
  Awaitable<> end();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace maildrop::api
