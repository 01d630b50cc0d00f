/// local_store.cc: opens it, or says what is in the way.
#include "local_store.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

namespace maildrop::cmd {

void make_state_folder(const std::string& url, const std::string& resolved) {
  if (url == resolved) return;
  const std::filesystem::path folder = std::filesystem::path(resolved.substr(resolved.find(':') + 1)).parent_path();
  std::error_code ignored;  // opening the store says what is wrong, better than we could
  if (std::filesystem::create_directories(folder, ignored)) ::chmod(folder.c_str(), 0700);
}

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

tl::expected<store::OpenOptions, int> local_options(const LoadedConfig& loaded, const Globals& globals,
                                                    const Clock& clock, store::Role role) {
  const auto sources = ConfigSources::from_process(globals.config_file, globals.sets);
  store::OpenOptions options =
      store::open_options(loaded.config, resolve_store_url(loaded.config.store.url, sources.environment), clock);
  options.role = role;
  if (options.url.rfind("memory:", 0) != 0) return options;
  report({Code::not_found, "a memory: store is inside the process that serves it: read it with --api URL"});
  return tl::unexpected<int>(exit_no_input);
}

tl::expected<LocalStore, int> open_local_store(const LoadedConfig& loaded, const Globals& globals, const Clock& clock,
                                               store::Role role) {
  auto options = local_options(loaded, globals, clock, role);
  if (!options) return tl::unexpected<int>(options.error());
  auto opened = store::open_store(*options);
  if (opened) return LocalStore{std::move(*options), std::move(*opened)};
  const int status = no_store(options->url, opened.error());
  if (role == store::Role::writer && opened.error().code == Code::unavailable)
    report({Code::unavailable, "one process writes a store at a time: end that one first"});
  return tl::unexpected<int>(status);
}

}  // namespace maildrop::cmd
