/// reload.cc: the new values into the old configuration, one by one.
#include "reload.h"

#include <exception>
#include <string>

#include "core/log.h"
#include "core/settings.h"
#include "mail/alias.h"

namespace maildrop::cmd {

namespace {

Result<Reloaded> read(const Globals& globals, const Config& current, DaemonParts parts, std::size_t file_limit,
                      filter::ChainSource* chains) {
  LoadedConfig loaded = TRY(read_config(globals));
  Reloaded found{current, {}, {}, fit_to_files(loaded.config, parts, file_limit), {}};
  found.origins = std::move(loaded.origins);
  found.files = std::move(loaded.files);
  for (const Setting& setting : settings()) {
    const std::vector<std::string> wanted = setting.get(loaded.config);
    if (wanted == setting.get(current)) continue;
    if (setting.reloadable) TRY(setting.set(found.config, wanted));
    (setting.reloadable ? found.changed : found.kept).push_back(setting.key);
  }
  found.config.shadow = loaded.config.shadow;
  // The file alone is right; with what needs a restart and stays as it is it may not be.
  if (const auto wrong = contradictions(found.config); !wrong.empty())
    return fail(Code::invalid, std::string(wrong.front().first) + ": " + wrong.front().second);
  if (found.config.inbox.has_aliases()) TRY(mail::Aliases::make(found.config.inbox));
  TRY(log::check_file(found.config.log));
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
  log::open(reloaded.config.log);
}

}  // namespace maildrop::cmd
