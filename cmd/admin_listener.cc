/// admin_listener.cc: the parts of a process put before its operators.
#include "admin_listener.h"

#include <utility>

namespace maildrop::cmd {

namespace {

constexpr unsigned kAdminWorkers = 2;  // one may be at a walk through the store
constexpr std::size_t kAdminWaiting = 64;

}  // namespace

class DecisionWatch::LinesSink final : public report::Sink {
 public:
  explicit LinesSink(DecisionWatch& of) : of_(of) {}
  std::string_view name() const override { return "admin"; }
  Result<void> write(std::span<const std::string> lines) override {
    of_.lines_.push(lines);
    return {};
  }
  bool wants() const override { return of_.watch_.watchers() > 0; }

 private:
  DecisionWatch& of_;
};

DecisionWatch::DecisionWatch() : watch_([this]() -> Result<std::unique_ptr<store::Feed>> { return lines_.feed(); }) {}

std::unique_ptr<report::Sink> DecisionWatch::sink() { return std::make_unique<LinesSink>(*this); }

namespace {

bool is_unix(const service::Listener& listener) { return listener.name().starts_with("unix:"); }

bool any_by_tcp(const service::ListenersByLoop& listeners) {
  for (const auto& of_loop : listeners)
    for (const service::Listener& each : of_loop)
      if (!is_unix(each)) return true;
  return false;
}

}  // namespace

Result<void> check_admin_listeners(const service::ListenersByLoop& listeners, const AdminSettings& settings) {
  for (const auto& of_loop : listeners) {
    for (const service::Listener& each : of_loop) {
      if (is_unix(each)) continue;
      const Result<Endpoint> at = Endpoint::parse(each.name());
      if (!at || at->kind != Endpoint::Kind::ip || !at->address.is_loopback())
        return fail(Code::invalid, "admin.listen: '" + each.name() + "' can be reached from elsewhere");
      if (settings.token.empty())
        return fail(Code::invalid,
                    "admin.listen: '" + each.name() + "' is open to all users of this machine, and needs admin.token");
    }
  }
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
               .watch = &parts.decisions.watch(),
               .admin = &admin_},
      offload_(kAdminWorkers, kAdminWaiting),
      server_(std::make_unique<api::HttpServer>(parts.loops, std::move(listeners), offload_, context_)) {}

api::Admin AdminListener::admin_of(const Parts& parts, const service::ListenersByLoop& listeners) {
  api::Admin admin;
  admin.version = MAILDROP_VERSION;
  admin.started = parts.clock.now();
  admin.settings = [this] { return this->loaded(); };
  admin.needs_token = any_by_tcp(listeners);
  admin.survey = &survey_;
  admin.purge = &purge_;
  admin.ledger = parts.ledger;
  if (!parts.smtp) return admin;
  admin.decisions = &parts.decisions.lines();
  admin.memory = parts.memory;
  admin.committer = parts.committer;
  admin.admission = &parts.smtp->admission();
  admin.flood = &parts.smtp->flood();
  admin.chain = [filters = parts.filters] { return filters->judge().chain(); };
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
