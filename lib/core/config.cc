/// config.cc: files, environment and --set, put together by the table of settings.
#include "core/config.h"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/settings.h"
#include "core/text.h"

extern char** environ;

namespace maildrop {

namespace fs = std::filesystem;

namespace {

using Values = std::vector<std::string>;

constexpr std::string_view kVariablePrefix = "MAILDROP_";
constexpr std::string_view kFilters = "filter.";
constexpr std::string_view kFileVariable = "MAILDROP_CONFIG";
constexpr std::string_view kFileSuffix = "_FILE";
constexpr std::size_t kMaxFile = 1 << 20;  // no configuration is that long, so what is is a mistake

std::vector<std::string_view> all_keys() {
  std::vector<std::string_view> keys;
  for (const Setting& setting : settings()) keys.push_back(setting.key);
  return keys;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view near = nearest(name, candidates);
  return near.empty() ? std::string() : ", did you mean '" + std::string(near) + "'?";
}

/// Of all filters that have settings.
std::vector<std::string_view> filter_names() {
  std::vector<std::string_view> names;
  for (const std::string_view key : all_keys()) {
    const std::size_t end = key.find('.', kFilters.size());
    if (key.starts_with(kFilters) && end != key.npos)
      names.push_back(key.substr(kFilters.size(), end - kFilters.size()));
  }
  return names;
}

/// A filter that we do not have may be a script: which there are is not known here.
std::string hint_for(const std::string& key, bool is_section = false) {
  const std::size_t end = is_section ? key.size() : key.find('.', kFilters.size());
  if (!key.starts_with(kFilters) || end == key.npos) return did_you_mean(key, all_keys());
  const std::vector<std::string_view> names = filter_names();
  const std::string name = key.substr(kFilters.size(), end - kFilters.size());
  if (std::find(names.begin(), names.end(), name) != names.end()) return did_you_mean(key, all_keys());
  const std::string near(nearest(name, names));
  if (!near.empty()) return ", did you mean '" + std::string(kFilters) + near + key.substr(end) + "'?";
  return "; a script of filter.lua.folder has its mode and the like in its own file: filter { mode = \"observe\" }";
}

/// Lists in environment and --set: commas or white space between the elements.
Values split_list(std::string_view text) {
  Values out;
  std::size_t at = 0;
  while (at < text.size()) {
    at = text.find_first_not_of(", \t\n", at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(", \t\n", at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::not_found, "cannot read '" + path + "': " + std::strerror(errno));
  std::string text(kMaxFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(Code::not_found, "cannot read '" + path + "': " + std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFile) return fail(Code::invalid, "'" + path + "' is longer than " + format_size(kMaxFile));
  return text;
}

/// Where something stands in a file; 0:0 for what is in none.
struct Place {
  unsigned line = 0;
  unsigned column = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};
struct Problem {
  std::string text;
  Place place{};
};
/// One element of a list, or the one value of any other setting.
struct Given {
  std::string text;
  std::string origin;
  Place place{};
};

std::string position(const std::string& path, Place place) {
  return path + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}
Place place_of(const toml::source_region& source) { return {source.begin.line, source.begin.column}; }

/// Builds one LoadedConfig, source by source, and keeps all that is wrong.
class Loader {
 public:
  explicit Loader(const ValueCheck& check) : check_(check) {
    for (const Setting& setting : settings()) loaded_.origins[std::string(setting.key)] = "default";
  }

  void file(const std::string& path);
  void environment(const std::map<std::string, std::string>& variables);
  void sets(const std::vector<std::string>& given);

  Result<LoadedConfig> finish(const ConfigCheck& check_all) {
    auto wrong = contradictions(loaded_.config);
    if (check_all)
      for (auto& each : check_all(loaded_.config)) wrong.push_back(std::move(each));
    for (const auto& [key, what] : wrong) problem(loaded_.origins.find(key)->second, std::string(key) + ": " + what);
    if (problems_.empty()) return std::move(loaded_);
    std::string what;
    for (const Problem& problem : problems_) what += (what.empty() ? "" : "\n") + problem.text;
    return fail(Code::invalid, std::move(what));
  }

 private:
  void table(const std::string& path, const toml::table& table, const std::string& prefix);
  void leaf(const std::string& path, Place place, const std::string& key, const toml::node& node);
  void variable(const std::string& name, const std::string& value, const std::map<std::string, std::string>& all);
  void apply(const Setting& setting, const Values& values, const std::string& origin);
  void apply(const Setting& setting, const std::vector<Given>& given, const std::string& origin, Place place);
  void problem(const std::string& where, const std::string& what, Place place = {}) {
    // A quoted key of TOML may hold anything: one problem stays one line.
    problems_.push_back({where + ": " + terminal_safe(what), place});
  }

  const ValueCheck& check_;
  LoadedConfig loaded_;
  std::vector<Problem> problems_;
};

void Loader::apply(const Setting& setting, const Values& values, const std::string& origin) {
  std::vector<Given> given;
  for (const std::string& value : values) given.push_back({value, origin});
  apply(setting, given, origin, {});
}

/// Each value is tried by itself first, so that all elements of a list that are wrong are named, each at its own place.
void Loader::apply(const Setting& setting, const std::vector<Given>& given, const std::string& origin, Place place) {
  const std::size_t before = problems_.size();
  Values values;
  for (const Given& each : given) {
    values.push_back(each.text);
    Config scratch;
    Result<void> right = setting.set(scratch, {each.text});
    if (right && check_) right = check_(setting.key, each.text);
    const bool element = setting.type == Setting::Type::list;
    if (!right)
      problem(element ? each.origin : origin, std::string(setting.key) + ": " + right.error().what,
              element ? each.place : place);
  }
  if (problems_.size() != before) return;
  const Result<void> set = setting.set(loaded_.config, values);
  if (!set) return problem(origin, std::string(setting.key) + ": " + set.error().what, place);
  loaded_.origins[std::string(setting.key)] = origin;
}

// --- files ---

void Loader::file(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text) {
    problems_.push_back({text.error().what});
    return;
  }
  loaded_.files.push_back(path);
  const auto before = static_cast<std::ptrdiff_t>(problems_.size());
  try {
    table(path, toml::parse(std::string_view(*text), std::string_view(path)), "");
  } catch (const toml::parse_error& error) {
    problem(position(path, place_of(error.source())), std::string(error.description()));
  }
  // toml++ gives the keys by name; who mends the file goes through it from top to bottom.
  std::stable_sort(problems_.begin() + before, problems_.end(),
                   [](const Problem& one, const Problem& other) { return one.place < other.place; });
}

void Loader::table(const std::string& path, const toml::table& table, const std::string& prefix) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const Place place = place_of(name.source());
    const bool is_section = std::any_of(settings().begin(), settings().end(), [&](const Setting& setting) {
      return setting.key.substr(0, key.size() + 1) == key + ".";
    });
    if (node.is_table() && is_section) {
      this->table(path, *node.as_table(), key + ".");
    } else if (is_section) {
      problem(position(path, place), key + ": is a section: write [" + key + "]", place);
    } else {
      leaf(path, place, key, node);
    }
  }
}

/// The TOML type that a setting's value has; sizes may be numbers of bytes, too.
std::string_view toml_type(Setting::Type type) {
  switch (type) {
    case Setting::Type::boolean: return "true or false";
    case Setting::Type::number: return "a whole number";
    case Setting::Type::decimal: return "a number";
    case Setting::Type::size: return "a size, such as \"512KiB\" or a number of bytes,";
    case Setting::Type::duration: return "a duration, such as \"5m\",";
    case Setting::Type::list: return "a list of strings";
    case Setting::Type::text:
    case Setting::Type::choice: break;
  }
  return "a string";
}

/// The value as the text that Setting::set reads. Nothing when it is not of the setting's type.
std::optional<std::string> scalar(Setting::Type type, const toml::node& node) {
  const bool number = type == Setting::Type::number || type == Setting::Type::size;
  const auto whole = node.value_exact<std::int64_t>();
  if (number && whole && *whole >= 0) return std::to_string(*whole);
  if (type == Setting::Type::number) return std::nullopt;
  if (type == Setting::Type::decimal) {
    const auto value = node.value<double>();
    return value && !node.is_boolean() ? std::optional(format_number(*value)) : std::nullopt;
  }
  if (type != Setting::Type::boolean) return node.value_exact<std::string>();
  const auto truth = node.value_exact<bool>();
  return truth ? std::optional(std::string(*truth ? "true" : "false")) : std::nullopt;
}

void Loader::leaf(const std::string& path, Place place, const std::string& key, const toml::node& node) {
  const std::string origin = position(path, place);
  const Setting* setting = find_setting(key);
  if (!setting) return problem(origin, key + ": unknown setting" + hint_for(key, node.is_table()), place);
  std::vector<Given> values;
  const auto take = [&](const toml::node& element) {
    const auto value = scalar(setting->type, element);
    const Place at = place_of(element.source());
    if (value) values.push_back({*value, position(path, at), at});
    return value.has_value();
  };
  const toml::array* array = setting->type == Setting::Type::list ? node.as_array() : nullptr;
  const bool fits = array ? std::all_of(array->begin(), array->end(), take) : take(node);
  if (!fits) return problem(origin, key + ": " + std::string(toml_type(setting->type)) + " is needed", place);
  apply(*setting, values, origin, place);
}

// --- environment and --set ---

void Loader::environment(const std::map<std::string, std::string>& variables) {
  for (const auto& [name, value] : variables)
    if (name.rfind(kVariablePrefix, 0) == 0 && name != kFileVariable) variable(name, value, variables);
}

void Loader::variable(const std::string& name, const std::string& value,
                      const std::map<std::string, std::string>& all) {
  std::vector<std::string> known;
  for (const Setting& setting : settings()) {
    const std::string plain = environment_name(setting.key);
    const std::string from_file = plain + std::string(kFileSuffix);
    known.push_back(plain);
    if (name != plain && name != from_file) continue;
    std::string text = value;
    if (name == from_file) {
      if (all.contains(plain)) return problem(name, "is set, and " + plain + " too: one of them");
      const Result<std::string> read = read_file(value);
      if (!read) return problem(name, read.error().what);
      text = *read;
      if (!text.empty() && text.back() == '\n') text.pop_back();
    }
    return apply(setting, setting.type == Setting::Type::list ? split_list(text) : Values{text}, name);
  }
  known.emplace_back(kFileVariable);
  problem(name, "unknown variable" + did_you_mean(name, {known.begin(), known.end()}));
}

void Loader::sets(const std::vector<std::string>& given) {
  for (const std::string& text : given) {
    const std::size_t equals = text.find('=');
    const std::string key = text.substr(0, equals);
    if (equals == std::string::npos) {
      problem("--set " + key, "write --set KEY=VALUE");
      continue;
    }
    const Setting* setting = find_setting(key);
    if (!setting) {
      problem("--set " + key, "unknown setting" + hint_for(key));
      continue;
    }
    const std::string value = text.substr(equals + 1);
    apply(*setting, setting->type == Setting::Type::list ? split_list(value) : Values{value}, "--set");
  }
}

/// The file and, after it, conf.d/*.toml beside it by name.
Result<std::vector<std::string>> with_drop_ins(const std::string& file) {
  std::vector<std::string> files{file};
  const fs::path folder = fs::path(file).parent_path() / "conf.d";
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return files;
  // Step by step: the increment of a range-for throws.
  for (; entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".toml") files.push_back(entry->path().string());
  }
  if (error) return fail(Code::not_found, "cannot read '" + folder.string() + "': " + error.message());
  std::sort(files.begin() + 1, files.end());
  return files;
}

}  // namespace

