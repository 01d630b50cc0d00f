/// doctor.cc: maildrop doctor: options, and how findings are told. The checks are in doctor_checks.cc.
#include "doctor.h"

#include <algorithm>

#include "command.h"
#include "core/settings.h"
#include "core/text.h"
#include "json_line.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kDoctorExamples =
    "maildrop doctor\n"
    "maildrop doctor --problems             # nothing where all is well\n"
    "maildrop doctor --json | jq -r 'select(.level == \"error\").advice'";

std::string_view name_of(Finding::Level level) {
  switch (level) {
    case Finding::Level::ok: return "ok";
    case Finding::Level::warning: return "warning";
    case Finding::Level::error: return "error";
  }
  return "error";
}

/// Columns, and below each problem what to do.
std::string as_text(const std::vector<Finding>& findings) {
  std::string out;
  const auto column = [&](std::string_view text, std::size_t width) {
    out.append(text).append(width - std::min(width, text.size()), ' ');
  };
  for (const Finding& each : findings) {
    column(name_of(each.level), 9);
    column(each.check, 14);
    out += terminal_safe(each.what) + "\n";
    if (!each.advice.empty()) out += std::string(23, ' ') + "-> " + terminal_safe(each.advice) + "\n";
  }
  return out;
}

std::string as_json(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& each : findings) {
    Json line;
    line["schema"] = "maildrop.finding/1";
    line["level"] = std::string(name_of(each.level));
    line["check"] = std::string(each.check);
    line["what"] = each.what;
    line["advice"] = each.advice;
    out += json_line(line);
  }
  return out;
}

struct DoctorOptions {
  bool problems = false;
  bool json = false;
};

/// As monitoring plugins have it: 0 all is well, 1 warnings, 2 errors.
int status_of(const std::vector<Finding>& findings) {
  int status = 0;
  for (const Finding& each : findings) status = std::max(status, static_cast<int>(each.level));
  return status;
}

/// A file of settings, or what a variable MAILDROP_..._FILE names; empty: the value is of neither.
std::string file_of(std::string_view key, const LoadedConfig& loaded, const ConfigSources& sources) {
  const std::string& origin = loaded.origins.find(key)->second;
  if (const auto named = sources.environment.find(origin); named != sources.environment.end())
    return origin == environment_name(key) ? std::string() : named->second;
  for (const std::string& file : loaded.files)
    if (origin.starts_with(file + ":")) return file;
  return {};
}

int examine(const Globals& globals, const DoctorOptions& options) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const SystemClock clock;
  const auto sources = ConfigSources::from_process(globals.config_file, globals.sets);
  const Patient patient{loaded->config, resolve_store_url(loaded->config.store.url, sources.environment), clock,
                        file_of("inbox.alias_key", *loaded, sources)};
  std::vector<Finding> findings;
  for (const Check& check : kChecks) check.run(patient, findings);
  const int status = status_of(findings);
  if (options.problems) std::erase_if(findings, [](const Finding& each) { return each.level == Finding::Level::ok; });
  const auto printed = print(1, options.json ? as_json(findings) : as_text(findings));
  return printed ? status : (report(printed.error()), exit_io);
}

std::function<int()> declare_doctor(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<DoctorOptions>();
  app.add_flag("--problems", options->problems, "Leave out what is well.");
  app.add_flag("--json", options->json, "Write one JSON object a line, schema maildrop.finding/1.");
  return [&globals, options]() -> int { return examine(globals, *options); };
}

}  // namespace

extern const Command doctor_command{"doctor", "Look for what is wrong, or soon will be, with this machine.",
                                    declare_doctor, false, kDoctorExamples};

}  // namespace maildrop::cmd
