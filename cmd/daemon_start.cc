/// daemon_start.cc: figures and sockets.
#include "daemon_start.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "admin_listener.h"
#include "core/log.h"
#include "service/notify.h"

namespace maildrop::cmd {

namespace {

constexpr Millis kReminder{10'000};  // from one line in the log to the next, while the other one ends

Result<void> ask_for_all(const Config& config, DaemonParts parts, service::Takeover& takeover) {
  for (const auto* endpoints : {&config.smtp.listen, &config.smtp.listen_tls, &config.lmtp.listen})
    if (parts.smtp) TRY(service::ask_for(*endpoints, takeover));
  if (parts.api) TRY(service::ask_for(config.api.listen, takeover));
  return service::ask_for(config.admin.listen, takeover);
}

Result<void> check_tls(const service::ListenersByLoop& tls_first, const service::TlsContextPtr& tls) {
  for (const auto& of_loop : tls_first)
    if (!of_loop.empty() && !tls)
      return fail(Code::invalid, "smtp.listen_tls at '" + of_loop.front().name() + "' needs tls.certificates");
  return {};
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;  // pages, both; 0 where there is no /proc
  file >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(all), end(all)) - 1);  // without the one it is read by
}

/// What Prometheus's own clients tell of any process, in their names: an autoscaler knows them.
void add_standard_metrics(metrics::Registry& metrics) {
  metrics.counter_callback("process_cpu_seconds_total", "CPU time of the process, in the kernel and outside",
                           cpu_seconds);
  metrics.callback("process_resident_memory_bytes", "Memory of the process that is in RAM", resident_bytes);
  metrics.callback("process_open_fds", "Descriptors that are open: files, and each connection", open_descriptors);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  metrics.callback("process_start_time_seconds", "When the process began, in seconds since 1970",
                   [begun = now.count()] { return begun; });
}

}  // namespace

void add_process_metrics(metrics::Registry& metrics, const Budget* memory, const Config& config) {
  metrics.gauge("maildrop_info", "Always 1; its label is the version of maildrop", "version=\"" MAILDROP_VERSION "\"")
      .set(1);
  metrics.counter_callback(
      "maildrop_log_dropped_lines_total",
      "Log lines that were lost: who reads standard error does not keep up, or the file cannot be written",
      [] { return static_cast<double>(log::dropped()); });
  metrics.counter_callback("maildrop_log_repeated_lines_total",
                           "Log lines that were like others of the same minute, and are not written but counted",
                           [] { return static_cast<double>(log::repeated()); });
  metrics.callback("maildrop_store_limit_bytes",
                   "The setting store.max_size: near it old mail makes room, or new mail is refused with 452",
                   [limit = config.store.max_size] { return static_cast<double>(limit); });
  add_standard_metrics(metrics);
  if (memory == nullptr) return;
  metrics.callback("maildrop_memory_bytes", "Memory of messages not yet answered: compare maildrop_memory_limit_bytes",
                   [memory] { return static_cast<double>(memory->used()); });
  metrics.callback("maildrop_memory_limit_bytes",
                   "The setting limits.memory: beyond it mail is refused with 452 or 421",
                   [memory] { return static_cast<double>(memory->limit()); });
}

Result<service::ListenersByLoop> open_logged(std::string_view service, const std::vector<Endpoint>& endpoints,
                                             std::size_t loops, unsigned socket_mode, service::Takeover& takeover) {
  service::ListenersByLoop listeners = TRY(service::open_listeners(endpoints, loops, socket_mode, &takeover));
  std::vector<std::string_view> said;  // each loop has its own socket on one address
  for (const auto& of_loop : listeners) {
    for (const service::Listener& listener : of_loop) {
      if (std::find(said.begin(), said.end(), listener.name()) != said.end()) continue;
      said.push_back(listener.name());
      log::info("listening", {{"service", service}, {"address", listener.name()}});
    }
  }
  return listeners;
}

Result<DaemonSockets> open_sockets(const Config& config, DaemonParts parts, std::size_t loops,
                                   const std::function<Result<void>(service::Takeover&)>& take_place) {
  DaemonSockets sockets;
  service::Takeover takeover;
  if (config.service.takeover) TRY(ask_for_all(config, parts, takeover));
  const auto listen = [&](std::string_view service, const std::vector<Endpoint>& endpoints, unsigned mode) {
    return open_logged(service, endpoints, loops, mode, takeover);
  };
  const unsigned mode = config.service.socket_mode;
  if (parts.smtp) {
    sockets.tls = TRY(service::TlsContext::make(config.tls, effective_hostname(config.smtp)));
    sockets.smtp.plain = TRY(listen("smtp", config.smtp.listen, mode));
    sockets.smtp.tls_first = TRY(listen("smtp-tls", config.smtp.listen_tls, mode));
    TRY(check_tls(sockets.smtp.tls_first, sockets.tls));
    sockets.smtp.lmtp = TRY(listen("lmtp", config.lmtp.listen, mode));
  }
  if (parts.api) sockets.api = TRY(listen("api", config.api.listen, mode));
  sockets.admin = TRY(listen("admin", config.admin.listen, config.admin.socket_mode));
  TRY(check_admin_listeners(sockets.admin, config.admin));
  if (!takeover.empty()) TRY(take_place(takeover));
  for (auto* listeners :
       {&sockets.smtp.plain, &sockets.smtp.tls_first, &sockets.smtp.lmtp, &sockets.api, &sockets.admin}) {
    TRY(service::own(*listeners, sockets.offered));
    for (const auto& of_loop : *listeners)
      for (const service::Listener& listener : of_loop) sockets.bells.push_back(listener.bell());
  }
  return sockets;
}

void know_inherited(std::vector<Endpoint>& endpoints, const service::ListenersByLoop& listeners) {
  const auto is_local = [](const service::Listener& listener) {
    if (listener.name().starts_with("unix:")) return true;
    const Result<Endpoint> at = Endpoint::parse(listener.name());
    return at && at->kind == Endpoint::Kind::ip && at->address.is_loopback();
  };
  for (const auto& of_loop : listeners)
    if (!std::all_of(of_loop.begin(), of_loop.end(), is_local)) return;
  for (Endpoint& each : endpoints)
    if (each.kind == Endpoint::Kind::inherited) each.address = IpAddress::from_v4(INADDR_LOOPBACK);
}

void finish_takeover(service::Takeover& takeover) {
  const std::string from = takeover.from();
  log::info("taking over", {{"from", from}});
  service::notify_status("waiting for " + from + " to end");
  service::notify_extend(kReminder * 2);
  std::signal(SIGHUP, SIG_IGN);  // until it is handled: now it would end the only one who can serve
  for (Result<void> ended = takeover.finish(kReminder); !ended; ended = takeover.finish(kReminder)) {
    service::notify_extend(kReminder * 2);
    log::warning("still waiting", {{"error", ended.error().what}});
  }
  log::info("took over", {{"from", from}});
}

}  // namespace maildrop::cmd
