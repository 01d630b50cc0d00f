/// http_server.h: carries requests to the routes: Boost.Beast on the loops, with limits on everything a stranger can
/// grow. What Beast lets through and must not is listed in http_server.cc beside each check.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "api/route.h"
#include "service/listen.h"
#include "service/loops.h"
#include "service/offload.h"

namespace maildrop::api {

/// Built on the main thread; serves from construction of its loops' first run until drain() or destruction.
class HttpServer {
 public:
  /// `listeners[i]` is served by loop i. Everything handed in outlives the server.
  HttpServer(service::Loops& loops, service::ListenersByLoop listeners, service::Offload& offload, Context& context);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;

  void start();
  /// Stops accepting, answers requests in flight with `Connection: close`, closes idle connections. `done` runs once,
  /// on some loop, when the last connection is gone. Thread-safe.
  void drain(std::function<void()> done);
  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace maildrop::api