Config::Config() {
  smtp.listen = {*Endpoint::parse("127.0.0.1:2525")};
  api.listen = {*Endpoint::parse("127.0.0.1:8080")};
  mail.domains = {"localhost"};
  inbox.reserved = {"abuse",    "admin",    "administrator",    "hostmaster",   "mailer-daemon",
                    "noc",      "no-reply", "noreply",          "postmaster",   "root",
                    "security", "ssladmin", "ssladministrator", "sslwebmaster", "sysadmin",
                    "webmaster"};
  limits.exempt = {*Network::parse("127.0.0.0/8"), *Network::parse("::1")};
}

ConfigSources ConfigSources::from_process(std::string file, std::vector<std::string> sets) {
  ConfigSources sources;
  sources.file = std::move(file);
  sources.sets = std::move(sets);
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return sources;
}

std::string config_file(const ConfigSources& sources) {
  if (!sources.file.empty()) return sources.file;
  const auto named = sources.environment.find(std::string(kFileVariable));
  if (named != sources.environment.end() && !named->second.empty()) return named->second;
  std::error_code error;
  // One that may be there and cannot be seen is to be complained of, not to be left out.
  const bool there = fs::exists(kDefaultConfigFile, error);
  return there || error ? std::string(kDefaultConfigFile) : std::string();
}

