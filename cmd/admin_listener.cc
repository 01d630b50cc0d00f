/// admin_listener.cc: the parts of a process put before its operators.
#include "admin_listener.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace maildrop::cmd {

namespace {

constexpr unsigned kAdminWorkers = 2;  // one may be at a walk through the store
/// Requests that wait for them: one of each connection, so that nobody hears 503 for another's long one. All who come
/// by loopback are one source, which has a quarter of the queue.
std::size_t admin_waiting(const AdminSettings& settings) { return std::size_t{4} * settings.connections; }

}  // namespace

class DecisionWatch::LinesSink final : public report::Sink {
 public:
  explicit LinesSink(DecisionWatch& of) : of_(of) {}
  std::string_view name() const override { return "admin"; }
  Result<std::size_t> write(std::span<const std::string> lines) override {
    of_.lines_.push(lines);
    return 0;
  }
  bool wants() const override { return of_.watch_.watchers() > 0; }

 private:
  DecisionWatch& of_;
};

DecisionWatch::DecisionWatch() : watch_([this]() -> Result<std::unique_ptr<store::Feed>> { return lines_.feed(); }) {}

std::unique_ptr<report::Sink> DecisionWatch::sink() { return std::make_unique<LinesSink>(*this); }

namespace {

constexpr std::string_view kUnix = "unix:";

bool is_unix(const service::Listener& listener) { return listener.name().starts_with(kUnix); }

/// Why whoever is on this machine may connect; empty: permissions keep others out. An abstract socket, whose name has
/// no path, has none; those of a path that is not there (in our root, or any more) are not known.
std::string_view open_to_all(const service::Listener& listener) {
  if (!is_unix(listener)) return "is open to all users of this machine, and needs admin.token";
  const std::string path = listener.name().substr(kUnix.size());
  if (path.empty()) return "is an abstract socket, which has no permissions, and needs admin.token";
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) return "has no permissions that can be seen here, and needs admin.token";
  if ((there.st_mode & S_IWOTH) == 0) return {};
  return "lets all users of this machine connect: it needs another mode (of systemd: SocketMode=0600), or admin.token";
}

bool any_open_to_all(const service::ListenersByLoop& listeners) {
  return std::any_of(listeners.begin(), listeners.end(), [](const auto& of_loop) {
    return std::any_of(of_loop.begin(), of_loop.end(),
                       [](const service::Listener& each) { return !open_to_all(each).empty(); });
  });
}

Result<void> check_admin_listener(const service::Listener& listener, const AdminSettings& settings) {
  const std::string named = "admin.listen: '" + listener.name() + "' ";
  if (!is_unix(listener)) {
    const Result<Endpoint> at = Endpoint::parse(listener.name());
    if (!at || at->kind != Endpoint::Kind::ip || !at->address.is_loopback())
      return fail(Code::invalid, named + "can be reached from elsewhere");
  }
  if (!settings.token.empty()) return {};
  const std::string_view why = open_to_all(listener);
  return why.empty() ? Result<void>() : fail(Code::invalid, named + std::string(why));
}

}  // namespace

Result<void> check_admin_listeners(const service::ListenersByLoop& listeners, const AdminSettings& settings) {
  for (const auto& of_loop : listeners)
    for (const service::Listener& each : of_loop) TRY(check_admin_listener(each, settings));
  return {};
}

AdminListener::AdminListener(const Parts& parts, service::ListenersByLoop listeners, LoadedConfig loaded)
    : loaded_(std::make_shared<const LoadedConfig>(std::move(loaded))),
      served_by_(api::for_operators(loaded_->config)),
      survey_(parts.store, parts.clock),
      purge_(parts.store, parts.clock, [this] { survey_.forget(); }),
      admin_(admin_of(parts, listeners)),
      context_{.inboxes = parts.store,
               .store = parts.store,
               .config = served_by_,
               .clock = parts.clock,
               .metrics = parts.metrics,
               .takes_mail = parts.smtp != nullptr,
               .impaired = parts.impaired,
               .stuck = parts.stuck,
               .watch = &parts.decisions.watch(),
               .admin = &admin_,
               .canary = parts.canary},
      offload_(kAdminWorkers, admin_waiting(served_by_.admin)),
      server_(std::make_unique<api::HttpServer>(parts.loops, std::move(listeners), offload_, context_)) {}

api::Admin AdminListener::admin_of(const Parts& parts, const service::ListenersByLoop& listeners) {
  api::Admin admin;
  admin.version = MAILDROP_VERSION;
  admin.started = parts.clock.now();
  admin.settings = [this] { return this->loaded(); };
  admin.needs_token = any_open_to_all(listeners);
  admin.survey = &survey_;
  admin.purge = &purge_;
  admin.ledger = parts.ledger;
  if (!parts.smtp) return admin;
  admin.decisions = &parts.decisions.lines();
  admin.memory = parts.memory;
  admin.committer = parts.committer;
  admin.admission = &parts.smtp->admission();
  admin.flood = &parts.smtp->flood();
  admin.chain = [filters = parts.filters] { return filters->chain(); };
  return admin;
}

std::shared_ptr<const LoadedConfig> AdminListener::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

void AdminListener::apply(LoadedConfig loaded) {
  auto next = std::make_shared<const LoadedConfig>(std::move(loaded));
  server_->apply(api::for_operators(next->config));
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(next);
}

void AdminListener::drain(std::function<void()> done, std::vector<std::string> left) {
  purge_.stop();
  server_->drain(std::move(done), std::move(left));
}

}  // namespace maildrop::cmd
