/// filter_own.cc: maildrop filter new and test.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "core/file_error.h"
#include "core/text.h"
#include "filter.h"
#include "filter/filters.h"
#include "filter/lua_folder.h"
#include "filter/sample.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kNewExamples =
    "maildrop filter new same_subject\n"
    "maildrop filter new same_subject --folder .\n"
    "maildrop filter new same_subject --set "
    "filter.lua.folder=/etc/maildrop/filters";
constexpr std::string_view kTestExamples =
    "maildrop filter test same_subject\n"
    "maildrop filter test spf --ip 192.0.2.1 --from a@example.com\n"
    "maildrop filter test same_subject --ip 192.0.2.1 --to bob message.eml";

constexpr std::string_view kScript =
    R"(-- %.lua: see maildrop-filters(7), YOUR OWN FILTERS.
-- observe: what it finds is kept with each message and counted, and changes nothing.
-- Then score, or enforce.
filter { mode = "observe", summary = "Mail from example.com." }

-- A function for each phase it is to be asked at:
-- connect, helo, mail, rcpt, headers, message.
function mail(tx, facts)
  if tx.from_domain == "example.com" then return score(1, "from example.com") end
end
)";
constexpr std::string_view kHit =
    R"(# One that is found. `maildrop filter test %` plays all %-*.sample.
from a@example.com
want mail pass 1 from example.com
)";
constexpr std::string_view kPass = R"(# One that is not.
from a@example.org
want nothing at mail
)";

/// `%` is its name.
std::string named(std::string_view text, const std::string& name) {
  std::string out;
  for (const char c : text) out += c == '%' ? name : std::string(1, c);
  return out;
}

/// Others may read it: the service is not who writes it.
Result<void> write(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wx");
  if (!file) return tl::unexpected(file_error("create", path, errno));
  const bool all = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !all) return tl::unexpected(file_error("write", path, errno));
  return {};
}

Result<std::string> folder_of(const Globals& globals, const std::string& folder) {
  if (!folder.empty()) return folder;
  const LoadedConfig loaded = TRY(read_config(globals));
  if (!loaded.config.filter.lua.folder.empty()) return loaded.config.filter.lua.folder;
  return fail(Code::invalid, "filter.lua.folder is not set: say --folder");
}

/// All files are new, or none is written.
Result<std::vector<std::string>> make_script(const Globals& globals, const std::string& name,
                                             const std::string& given) {
  if (filter::script_name(name + ".lua") != name)
    return fail(Code::invalid, "'" + name + "' is no name of a filter: [a-z0-9_], 24 bytes at most");
  if (filter::is_taken(name)) return fail(Code::invalid, "the name '" + name + "' is taken");
  const std::string folder = TRY(folder_of(globals, given));
  const std::pair<std::string, std::string_view> files[] = {{folder + "/" + name + "-hit.sample", kHit},
                                                            {folder + "/" + name + "-pass.sample", kPass},
                                                            {folder + "/" + name + ".lua", kScript}};
  std::error_code error;
  for (const auto& [path, text] : files)
    if (std::filesystem::exists(path, error)) return fail(Code::invalid, "'" + path + "' exists already");
  std::vector<std::string> made;
  for (const auto& [path, text] : files) {
    TRY(write(path, named(text, name)));
    made.push_back(path);
  }
  return made;
}

/// Of the folder, in the order of their names.
std::vector<std::string> samples_of(const std::string& folder, const std::string& name) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with(name + "-") && file.ends_with(".sample")) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// Empty: it found what is wanted.
std::string difference(const std::string& path, const std::vector<std::shared_ptr<const filter::LuaScript>>& scripts) {
  FakeClock clock;
  filter::TableWorld world(clock);
  const Result<filter::Sample> sample = filter::read_sample(path, world, clock);
  if (!sample) return "    " + sample.error().what + "\n";
  const Result<filter::SampleFindings> findings = filter::play_sample(*sample, world, clock, scripts);
  if (!findings) return "    " + findings.error().what + "\n";
  std::string text;
  for (const std::string& line : filter::differences(*sample, *findings)) text += "    " + line + "\n";
  return text;
}

/// A sample says how a filter of ours is set; a script does so itself.
bool can_play(const std::string& name, const filter::ChainSource& source) {
  const auto kinds = filter::filter_kinds();
  const auto scripts = source.scripts();
  return std::any_of(kinds.begin(), kinds.end(), [&](const filter::FilterKind& kind) { return kind.name == name; }) ||
         std::any_of(scripts.begin(), scripts.end(), [&](const auto& script) {
           return script->name() == name && script->use().mode != FilterUse::Mode::off;
         });
}

int play_all(const Globals& globals, const std::string& name) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  filter::ChainSource source;
  if (const auto chain = source.make(loaded->config); !chain) return report(chain.error());
  if (!can_play(name, source)) return report_missing("filter test", name, loaded->config, source);
  report_problems(source);
  const std::string& folder = loaded->config.filter.lua.folder;
  const std::vector<std::string> paths = samples_of(folder, name);
  if (folder.empty())
    return report({Code::not_found, "filter.lua.folder is not set, where samples would be: give --ip and the like"});
  if (paths.empty())
    return report({Code::not_found, "there is no " + name + "-*.sample in " + folder + ": give --ip and the like"});
  unsigned wrong = 0;
  std::string out;
  for (const std::string& path : paths) {
    const std::string text = difference(path, source.scripts());
    wrong += text.empty() ? 0 : 1;
    out +=
        terminal_safe(std::string(text.empty() ? "ok   " : "FAIL ") + path) + "\n" + terminal_safe(text, Lines::many);
  }
  out += std::to_string(paths.size() - wrong) + " passed, " + std::to_string(wrong) + " failed\n";
  if (const Result<void> printed = print(1, out); !printed) return report(printed.error()), exit_io;
  return wrong == 0 ? exit_ok : exit_nothing;
}

}  // namespace

CLI::App* declare_filter_new(CLI::App& app, std::string& name, std::string& folder) {
  CLI::App* sub = app.add_subcommand("new", "Write a script to begin with, and samples for it.");
  sub->footer(std::string(kNewExamples));
  sub->add_option("name", name, "What the filter is called: [a-z0-9_], 24 bytes at most.")
      ->required()
      ->type_name("NAME");
  sub->add_option("--folder", folder, "Where it is written; filter.lua.folder without it.")->type_name("FOLDER");
  return sub;
}

int run_filter_new(const Globals& globals, const std::string& name, const std::string& folder) {
  const auto made = make_script(globals, name, folder);
  if (!made)
    return made.error().code == Code::invalid ? usage_error("filter new", made.error().what) : report(made.error());
  std::string out;
  for (const std::string& path : *made) out += terminal_safe(path) + "\n";
  const Result<void> printed = print(1, out);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

CLI::App* declare_filter_test(CLI::App& app, ExplainOptions& options) {
  CLI::App* sub = app.add_subcommand("test", "Play a filter's samples, or try it on a transaction.");
  sub->footer(std::string(kTestExamples));
  sub->add_option("name", options.filter, "The filter.")->required()->type_name("NAME");
  add_explain_options(*sub, options);
  return sub;
}

int run_filter_test(const Globals& globals, const ExplainOptions& options) {
  const bool says_more = !options.helo.empty() || !options.from.empty() || !options.to.empty() || !options.file.empty();
  if (options.ip.empty() && says_more) return usage_error("filter test", "--ip is needed, too");
  return options.ip.empty() ? play_all(globals, options.filter) : explain("filter test", options, globals);
}

}  // namespace maildrop::cmd
