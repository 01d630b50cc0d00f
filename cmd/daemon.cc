/// daemon.cc: start, reload, drain and end of a daemon.
#include "daemon.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "admin_listener.h"
#include "api/http_server.h"
#include "api/inbox_watch.h"
#include "core/log.h"
#include "core/metrics.h"
#include "daemon_canary.h"
#include "daemon_health.h"
#include "daemon_start.h"
#include "daemon_statistics.h"
#include "live_filters.h"
#include "local_store.h"
#include "mail/alias.h"
#include "reload.h"
#include "report/reporter.h"
#include "service/listen.h"
#include "service/loops.h"
#include "service/notify.h"
#include "service/offload.h"
#include "service/signals.h"
#include "service/takeover.h"
#include "service/time_limit.h"
#include "smtp/server.h"
#include "store/backends.h"
#include "store/bookkeeper.h"
#include "store/committer.h"

namespace maildrop::cmd {

namespace {

constexpr Millis kFarewell{500};   // for those who are left when the drain is over to hear 421
constexpr Millis kLeastEnd{1000};  // for the store to close, however long the drain took

class Daemon {
 public:
  Daemon(const Globals& globals, DaemonParts parts, LoadedConfig loaded)
      : globals_(globals),
        parts_(parts),
        config_(std::move(loaded.config)),
        origins_(std::move(loaded.origins)),
        files_(std::move(loaded.files)),
        file_limit_(service::raise_file_limit()),
        memory_(config_.limits.memory),
        loops_(config_.service.loops) {}

  int run();

 private:
  Result<void> open();
  std::string store_url() const;
  store::Role role() const { return parts_.smtp ? store::Role::writer : store::Role::reader; }
  store::OpenOptions store_options(store::Role role, bool create_missing) const;
  Result<void> check_store() const;
  Result<void> open_store();
  Result<void> open_smtp();
  Result<void> open_api();
  void open_admin();
  Result<void> take_place(service::Takeover& takeover) const;
  void reload();
  void apply(Result<Reloaded> found);
  /// Another process serves the listeners named in `left`.
  void drain(const std::vector<std::string>& left, Millis limit);
  bool draining() const { return drain_began_ != Monotonic::min(); }
  void drain_timed_out();
  void server_drained();
  [[noreturn]] void end_now(int status) const;
  void watch_over();

