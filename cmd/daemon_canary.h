/// daemon_canary.h: the canaries of a daemon: of /readyz?deep=1.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "api/route.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "smtp/canary_desk.h"
#include "smtp/server.h"
#include "store/store.h"

namespace maildrop::cmd {

/// Thread-safe.
class DaemonCanary {
 public:
  /// What is given outlives it.
  struct Parts {
    store::Inboxes& inboxes;
    const Clock& clock;
    metrics::Registry& metrics;
  };

  /// `own`: of the SMTP server of this process, as they are listened on; nullptr: there is none, and that of the
  /// settings is tried, which may be on another machine or in another network.
  DaemonCanary(const Parts& parts, const Config& config, const smtp::ServerListeners* own);
  DaemonCanary(const DaemonCanary&) = delete;

  const api::AskCanary& ask() const { return ask_; }
  void apply(const Config& config);
  /// From now on it fails, as no new mail is taken.
  void end() { ending_ = true; }

 private:
  struct Terms {
    explicit Terms(const Config& with) : config(with) {}
    Config config;
    std::vector<smtp::CanaryDoor> doors{};
  };
  std::shared_ptr<const Terms> terms_of(const Config& config) const;
  std::shared_ptr<const Terms> terms() const;
  api::CanaryAnswer answer();
  smtp::CanaryReport send();

  const Parts parts_;
  const bool has_own_;
  std::vector<Endpoint> smtp_, lmtp_;  // own ones
  std::atomic<bool> ending_{false};
  metrics::Histogram& seconds_;
  metrics::Counter& well_;
  metrics::Counter& failed_;
  mutable std::mutex mutex_;  // of terms_
  std::shared_ptr<const Terms> terms_;
  smtp::CanaryDesk desk_;
  const api::AskCanary ask_;
};

}  // namespace maildrop::cmd
