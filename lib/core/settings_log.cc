/// settings_log.cc: the rows of the log.
#include <algorithm>

#include "core/setting_rows.h"
#include "core/setting_values.h"

namespace maildrop::rows {

namespace {

using Level = LogSettings::Level;
using ModuleLevel = std::pair<std::string, Level>;

const Names<Level> kLevels{
    {"debug", Level::debug}, {"info", Level::info}, {"warning", Level::warning}, {"error", Level::error}};

std::string names_of_modules() {
  std::string names;
  for (const std::string_view module : LogSettings::kModules) names.append(names.empty() ? "" : ", ").append(module);
  return names;
}

Result<ModuleLevel> parse_module_level(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return invalid(text, "is not MODULE=LEVEL, such as smtp=warning");
  const std::string module = text.substr(0, equals);
  const auto& modules = LogSettings::kModules;
  if (std::find(modules.begin(), modules.end(), module) == modules.end())
    return invalid(module, "is no module; there are " + names_of_modules());
  for (const auto& [name, level] : kLevels)
    if (text.substr(equals + 1) == name) return ModuleLevel(module, level);
  return invalid(text.substr(equals + 1), "is not one of debug, info, warning, error");
}

std::string format_module_level(const ModuleLevel& of) {
  for (const auto& [name, level] : kLevels)
    if (level == of.second) return of.first + "=" + std::string(name);
  return of.first;
}

}  // namespace

void add_log(std::vector<Setting>& rows) {
  using Format = LogSettings::Format;
  rows.push_back(reloadable(choice_row<Level>(
      "log.level", kLevels, MEMBER(log.level), "debug | info | warning | error",
      "The least important lines that are written. `info` is one line for each session and each message.")));
  rows.push_back(reloadable(list_row<ModuleLevel>(
      "log.levels", MEMBER(log.levels), parse_module_level, format_module_level, "MODULE=LEVEL, ...",
      "Modules with another level than log.level, such as `smtp=warning, api=debug`. The last one of a module counts. "
      "Modules are smtp, api, filter, report, store, service, dns, mail, replay, core and cmd.")));
  rows.push_back(reloadable(choice_row<Format>(
      "log.format", {{"automatic", Format::automatic}, {"text", Format::text}, {"json", Format::json}},
      MEMBER(log.format), "automatic | text | json",
      "How lines look. `automatic` is text: with priorities and without time for the journal, with time elsewhere.")));
  rows.push_back(reloadable(text_row(
      "log.file", MEMBER(log.file), check_path, "PATH",
      "A file for the log instead of standard error. Several processes may write to one. Full, it becomes PATH.1, that "
      "before it PATH.2 and so on: who moves it, too, gives it another name. systemd(1) lets a service write only "
      "where its unit says so (LogsDirectory=).")));
  rows.push_back(reloadable(size_row("log.file_size", {64 * kKiB, 64 * kGiB}, MEMBER(log.file_size), "64KiB..64GiB",
                                     "The most that each file of the log may hold.")));
  rows.push_back(reloadable(number_row("log.files", {1, 1000}, MEMBER(log.files), "1..1000",
                                       "How many files of the log are kept, with the one that is written to: with "
                                       "log.file_size the most that the log takes of the disk.")));
  rows.push_back(reloadable(number_row(
      "log.repeats", {0, 1'000'000}, MEMBER(log.repeats), "0..1000000",
      "Lines of one kind (warnings, errors, and refusals of one source for one reason) that are written in a minute. "
      "Further ones are counted, and the last of them is written with `repeated`, their number. 0: all are written.")));
}

}  // namespace maildrop::rows