Result<LoadedConfig> load_config(const ConfigSources& sources, const ValueCheck& check, const ConfigCheck& check_all) {
  const std::string file = config_file(sources);
  Loader loader(check);
  if (!file.empty()) {
    TRY(read_file(file));  // a file that was named must be there
    const std::vector<std::string> files = TRY(with_drop_ins(file));
    for (const std::string& each : files) loader.file(each);
  }
  loader.environment(sources.environment);
  loader.sets(sources.sets);
  return loader.finish(check_all);
}

std::string resolve_store_url(const std::string& url, const std::map<std::string, std::string>& environment) {
  if (url != "sqlite:") return url;
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  std::string folder = variable("STATE_DIRECTORY");
  folder = folder.substr(0, folder.find(':'));  // systemd lists several
  if (folder.empty() && geteuid() == 0) folder = "/var/lib/maildrop";
  if (folder.empty() && !variable("XDG_STATE_HOME").empty()) folder = variable("XDG_STATE_HOME") + "/maildrop";
  if (folder.empty()) folder = variable("HOME") + "/.local/state/maildrop";
  return "sqlite:" + folder + "/mail.db";
}

std::string effective_hostname(const SmtpSettings& settings) {
  if (!settings.hostname.empty()) return settings.hostname;
  char name[HOST_NAME_MAX + 1] = "";
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace maildrop
