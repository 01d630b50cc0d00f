/// http_news.h: what a request waits for that wants news of an inbox. Inside http_connection only.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>

#include "api/http_lane.h"
#include "api/inbox_watch.h"

namespace maildrop::api {

using HttpSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

/// A place among those who wait (api.watchers), for as long as it lives. Thread-safe.
class WatchPlace {
 public:
  explicit WatchPlace(HttpShared& shared);
  ~WatchPlace();
  WatchPlace(const WatchPlace&) = delete;
  /// false: all are taken.
  explicit operator bool() const { return has_; }

 private:
  HttpShared& shared_;
  const bool has_;
};

/// News of one inbox, and the end of a client that says nothing meanwhile. For the thread of its loop.
class HttpNews {
 public:
  enum class Came { news, nothing, end };

  /// From now on.
  HttpNews(HttpLane& lane, InboxWatch& watch, const mail::Inbox& inbox);
  ~HttpNews();
  HttpNews(const HttpNews&) = delete;

  /// What came first: news of the inbox since the last time (without cause at times), nothing until then, or an end.
  Awaitable<Came> wait(Monotonic until);
  /// Ends as soon as the client does. Until then nothing else reads from the socket.
  void watch_client(HttpSocket& socket);
  /// Nobody waits for it any more.
  void end();
  /// The client has hung up, or said that it sends no more.
  bool client_gone() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
  HttpSocket* client_ = nullptr;
  const InboxWatch::Watcher watcher_;
};

}  // namespace maildrop::api
