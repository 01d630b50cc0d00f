/// http_news.h: what a request waits for that wants news. Inside http_connection only.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>

#include "api/answer.h"
#include "api/http_lane.h"
#include "api/watch.h"

namespace maildrop::api {

using HttpSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

/// A place among those who wait (api.watchers, and of a source api.connections_per_source), for as long as it lives.
/// Thread-safe.
class WatchPlace {
 public:
  WatchPlace(HttpShared& shared, const IpAddress& source);
  ~WatchPlace();
  WatchPlace(const WatchPlace&) = delete;
  /// false: there is none.
  explicit operator bool() const { return answer_ == service::Admission::Answer::admitted; }
  /// REQUIRES: there is none.
  Fault why() const;

 private:
  HttpShared& shared_;
  const IpAddress source_;
  const service::Admission::Answer answer_;
};

/// News of one thing, and the end of a client that says nothing meanwhile. For the thread of its loop.
class HttpNews {
 public:
  enum class Came { news, nothing, end };
  static constexpr Millis kLook{5000};

  /// From now on; and as something may have come since its client was told last, the first wait() is over at once.
  /// REQUIRES: can_watch().
  HttpNews(HttpLane& lane, const Watched& what);
  ~HttpNews();
  HttpNews(const HttpNews&) = delete;

  /// What came first: news since the last time (without cause at times), nothing until then, or an end.
  Awaitable<Came> wait(Monotonic until);
  /// Ends as well when the client has hung up, or has said that it sends no more: at once, or within kLook where it has
  /// sent something before. Nothing else reads from the socket meanwhile.
  void watch_client(HttpSocket& socket);
  /// Nobody waits for it any more.
  void end();

 private:
  struct State;
  const std::shared_ptr<State> state_;
  HttpSocket* client_ = nullptr;
  const std::unique_ptr<Watching> watcher_;
};

}  // namespace maildrop::api
