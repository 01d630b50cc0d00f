/// daemon_health.h: how a daemon is, told to its supervisor: that it goes on, and its state in words.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/http_server.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "live_filters.h"
#include "service/heartbeat.h"
#include "service/listen.h"
#include "service/loops.h"
#include "smtp/server.h"
#include "store/store.h"

namespace maildrop::cmd {

/// How many messages have been stored each second, since it was last asked. Not thread-safe.
class MessageRate {
 public:
  MessageRate(const metrics::Registry& metrics, const Clock& clock);
  double since_last();

 private:
  const metrics::Registry& metrics_;
  const Clock& clock_;
  std::uint64_t stored_;
  Monotonic at_;
};

/// What a daemon's status tells of; nullptr: the process has no such thing.
struct StateParts {
  const smtp::Server* smtp;
  const api::HttpServer* http;
  const LiveFilters* filters;
  store::Store& store;
};
/// `12 SMTP connections, 3 messages/s, store ok`; waits for the store. `impaired`: lines.
std::string state_in_words(const StateParts& parts, double rate, const std::string& impaired);

/// All that is asked outlives it.
class DaemonHealth {
 public:
  struct Parts {
    service::Loops& loops;
    std::vector<service::HeartbeatPart> threads;
    std::vector<std::shared_ptr<const service::Doorbell>> bells;
    /// `12 SMTP connections, store ok`: may block, as it has a thread of its own.
    std::function<std::string()> state;
  };

  explicit DaemonHealth(Parts parts);
  ~DaemonHealth();
  DaemonHealth(const DaemonHealth&) = delete;

  /// Asks the loops no more: before they end. Thread-safe; waits for nobody who may block.
  void end_rounds();
  /// What comes first of the status from here on: `serving`, `draining`, `reload failed: ...`. Thread-safe, never
  /// blocks.
  void now(std::string what);
  /// What does not go on, or nothing. Thread-safe.
  std::string stuck() const;

 private:
  void told(const std::string& stuck);
  void tell_state();

  const std::function<std::string()> state_;
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::string what_ = "serving";
  std::string stuck_;
  bool renewed_ = false;
  bool ending_ = false;
  std::thread telling_;
  std::unique_ptr<service::Heartbeat> heartbeat_;
};

}  // namespace maildrop::cmd
