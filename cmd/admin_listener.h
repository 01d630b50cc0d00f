/// admin_listener.h: the operators' listener of a daemon: what it shows, and its life.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/admin.h"
#include "api/http_server.h"
#include "api/inbox_watch.h"
#include "api/live_lines.h"
#include "api/purge_desk.h"
#include "api/survey_desk.h"
#include "core/budget.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "live_filters.h"
#include "report/sink.h"
#include "service/listen.h"
#include "service/loops.h"
#include "service/offload.h"
#include "smtp/server.h"
#include "store/committer.h"

namespace maildrop::cmd {

/// What operators watch of the decisions. Outlives the loops, on which the watchers are, and the sink.
class DecisionWatch {
 public:
  DecisionWatch();
  /// Of a report::Reporter: it wants decisions while somebody watches.
  std::unique_ptr<report::Sink> sink();
  const api::LiveLines& lines() const { return lines_; }
  api::InboxWatch& watch() { return watch_; }

 private:
  class LinesSink;
  api::LiveLines lines_;
  api::InboxWatch watch_;
};

/// Whether these may be: they are unix sockets, or on loopback; and with a token where whoever is on this machine may
/// connect: at a port, an abstract socket, or one whose mode (it is looked at) lets others write.
///   invalid  what systemd passed listens elsewhere, or needs admin.token
Result<void> check_admin_listeners(const service::ListenersByLoop& listeners, const AdminSettings& settings);

/// Built and destroyed on the main thread, while the loops do not run.
class AdminListener {
 public:
  /// What it shows. All of it outlives the listener; nullptr: the process has no such thing.
  struct Parts {
    service::Loops& loops;
    store::Store& store;
    const Clock& clock;
    metrics::Registry& metrics;
    DecisionWatch& decisions;
    const std::function<std::string()>* impaired;
    const std::function<std::string()>* stuck;
    const api::AskCanary* canary;
    store::Ledger* ledger;
    // Of a process that takes mail:
    const smtp::Server* smtp;
    const store::Committer* committer;
    const Budget* memory;
    const LiveFilters* filters;
  };

  AdminListener(const Parts& parts, service::ListenersByLoop listeners, LoadedConfig loaded);

  void start() { server_->start(); }
  /// New settings. Thread-safe.
  void apply(LoadedConfig loaded);
  /// As HttpServer::drain(). A purge ends with what it is at.
  void drain(std::function<void()> done, std::vector<std::string> left);

 private:
  std::shared_ptr<const LoadedConfig> loaded() const;
  api::Admin admin_of(const Parts& parts, const service::ListenersByLoop& listeners);

  mutable std::mutex mutex_;  // of loaded_
  std::shared_ptr<const LoadedConfig> loaded_;
  const Config served_by_;
  api::SurveyDesk survey_;
  api::PurgeDesk purge_;
  const api::Admin admin_;
  api::Context context_;
  service::Offload offload_;
  std::unique_ptr<api::HttpServer> server_;
};

}  // namespace maildrop::cmd
