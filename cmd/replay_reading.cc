/// replay_reading.cc: what is read: options, and the files and stores that they name.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "command.h"
#include "core/text.h"
#include "local_store.h"
#include "replay.h"

namespace maildrop::cmd {
namespace {

bool is_store_name(const std::string& path) { return path.starts_with(replay::kStorePrefix); }

/// 0: it is there, and may be read.
int missing_file(const std::string& path) {
  if (path == "-" || is_store_name(path) || ::access(path.c_str(), R_OK) == 0) return exit_ok;
  const bool denied = errno == EACCES;
  report({Code::not_found, denied ? "no permission for '" + path + "'" : "there is no '" + path + "'"});
  return denied ? exit_no_permission : exit_no_input;
}

/// Stores that are open, by what stands behind `store:`.
struct OpenStores {
  SystemClock clock;  // theirs
  std::map<std::string, std::shared_ptr<store::Store>> by_url;
};

int open_stores(ReplayOptions& options, const Globals& globals, const char* command) {
  const bool any = std::any_of(options.given.begin(), options.given.end(),
                               [](const replay::Given& each) { return is_store_name(each.path); });
  if (!any)
    return options.inboxes.empty() ? exit_ok : usage_error(command, "--inbox is of a store, and no SOURCE is one");
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  for (const std::string& name : options.inboxes) {
    auto inbox = inbox_named(name, loaded->config.inbox);
    if (!inbox) return inbox.error();
    options.reading.inboxes.push_back(std::move(*inbox));
  }
  const auto stores = std::make_shared<OpenStores>();
  for (const replay::Given& each : options.given) {
    if (!is_store_name(each.path)) continue;
    const std::string url = each.path.substr(replay::kStorePrefix.size());
    LoadedConfig named = *loaded;
    if (!url.empty()) named.config.store.url = url;
    auto opened = open_local_store(named, globals, stores->clock);
    if (!opened) return opened.error();
    stores->by_url[url] = std::move(opened->store);
  }
  options.reading.open_store = [stores](const std::string& url) -> Result<std::shared_ptr<store::Store>> {
    return stores->by_url.at(url);
  };
  return exit_ok;
}

int open_manifest(ReplayOptions& options) {
  if (options.manifest_file.empty()) return exit_ok;
  if (const int status = missing_file(options.manifest_file); status != exit_ok) return status;
  auto manifest = replay::Manifest::open(options.manifest_file);
  if (!manifest) return report(manifest.error());
  options.manifest = std::make_shared<replay::Manifest>(std::move(*manifest));
  return exit_ok;
}

std::string check_network(const std::string& value) {
  const auto parsed = Network::parse(value);
  return parsed ? "" : "'" + value + "': " + parsed.error().what;
}

/// One value each time, as what follows may be a SOURCE.
CLI::Option* each_time(CLI::Option* option, const char* type) {
  return option->type_name(type)->allow_extra_args(false);
}

}  // namespace

void declare_reading(CLI::App& app, ReplayOptions& o) {
  app.add_option("SOURCE", o.sources,
                 "Files with one message, mbox files, Maildirs, tar archives, backups, all of them packed or not, "
                 "folders of these; store: is the mail of a store, - is standard input.");
  each_time(app.add_option("--spam", o.spam, "A SOURCE of which all is spam; may be repeated."), "SOURCE");
  each_time(app.add_option("--ham", o.ham, "A SOURCE of which nothing is spam; may be repeated."), "SOURCE");
  app.add_flag("--label-by-folder", o.by_folder,
               "What is in a folder, or an archive, named spam, junk or ham, as in easy_ham_2, is that.");
  app.add_option("--manifest", o.manifest_file, "A CSV file with labels and envelopes of messages, by their names.")
      ->type_name("FILE");
  each_time(app.add_option("--inbox", o.inboxes, "Of a store only this inbox; may be repeated."), "NAME");
  each_time(
      app.add_option("--trusted", o.trusted,
                     "Servers whose Received fields are believed: the client is whom they name; may be repeated."),
      "NETWORK")
      ->check(CLI::Validator([](std::string& value) { return check_network(value); }, ""));
}

int prepare_reading(ReplayOptions& options, const Globals& globals, const char* command) {
  const auto add = [&options](const std::vector<std::string>& paths, replay::Label label) {
    for (const std::string& each : paths) options.given.push_back({each, label});
  };
  add(options.sources, replay::Label::none);
  add(options.spam, replay::Label::spam);
  add(options.ham, replay::Label::ham);
  if (options.given.empty()) return usage_error(command, "a SOURCE is needed");
  const auto inputs = std::count_if(options.given.begin(), options.given.end(),
                                    [](const replay::Given& each) { return each.path == "-"; });
  if (inputs > 1) return usage_error(command, "standard input can be read once");
  if (inputs == 1 && options.play.repeat > 1)
    return usage_error(command, "standard input cannot be read again: --repeat needs files");
  for (const replay::Given& each : options.given)
    if (const int status = missing_file(each.path); status != exit_ok) return status;
  for (const std::string& each : options.trusted) options.reading.trusted.push_back(*Network::parse(each));
  if (const int status = open_manifest(options); status != exit_ok) return status;
  return open_stores(options, globals, command);
}

}  // namespace maildrop::cmd
