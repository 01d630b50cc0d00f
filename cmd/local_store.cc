/// local_store.cc: opens it, or says what is in the way.
#include "local_store.h"

namespace maildrop::cmd {

tl::expected<mail::Inbox, int> inbox_named(const std::string& name, const InboxSettings& settings) {
  auto inbox = mail::Inbox::parse(name, settings);
  if (inbox) return std::move(*inbox);
  report({Code::invalid, "'" + name + "' cannot be an inbox: " + inbox.error().what});
  return tl::unexpected<int>(exit_no_name);
}

int no_store(const std::string& url, const Error& error) {
  if (report_denied_store(url, false)) return exit_no_permission;
  const int status = report(error);
  if (error.code != Code::not_found) return status;
  report({Code::not_found, "no mail store at '" + url + "': has `maildrop serve` run with this configuration? " +
                               "--set store.url=sqlite:PATH names another, --api URL asks a server"});
  return exit_no_input;
}

tl::expected<LocalStore, int> open_local_store(const LoadedConfig& loaded, const Globals& globals, const Clock& clock,
                                               store::Role role) {
  const auto sources = ConfigSources::from_process(globals.config_file, globals.sets);
  LocalStore local;
  local.options =
      store::open_options(loaded.config, resolve_store_url(loaded.config.store.url, sources.environment), clock);
  local.options.role = role;
  const std::string& url = local.options.url;
  if (url.rfind("memory:", 0) == 0) {
    report({Code::not_found, "a memory: store is inside the process that serves it: read it with --api URL"});
    return tl::unexpected<int>(exit_no_input);
  }
  auto opened = store::open_store(local.options);
  if (!opened) {
    const int status = no_store(url, opened.error());
    if (role == store::Role::writer && opened.error().code == Code::unavailable)
      report({Code::unavailable, "one process writes a store at a time: end that one first"});
    return tl::unexpected<int>(status);
  }
  local.store = std::move(*opened);
  return local;
}

}  // namespace maildrop::cmd
