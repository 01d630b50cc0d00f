/// http_server.h: carries requests to the routes: Boost.Beast on the loops, with limits on everything a stranger can
/// grow. What Beast lets through and must not is in http_check.cc, beside each check.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "api/route.h"
#include "service/listen.h"
#include "service/loops.h"
#include "service/offload.h"
#include "store/bookkeeper.h"

namespace maildrop::api {

/// Built and destroyed on the main thread; serves from start() until drain().
/// REQUIRES, for destruction: the loops have ended (Loops::join), or drain() is done. Waits for requests that are still
/// on offload threads, so that nothing handed in is used afterwards.
class HttpServer {
 public:
  /// `listeners[i]` is served by loop i. By `ledger`, if there is one, the rates of requests are those of all processes
  /// that have it. Everything handed in outlives the server.
  HttpServer(service::Loops& loops, service::ListenersByLoop listeners, service::Offload& offload, Context& context,
             store::Bookkeeper* ledger = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;

  void start();
  /// New settings for the requests to come; those of [api] that count and time stay as they were at the start.
  /// Thread-safe.
  void apply(const Config& config);
  /// Stops accepting, answers requests in flight with `Connection: close`, closes idle connections. `done` runs once,
  /// on some loop, when the last connection is gone. Another process serves the listeners named in `left`. Thread-safe.
  void drain(std::function<void()> done, std::vector<std::string> left = {});
  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace maildrop::api
