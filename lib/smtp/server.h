/// server.h: the SMTP server: accepts on every loop, admits by the caps, and lets each connection run.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "core/budget.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "filter/verdict.h"
#include "report/reporter.h"
#include "service/admission.h"
#include "service/flood.h"
#include "service/listen.h"
#include "service/loops.h"
#include "service/tls.h"
#include "store/bookkeeper.h"
#include "store/committer.h"

namespace maildrop::smtp {

/// What the server works with; everything outlives it.
struct ServerParts {
  service::Loops& loops;
  store::Committer& committer;
  Budget& memory;  // limits.memory
  const Clock& clock;
  metrics::Registry& metrics;
  filter::Judge* judge = nullptr;
  report::Reporter* reporter = nullptr;
  store::Bookkeeper* bookkeeper = nullptr;  // nullptr: what is known of peers ends with the server
  Millis verdict_time = filter::kVerdictTime;
};

/// `[i]` of each is served by loop i.
struct ServerListeners {
  service::ListenersByLoop plain;
  service::ListenersByLoop tls_first;  // TLS before the greeting
  service::ListenersByLoop lmtp;
};

/// Built and destroyed on the main thread, while the loops do not run; destroyed when it is drained.
class Server {
 public:
  /// `tls`: REQUIRES one if there are `listeners.tls_first`. Throws boost::system::system_error where no descriptor is
  /// left for a loop's poller.
  Server(ServerParts parts, const Config& config, ServerListeners listeners, service::TlsContextPtr tls);
  ~Server();
  Server(const Server&) = delete;

  void start();
  /// New settings for the sessions to come; those that run keep theirs. Thread-safe.
  void apply(const Config& config, service::TlsContextPtr tls);
  /// The judge has other terms, for sessions to come. REQUIRES: there is one. Thread-safe.
  void renew_terms();
  /// Stops accepting (what waits in our own queue hears 421), ends idle sessions with 421, lets transactions finish;
  /// who waits for a verdict by then is told to come again. `done` runs once, on some loop, when the last connection is
  /// gone. Another process serves the listeners named in `left`. Thread-safe.
  void drain(std::function<void()> done, std::vector<std::string> left = {});
  /// Says 421 (RFC 5321 3.8) to all who are still there and do not wait for the store, and closes: for the end of a
  /// drain that takes too long. Thread-safe.
  void farewell();
  std::size_t connections() const;
  /// Who has connections, and what sources have done lately. Thread-safe, as long as the server is there.
  const service::Admission& admission() const;
  service::Flood& flood() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maildrop::smtp
