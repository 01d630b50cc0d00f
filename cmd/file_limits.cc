/// file_limits.cc: who gets the descriptors there are.
#include "file_limits.h"

#include <algorithm>
#include <string>

#include "core/log.h"
#include "service/loops.h"
#include "service/service_client.h"

namespace maildrop::cmd {

namespace {

constexpr std::size_t kReserved = 128;   // for the store, logs and what libraries open
constexpr std::size_t kTcpLookups = 10;  // of each loop, libunbound's outgoing-num-tcp
constexpr unsigned kFewestLookups = 10;  // as the setting

/// Of filters, but for the questions to the DNS.
std::size_t files_of_filters(const Config& config) {
  const FilterSettings& filter = config.filter;
  const std::string* const services[] = {&filter.http.url, &filter.rspamd.url, &filter.milter.endpoint};
  const auto named = static_cast<std::size_t>(
      std::count_if(std::begin(services), std::end(services), [](const std::string* each) { return !each->empty(); }));
  const std::size_t loops = service::loop_count(config.service.loops);
  return loops * (kTcpLookups + named * service::ServiceClient::Limits().connections);
}

std::size_t files_of_operators(const Config& config) {
  return config.admin.listen.empty() ? 0 : config.admin.connections;
}

}  // namespace

std::size_t files_beside(const Config& config, DaemonParts parts) {
  return kReserved + files_of_operators(config) + (parts.smtp ? files_of_filters(config) + config.dns.lookups : 0);
}

std::vector<Lowered> fit_to_files(Config& config, DaemonParts parts, std::size_t file_limit) {
  std::vector<Lowered> lowered;
  const auto lower = [&lowered](std::string_view key, unsigned& wanted, std::size_t room) {
    if (wanted <= room) return;
    lowered.push_back({key, wanted, static_cast<unsigned>(room)});
    wanted = static_cast<unsigned>(room);
  };
  std::size_t files = file_limit > 2 * kReserved ? file_limit - kReserved : file_limit / 2;
  files -= std::min(files / 4, files_of_operators(config));
  if (parts.smtp) {
    files -= std::min(files / 4, files_of_filters(config));
    lower("dns.lookups", config.dns.lookups, std::max<std::size_t>(files / 4, kFewestLookups));
    files -= std::min<std::size_t>(files / 2, config.dns.lookups);
  }
  if (parts.api) lower("api.connections", config.api.connections, parts.smtp ? files / 4 : files);
  const std::size_t for_smtp = files - (parts.api ? config.api.connections : 0);
  if (parts.smtp) lower("limits.connections", config.limits.connections, for_smtp);
  return lowered;
}

void log_lowered(const std::vector<Lowered>& lowered, std::size_t file_limit) {
  for (const auto& [key, wanted, to] : lowered)
    log::warning("limit lowered", {{"key", key}, {"wanted", wanted}, {"open_files", file_limit}, {"lowered_to", to}});
}

}  // namespace maildrop::cmd
