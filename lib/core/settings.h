/// settings.h: the table of all settings, one row per key. Files, environment, --set, `config show`, maildrop.toml(5)
/// and the sample file are made from it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/result.h"

namespace maildrop {

struct Setting {
  enum class Type { boolean, number, decimal, size, duration, text, choice, list };

  std::string_view key;  // `mail.max_size`
  Type type;
  std::string_view values;  // what may be written, for people: `1..10000`, `reject | tolerate`, `NETWORK, ...`
  std::string_view help;    // one or more sentences; the first line of the manual entry
  bool secret = false;      // `show` hides it; MAILDROP_..._FILE is the way to set it
  bool reloadable = false;  // HUP applies it; otherwise a restart is needed and `reload` says so

  /// Takes one value as text (an element list for Type::list). Errors are Code::invalid and do not name the key.
  std::function<Result<void>(Config&, const std::vector<std::string>&)> set;
  /// The value in the form that set() reads; one element unless Type::list.
  std::function<std::vector<std::string>(const Config&)> get;
};

/// In the order of the manual: by section, as in Config.
std::span<const Setting> settings();
const Setting* find_setting(std::string_view key);

/// Settings that contradict each other, so that mail could never be taken, or one of them has no effect: what is wrong
/// with each key.
std::vector<std::pair<std::string_view, std::string>> contradictions(const Config& config);

/// `MAILDROP_MAIL_MAX_SIZE` for `mail.max_size`.
std::string environment_name(std::string_view key);

/// One setting as a TOML line: `max_size = "512KiB"`, `listen = ["127.0.0.1:2525"]`.
std::string toml_line(const Setting& setting, const Config& config);

/// The sample file: every key with its help and default, commented out. `examples/maildrop.toml` is this text.
std::string sample_toml();
/// The same as variables, for `env_file` of a container or EnvironmentFile= of a unit: maildrop.env.
std::string sample_environment();

/// The body of maildrop.toml(5)'s settings in man(7) macros.
std::string settings_man();

}  // namespace maildrop
