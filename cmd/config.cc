/// config.cc: maildrop config: is it right, what is in force and why, what could be set.
#include <algorithm>

#include "api/settings_json.h"
#include "command.h"
#include "core/settings.h"
#include "core/text.h"
#include "explanation.h"
#include "filter/chain_source.h"
#include "json_line.h"
#include "mail/alias.h"
#include "service/tls.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kConfigExamples =
    "maildrop config check                  # every problem at once\n"
    "maildrop config show --origin          # what is in force, and where it was set\n"
    "maildrop config defaults > maildrop.toml";
constexpr std::string_view kCheckExamples =
    "maildrop config check\n"
    "maildrop config check --config new.toml\n"
    "maildrop config check --set mail.domains=example.org";
constexpr std::string_view kShowExamples =
    "maildrop config show\n"
    "maildrop config show --origin\n"
    "maildrop config show --json | jq -r 'select(.origin != \"default\").key'";
constexpr std::string_view kDefaultsExamples =
    "maildrop config defaults\n"
    "maildrop config defaults > maildrop.toml\n"
    "maildrop config defaults | grep -A3 max_age";

int output(std::string_view text) {
  const auto printed = print(1, text);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

/// The daemon loads them when it has its configuration; a check that did not would say ok to what does not start.
std::vector<std::pair<std::string_view, std::string>> certificate_problems(const Config& config) {
  std::vector<std::pair<std::string_view, std::string>> found;
  const TlsSettings& tls = config.tls;
  if (!tls.keys.empty() && tls.keys.size() != tls.certificates.size()) return found;  // told already
  const auto made = service::TlsContext::make(tls, effective_hostname(config.smtp));
  if (made) return found;
  for (const std::string_view line : split(made.error().what, '\n'))
    found.emplace_back(tls.certificates.empty() ? "tls.self_signed" : "tls.certificates", line);
  return found;
}

std::vector<std::pair<std::string_view, std::string>> alias_problems(const Config& config) {
  if (!config.inbox.has_aliases() || config.inbox.naming == InboxSettings::Naming::domain) return {};  // told already
  const auto made = mail::Aliases::make(config.inbox);
  if (made) return {};
  return {{"inbox.alias", made.error().what}};
}

/// The same of the filters: their files, and what only they know of their settings.
std::vector<std::pair<std::string_view, std::string>> filter_problems(const Config& config,
                                                                      filter::ChainSource& source) {
  const auto made = source.make(config);
  if (made) return {};
  const std::string& what = made.error().what;  // `filter.NAME.SETTING: what is wrong`
  const std::size_t end = what.find(": ");
  const Setting* const setting = end == std::string::npos ? nullptr : find_setting(what.substr(0, end));
  if (!setting) return {{"filter.lua.folder", what}};
  return {{setting->key, what.substr(end + 2)}};
}

int check(const Globals& globals) {
  filter::ChainSource source;
  const auto loaded = load(globals, [&source](const Config& config) {
    auto found = certificate_problems(config);
    for (auto& each : alias_problems(config)) found.push_back(std::move(each));
    for (auto& each : filter_problems(config, source)) found.push_back(std::move(each));
    return found;
  });
  if (!loaded) return loaded.error();
  // What is in force has been made above, for a problem of it to be told with all others.
  if (const auto made = source.make(loaded->config); !made) return report(made.error()), exit_config;
  report_problems(source);
  std::string out = "ok\n";
  for (const std::string& file : loaded->files) out += terminal_safe(file) + "\n";
  return output(out);
}

/// `mail.max_size = "512KiB"`: a dotted key, so that the lines together are a configuration file.
std::string dotted_line(const LoadedConfig& loaded, const Setting& setting) {
  const std::string section(setting.key.substr(0, setting.key.rfind('.')));
  if (setting.secret) return "# " + std::string(setting.key) + " is not shown";
  return section + "." + toml_line(setting, loaded.config);
}

std::string as_toml(const LoadedConfig& loaded, bool with_origin) {
  std::string out;
  for (const Setting& setting : settings()) {
    out += terminal_safe(dotted_line(loaded, setting));
    if (with_origin) out += "  # " + terminal_safe(api::origin_of(loaded, setting));
    out += "\n";
  }
  return out;
}

std::string as_json(const LoadedConfig& loaded) {
  std::string out;
  for (const Setting& setting : settings()) out += json_line(api::setting_json(loaded, setting));
  return out;
}

int show(const Globals& globals, bool with_origin, bool json) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  return output(json ? as_json(*loaded) : as_toml(*loaded, with_origin));
}

struct ShowOptions {
  bool origin = false;
  bool json = false;
};

CLI::App* add(CLI::App& app, const char* name, const char* summary, std::string_view examples) {
  CLI::App* sub = app.add_subcommand(name, summary);
  sub->footer(std::string(examples));
  return sub;
}

std::function<int()> declare_config(CLI::App& app, const Globals& globals) {
  const CLI::App* checking = add(app, "check", "Read all settings and print every problem.", kCheckExamples);
  CLI::App* showing = add(app, "show", "Print the settings in force.", kShowExamples);
  const CLI::App* defaults =
      add(app, "defaults", "Print the sample file: every setting with its default.", kDefaultsExamples);
  auto options = std::make_shared<ShowOptions>();
  showing->add_flag("--origin", options->origin,
                    "Add where each value comes from: default, a file, the environment, --set.");
  showing->add_flag("--json", options->json, "Write one JSON object a line, schema maildrop.setting/1.");
  app.require_subcommand(1);
  return [&globals, options, checking, showing, defaults]() -> int {
    if (checking->parsed()) return check(globals);
    if (showing->parsed()) return show(globals, options->origin, options->json);
    return defaults->parsed() ? output(sample_toml()) : exit_usage;
  };
}

}  // namespace

extern const Command config_command{"config", "Check, show or print the settings.", declare_config, false,
                                    kConfigExamples};

}  // namespace maildrop::cmd
