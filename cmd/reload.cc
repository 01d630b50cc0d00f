/// reload.cc: the new values into the old configuration, one by one.
#include "reload.h"

#include <exception>
#include <string>

#include "core/log.h"
#include "core/settings.h"

namespace maildrop::cmd {

namespace {

Result<Reloaded> read(const Globals& globals, const Config& current, DaemonParts parts, std::size_t file_limit,
                      filter::ChainSource* chains) {
  LoadedConfig loaded = TRY(read_config(globals));
  Reloaded found{current, {}, {}, fit_to_files(loaded.config, parts, file_limit), {}, loaded.files.size()};
  for (const Setting& setting : settings()) {
    const std::vector<std::string> wanted = setting.get(loaded.config);
    if (wanted == setting.get(current)) continue;
    if (setting.reloadable) TRY(setting.set(found.config, wanted));
    (setting.reloadable ? found.changed : found.kept).push_back(setting.key);
  }
  // The file alone is right; with what needs a restart and stays as it is it may not be.
  if (const auto wrong = contradictions(found.config); !wrong.empty())
    return fail(Code::invalid, std::string(wrong.front().first) + ": " + wrong.front().second);
  if (!parts.smtp) return found;
  found.tls = TRY(service::TlsContext::make(found.config.tls, effective_hostname(found.config.smtp)));
  if (chains) TRY(chains->make(found.config));  // last: the others may fail
  return found;
}

}  // namespace

Result<Reloaded> read_again(const Globals& globals, const Config& current, DaemonParts parts, std::size_t file_limit,
                            filter::ChainSource* chains) try {
  return read(globals, current, parts, file_limit, chains);
} catch (const std::exception& error) {  // out of memory
  return fail(Code::internal, error.what());
}

void log_changes(const Reloaded& reloaded, std::size_t file_limit) {
  log_lowered(reloaded.lowered, file_limit);
  for (const std::string_view key : reloaded.kept) log::warning("setting needs a restart", {{"key", key}});
  for (const std::string_view key : reloaded.changed) log::info("setting changed", {{"key", key}});
}

std::vector<Lowered> fit_to_files(Config& config, DaemonParts parts, std::size_t file_limit) {
  const std::size_t files = file_limit > 2 * kReservedFiles ? file_limit - kReservedFiles : file_limit / 2;
  const std::size_t for_http = parts.smtp ? files / 4 : files;
  std::vector<Lowered> lowered;
  const auto lower = [&lowered](std::string_view key, unsigned& wanted, std::size_t room) {
    if (wanted <= room) return;
    lowered.push_back({key, wanted, static_cast<unsigned>(room)});
    wanted = static_cast<unsigned>(room);
  };
  if (parts.api) lower("api.connections", config.api.connections, for_http);
  const std::size_t for_smtp = files - (parts.api ? config.api.connections : 0);
  if (parts.smtp) lower("limits.connections", config.limits.connections, for_smtp);
  return lowered;
}

void log_lowered(const std::vector<Lowered>& lowered, std::size_t file_limit) {
  for (const auto& [key, wanted, to] : lowered)
    log::warning("limit lowered", {{"key", key}, {"wanted", wanted}, {"open_files", file_limit}, {"lowered_to", to}});
}

}  // namespace maildrop::cmd
