/// version.cc: maildrop version: what this binary is made of.
#include "command.h"
#include "core/text.h"
#include "json_line.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kVersionExamples =
    "maildrop version\n"
    "maildrop version --json\n"
    "maildrop --version    # one line";

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

struct Library {
  std::string name, version;
};

/// MAILDROP_LIBRARIES is `NAME VERSION,NAME VERSION`: what CMake found.
std::vector<Library> libraries() {
  std::vector<Library> out;
  for (const std::string_view each : split(MAILDROP_LIBRARIES, ',')) {
    const auto space = each.find(' ');
    if (space != std::string_view::npos)
      out.push_back({std::string(each.substr(0, space)), std::string(each.substr(space + 1))});
  }
  return out;
}

std::string as_text() {
  std::string out = "maildrop " MAILDROP_VERSION "\ncompiler  " + std::string(trim(kCompiler)) + "\n";
  for (const Library& each : libraries()) out += "library   " + each.name + " " + each.version + "\n";
  return out;
}

std::string as_json() {
  Json out;
  out["schema"] = "maildrop.version/1";
  out["version"] = MAILDROP_VERSION;
  out["compiler"] = std::string(trim(kCompiler));
  for (const Library& each : libraries()) out["libraries"][each.name] = each.version;
  return json_line(out);
}

std::function<int()> declare_version(CLI::App& app, const Globals&) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "Write one JSON object, schema maildrop.version/1.");
  return [json]() -> int {
    const auto printed = print(1, *json ? as_json() : as_text());
    return printed ? exit_ok : (report(printed.error()), exit_io);
  };
}

}  // namespace

extern const Command version_command{"version", "Print the version, the compiler and the libraries.", declare_version,
                                     false, kVersionExamples};

}  // namespace maildrop::cmd