  const Globals& globals_;
  DaemonParts parts_;
  Config config_;
  Origins origins_;                 // of its values
  std::vector<std::string> files_;  // it was read from
  SystemClock clock_;
  metrics::Registry metrics_;
  std::size_t file_limit_;
  Budget memory_;
  // Goes last: what it bounds is the end of all that follows.
  std::unique_ptr<service::TimeLimit> end_limit_;
  std::unique_ptr<service::TimeLimit> same_signal_limit_;
  // In this order, so that what uses something goes before it: connections live in the loops and end with them.
  std::unique_ptr<DaemonStatistics> statistics_;
  std::unique_ptr<api::InboxWatch> watch_;
  std::unique_ptr<DecisionWatch> decisions_;
  service::Loops loops_;
  std::unique_ptr<service::Signals> signals_;
  DaemonSockets sockets_;                          // until the servers have them
  std::unique_ptr<report::Reporter> reporter_;     // waits for others at its end, when the store is free
  std::unique_ptr<service::TakeoverOffer> offer_;  // its end says that the store is free
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Committer> committer_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<store::Bookkeeper> bookkeeper_;
  std::unique_ptr<LiveFilters> filters_;
  std::unique_ptr<DaemonCanary> canary_;
  std::unique_ptr<smtp::Server> smtp_;
  std::function<std::string()> impaired_;
  const std::function<std::string()> stuck_ = [this] { return health_ ? health_->stuck() : std::string(); };
  std::optional<api::Context> api_context_;
  std::unique_ptr<service::Offload> offload_;
  std::unique_ptr<api::HttpServer> http_;
  std::unique_ptr<AdminListener> admin_;
  std::unique_ptr<DaemonHealth> health_;
  std::unique_ptr<boost::asio::steady_timer> drain_limit_;
  std::atomic<int> draining_servers_{0};
  std::jthread reloading_;  // reads the configuration, and posts what it has found
  bool reload_again_ = false;
  Monotonic drain_began_ = Monotonic::min();
  Monotonic drain_ends_ = Monotonic::max();
};

Result<void> Daemon::open() {
  log::open(config_.log);
  add_process_metrics(metrics_, parts_.smtp ? &memory_ : nullptr, config_);
  if (config_.inbox.has_aliases()) TRY(mail::Aliases::make(config_.inbox));
  log_lowered(fit_to_files(config_, parts_, file_limit_), file_limit_);
  impaired_ = [this] {
    return (filters_ ? filters_->impaired() : std::string()) + (reporter_ ? reporter_->impaired() : std::string());
  };
  if (!config_.admin.listen.empty()) decisions_ = std::make_unique<DecisionWatch>();
  // Before the store: until all else is known to work, the process whose place we take keeps it.
  sockets_ = TRY(open_sockets(config_, parts_, loops_.size(), [this](auto& takeover) { return take_place(takeover); }));
  know_inherited(config_.api.listen, sockets_.api);
  TRY(open_store());
  canary_ = std::make_unique<DaemonCanary>(DaemonCanary::Parts{*store_, clock_, metrics_}, config_,
                                           parts_.smtp ? &sockets_.smtp : nullptr);
  if (parts_.smtp) TRY(open_smtp());
  if (parts_.api) TRY(open_api());
  if (decisions_) open_admin();
  service::forget_inherited();
  return {};
}

/// From finish() on there is no way back, so what can be found out about the store is found out before it. A store that
/// does not exist yet, is of an older maildrop, or is busy can still be opened then.
Result<void> Daemon::take_place(service::Takeover& takeover) const {
  TRY(check_store());
  if (parts_.smtp) TRY(filter::ChainSource().make(config_));
  TRY(store::check_store(store_options(role(), true), takeover.pids()));
  finish_takeover(takeover);
  return {};
}

std::string Daemon::store_url() const {
  return resolve_store_url(config_.store.url, ConfigSources::from_process({}, {}).environment);
}

store::OpenOptions Daemon::store_options(store::Role role, bool create_missing) const {
  store::OpenOptions options = store::open_options(config_, store_url(), clock_);
  options.role = role;
  options.create_missing = create_missing;
  return options;
}

Result<void> Daemon::check_store() const {
  if (store_url().rfind("memory:", 0) == 0 && !(parts_.smtp && parts_.api))
    return fail(Code::invalid, "store.url = 'memory:' needs serve: no other process can see what is in it");
  return {};
}

Result<void> Daemon::open_store() {
  TRY(check_store());
  // serve-api may start before serve-smtp, and makes what is missing.
  const store::OpenOptions options = store_options(role(), true);
  make_state_folder(config_.store.url, options.url);
  store_ = TRY(store::open_store(options));
  log::info("store", {{"url", options.url}, {"role", parts_.smtp ? "writer" : "reader"}});
  if (const Result<void> ready = store_->ready(); !ready)
    log::warning("the store is not ready", {{"error", ready.error().what}});
  for (const std::string& warning : store_->warnings()) log::warning("the store may lose mail", {{"error", warning}});
  statistics_ = TRY(DaemonStatistics::open(options, clock_, metrics_));
  if (!parts_.smtp && !config_.api.shared_rates) return {};
  // Who only reads mail writes here, too: what his clients did.
  ledger_ = TRY(store::open_ledger(store_options(store::Role::writer, true)));
  bookkeeper_ = std::make_unique<store::Bookkeeper>(*ledger_, metrics_);
  return {};
}

Result<void> Daemon::open_smtp() {
  committer_ = std::make_unique<store::Committer>(*store_, config_.store, metrics_);
  filters_ = TRY(open_filters(config_, loops_, *store_, *bookkeeper_, clock_, metrics_));
  std::vector<std::unique_ptr<report::Sink>> watching;
  if (decisions_) watching.push_back(decisions_->sink());
  reporter_ = TRY(report::Reporter::make(config_, clock_, metrics_, std::move(watching)));
  const smtp::ServerParts parts{loops_,   *committer_,        memory_,         clock_,
                                metrics_, &filters_->judge(), reporter_.get(), bookkeeper_.get()};
  try {
    smtp_ = std::make_unique<smtp::Server>(parts, config_, std::move(sockets_.smtp), std::move(sockets_.tls));
  } catch (const boost::system::system_error& error) {  // no descriptor is left for a loop
    return fail(Code::unavailable, std::string("cannot serve: ") + error.what());
  }
  return {};
}

Result<void> Daemon::open_api() {
  offload_ = std::make_unique<service::Offload>(config_.api.workers, config_.api.waiting);
  watch_ = std::make_unique<api::InboxWatch>(
      [options = store_options(store::Role::reader, true)] { return store::open_feed(options); });
  api_context_.emplace(api::Context{*store_, *store_, config_, clock_, metrics_, parts_.smtp, &impaired_, &stuck_,
                                    filters_ ? &filters_->ask_dns() : nullptr, watch_.get(), nullptr,
                                    &statistics_->reader(), &statistics_->watch(), nullptr, &canary_->ask()});
  store::Bookkeeper* ledger = config_.api.shared_rates ? bookkeeper_.get() : nullptr;
  http_ = std::make_unique<api::HttpServer>(loops_, std::move(sockets_.api), *offload_, *api_context_, ledger);
  return {};
}

void Daemon::open_admin() {
  const AdminListener::Parts parts{loops_,           *store_,  clock_,          metrics_,      *decisions_,
                                   &impaired_,       &stuck_,  &canary_->ask(), ledger_.get(), smtp_.get(),
                                   committer_.get(), &memory_, filters_.get()};
  admin_ = std::make_unique<AdminListener>(parts, std::move(sockets_.admin), LoadedConfig{config_, origins_, files_});
}

/// From here on the supervisor hears that all of this goes on.
void Daemon::watch_over() {
  DaemonHealth::Parts parts{
      loops_, {}, std::move(sockets_.bells), [this, rate = MessageRate(metrics_, clock_)]() mutable {
        const StateParts told{smtp_.get(), http_.get(), filters_.get(), *store_};
        return state_in_words(told, rate.since_last(), impaired_());
      }};
  if (committer_) parts.threads.push_back({"the committer", [this] { return committer_->silent(); }});
  if (bookkeeper_) parts.threads.push_back({"the bookkeeper", [this] { return bookkeeper_->silent(); }});
  if (offload_) parts.threads.push_back({"a worker of the API", [this] { return offload_->silent(); }});
  health_ = std::make_unique<DaemonHealth>(std::move(parts));
}

int Daemon::run() {
  std::signal(SIGPIPE, SIG_IGN);  // a log whose reader has gone must not end us
  if (Result<void> opened = open(); !opened) {
    if (!store_ && report_denied_store(store_url(), parts_.smtp, true)) return exit_no_permission;
    const int status = report(opened.error());
    return opened.error().code == Code::invalid ? exit_config : status;
  }
  boost::asio::io_context& main_loop = loops_.at(0).context();
  signals_ = std::make_unique<service::Signals>(
      main_loop, service::SignalHandlers{[this] { drain(offer_->withdraw(), config_.service.drain_timeout); },
                                         [this](int signal) { end_now(128 + signal); }, [this] { reload(); }});
  offer_ = std::make_unique<service::TakeoverOffer>(
      main_loop, std::move(sockets_.offered), [this](const std::vector<std::string>& names) {
        drain(names, std::min(config_.service.drain_timeout, config_.service.takeover_timeout));
      });
  drain_limit_ = std::make_unique<boost::asio::steady_timer>(main_loop);
  if (smtp_) smtp_->start();
  if (filters_) filters_->watch(loops_, [this] { smtp_->renew_terms(); });
  if (http_) http_->start();
  if (admin_) admin_->start();
  watch_over();
  loops_.start();
  log::info("ready",
            {{"version", MAILDROP_VERSION}, {"loops", loops_.size()}, {"domains", config_.mail.domains.size()}});
  service::notify_ready();
  loops_.join();
  // The store has yet to end what it is at, and may hang in that. All that was acknowledged is committed, so nothing is
  // lost by not waiting; and from here on a signal ends us as it ends any process, but for the first one said twice.
  same_signal_limit_ = std::make_unique<service::TimeLimit>(drain_began_ + service::kSameSignal, [] {
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
  });
  const Monotonic least = std::chrono::steady_clock::now() + kLeastEnd;
  end_limit_ = std::make_unique<service::TimeLimit>(std::max(drain_ends_, least), [this] {
    log::warning("the store did not close in time");
    end_now(exit_ok);
  });
  log::settle(log::Settle::all);
  log::info("ended");
  return exit_ok;
}

// --- signals; all of these run on the first loop ---

/// Certificates may lie on a disk that hangs: the loops go on meanwhile.
void Daemon::reload() {
  if (draining()) return;
  if (reloading_.joinable()) {
    reload_again_ = true;
    return;
  }
  service::notify_reloading();
  const auto found = std::make_shared<Result<Reloaded>>(fail(Code::internal, "not read"));
  try {
    reloading_ = std::jthread([this, found, current = config_] {
      *found = read_again(globals_, current, parts_, file_limit_, filters_ ? &filters_->source() : nullptr);
      boost::asio::post(loops_.at(0).context(), [this, found] {
        reloading_.join();
        if (!draining()) apply(std::move(*found));
        if (std::exchange(reload_again_, false)) reload();
      });
    });
  } catch (const std::system_error& error) {  // no thread is to be had
    apply(fail(Code::unavailable, error.what()));
  }
}

void Daemon::apply(Result<Reloaded> found) {
  if (!found) {
    log::error("reload failed, the old configuration stays", {{"error", found.error().what}});
    health_->now("reload failed: " + found.error().what);
    return service::notify_ready();
  }
  log_changes(*found, file_limit_);
  config_ = std::move(found->config);
  store_->apply(config_.inbox);
  memory_.set_limit(config_.limits.memory);
  if (ledger_) ledger_->set_limit(config_.limits.ledger);
  if (filters_) filters_->adopt();
  if (smtp_) smtp_->apply(config_, std::move(found->tls));
  if (http_) http_->apply(config_);
  canary_->apply(config_);
  for (const std::string_view key : found->kept) found->origins[std::string(key)] = origins_[std::string(key)];
  origins_ = std::move(found->origins);
  files_ = std::move(found->files);
  if (admin_) admin_->apply({config_, origins_, files_});
  log::info("reloaded", {{"files", files_.size()}});
  health_->now("serving");
  service::notify_ready();
}

void Daemon::drain(const std::vector<std::string>& left, Millis limit) {
  if (draining()) return;  // a TERM for one that is taken over
  log::info("draining", {{"smtp_connections", smtp_ ? smtp_->connections() : 0},
                         {"http_connections", http_ ? http_->connections() : 0}});
  canary_->end();
  service::notify_stopping();
  service::notify_extend(limit + kFarewell + kLeastEnd);
  health_->now("draining");
  draining_servers_ = (smtp_ ? 1 : 0) + (http_ ? 1 : 0) + (admin_ ? 1 : 0);
  drain_began_ = std::chrono::steady_clock::now();
  drain_ends_ = drain_began_ + limit;
  drain_limit_->expires_at(drain_ends_);
  drain_limit_->async_wait([this](const boost::system::error_code& error) {
    if (!error) drain_timed_out();
  });
  if (smtp_) smtp_->drain([this] { server_drained(); }, left);
  if (http_) http_->drain([this] { server_drained(); }, left);
  if (admin_) admin_->drain([this] { server_drained(); }, left);
}

/// What was answered 250 is stored, so nothing is lost: who is left hears 421, or just an end, and tries again.
void Daemon::drain_timed_out() {
  log::warning("drain timed out", {{"smtp_connections", smtp_ ? smtp_->connections() : 0},
                                   {"http_connections", http_ ? http_->connections() : 0}});
  if (smtp_) smtp_->farewell();
  drain_limit_->expires_after(kFarewell);
  drain_limit_->async_wait([this](const boost::system::error_code& error) {
    if (!error) end_now(exit_ok);
  });
}

void Daemon::server_drained() {
  if (--draining_servers_ != 0) return;
  boost::asio::post(loops_.at(0).context(), [this] {
    drain_limit_->cancel();
    signals_->cancel();
    health_->end_rounds();  // loops that end answer nobody
    if (filters_) filters_->end(loops_);
    loops_.finish();
  });
}

void Daemon::end_now(int status) const {
  log::info("ended at once");
  log::settle(log::Settle::all);
  std::_Exit(status);
}

}  // namespace

int run_daemon(const Globals& globals, DaemonParts parts) {
  tl::expected<LoadedConfig, int> loaded = load(globals);
  if (!loaded) return loaded.error();
  return Daemon(globals, parts, std::move(*loaded)).run();
}

}  // namespace maildrop::cmd
