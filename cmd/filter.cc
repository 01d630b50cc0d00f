/// filter.cc: maildrop filter: which filters there are, what one goes by, and
/// how an operator makes his own.
#include "filter.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/aligned.h"
#include "core/settings.h"
#include "core/text.h"
#include "explanation.h"
#include "filter/filters.h"
#include "help.h"
#include "json_line.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

using filter::Phase;

constexpr std::string_view kFilterExamples =
    "maildrop filter list\n"
    "maildrop filter new same_subject\n"
    "maildrop filter test same_subject --ip 192.0.2.1 --from a@example.com "
    "--to bob message.eml";
constexpr std::string_view kListExamples =
    "maildrop filter list\n"
    "maildrop filter list --json\n"
    "maildrop filter list --set filter.lua.folder=/etc/maildrop/filters";
constexpr std::string_view kOrderExamples =
    "maildrop filter order\n"
    "maildrop filter order --set filter.dnsbl.mode=off\n"
    "MAILDROP_FILTER_SPF_MODE=observe maildrop filter order";
constexpr std::string_view kDocExamples =
    "maildrop filter doc spf\n"
    "maildrop filter doc same_subject\n"
    "maildrop filter doc dnsbl --set filter.dnsbl.lists=zen.example";

constexpr std::string_view kScripts = "lua";  // the section of their settings

/// A filter, as its table or script has it.
struct Row {
  std::string name;
  std::string summary;
  std::uint8_t phases;
  FilterUse use;
  std::vector<std::string> tells;
  bool script;
  std::string fault{};  // why it is not there

  /// As it is set, it has nothing to ask or to go by.
  bool is_idle() const { return fault.empty() && phases == 0 && use.mode != FilterUse::Mode::off; }
};

/// By its settings; all of its kind where these are wrong.
std::uint8_t set_phases_of(const filter::FilterKind& kind, const Config& config) {
  const auto made = kind.make(config);
  return made ? kind.phases & (*made)->phases() : kind.phases;
}

/// In their order, and scripts with faults behind them.
std::vector<Row> rows_of(const Config& config, const filter::ChainSource& source) {
  std::vector<Row> rows;
  for (const filter::FilterKind& kind : filter::filter_kinds())
    rows.push_back({std::string(kind.name),
                    std::string(kind.summary),
                    set_phases_of(kind, config),
                    kind.use(config.filter),
                    {kind.tells.begin(), kind.tells.end()},
                    false});
  for (const auto& script : source.scripts())
    rows.push_back({script->name(),
                    script->summary(),
                    script->phases(),
                    script->use(),
                    {script->tells().begin(), script->tells().end()},
                    true});
  for (const filter::FileProblem& problem : source.problems())
    if (!problem.script.empty())
      rows.push_back({problem.script, "", 0, {}, {}, true, problem.file + ": " + problem.what});
  return rows;
}

std::string phases_of(std::uint8_t phases, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i)
    if ((phases & (1u << i)) != 0)
      text += (text.empty() ? "" : std::string(between)) + std::string(filter::kPhaseNames[i]);
  return text.empty() ? "none" : text;
}

std::string_view mode_of(const Row& row) { return row.fault.empty() ? filter::name_of(row.use.mode) : "broken"; }
std::string_view on_error_of(const Row& row) {
  return FilterUse::kOnErrors[static_cast<std::size_t>(row.use.on_error)];
}

std::string json_of(const Row& row) {
  Json out;
  out["schema"] = "maildrop.filter/1";
  out["name"] = row.name;
  out["script"] = row.script;
  out["mode"] = mode_of(row);
  if (row.fault.empty()) {
    out["weight"] = row.use.weight;
    out["timeout_ms"] = row.use.timeout.count();
    out["on_error"] = on_error_of(row);
  }
  out["phases"] = Json::array();
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i)
    if ((row.phases & (1u << i)) != 0) out["phases"].push_back(filter::kPhaseNames[i]);
  out["tells"] = row.tells;
  out["summary"] = valid_utf8(row.summary);
  out["fault"] = row.fault.empty() ? Json(nullptr) : Json(valid_utf8(row.fault));
  return json_line(out);
}

constexpr std::size_t kListColumns = 5;  // before the summary
using ListCells = std::array<std::string, kListColumns>;
constexpr std::size_t kLeastSummary = 20;  // columns for a summary: with less it stands below, so far to the right:
constexpr std::size_t kBelow = 4;

ListCells list_cells_of(const Row& row) {
  if (!row.fault.empty()) return {row.name, std::string(mode_of(row)), "", "", ""};
  return {row.name, std::string(mode_of(row)), format_number(row.use.weight), std::string(on_error_of(row)),
          row.is_idle() ? "not set up" : phases_of(row.phases, " ")};
}

std::string table_of(const std::vector<Row>& rows, const Screen& screen) {
  const ListCells heading = {"NAME", "MODE", "WEIGHT", "ON ERROR", "PHASES"};
  std::array<std::size_t, kListColumns> widths{};
  const auto fit = [&widths](const ListCells& cells) {
    for (std::size_t i = 0; i < kListColumns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  };
  fit(heading);
  for (const Row& row : rows) fit(list_cells_of(row));
  const auto line = [&](const ListCells& cells, const std::string& summary) {
    std::string text;
    for (std::size_t i = 0; i < kListColumns; ++i) text += aligned(cells[i], widths[i]) + "  ";
    const bool fits = screen.width == 0 || screen.width >= text.size() + kLeastSummary;
    const std::size_t indent = fits ? text.size() : kBelow;
    if (!fits) text = text.substr(0, text.find_last_not_of(' ') + 1) + "\n" + std::string(kBelow, ' ');
    text += screen.width == 0 ? summary : folded(summary, indent, screen.width);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  };
  std::string out = screen.bold(line(heading, "SUMMARY")) + "\n";
  for (const Row& row : rows)
    out += line(list_cells_of(row), terminal_safe(row.fault.empty() ? row.summary : row.fault)) + "\n";
  return out;
}

struct Found {
  LoadedConfig loaded;
  filter::ChainSource source;
  std::vector<Row> rows;
};

tl::expected<std::unique_ptr<Found>, int> find(const Globals& globals) {
  auto loaded = load(globals);
  if (!loaded) return tl::unexpected(loaded.error());
  auto found = std::make_unique<Found>();
  found->loaded = std::move(*loaded);
  if (const auto chain = found->source.make(found->loaded.config); !chain) return tl::unexpected(report(chain.error()));
  found->rows = rows_of(found->loaded.config, found->source);
  return found;
}

int written(const Result<void>& printed) { return printed ? exit_ok : (report(printed.error()), exit_io); }

int run_list(const Globals& globals, bool json, const std::string& colour) {
  const auto found = find(globals);
  if (!found) return found.error();
  for (const filter::FileProblem& problem : (*found)->source.problems())  // the others have a line
    if (problem.script.empty()) report({Code::invalid, problem.file + ": " + problem.what});
  std::string out;
  if (json) {
    for (const Row& row : (*found)->rows) out += json_of(row);
  } else {
    out = table_of((*found)->rows, screen_of(1, colour));
  }
  return written(print(1, out));
}

int run_order(const Globals& globals) {
  const auto found = find(globals);
  if (!found) return found.error();
  report_problems((*found)->source);
  std::string out;
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i) {
    std::string names;
    for (const Row& row : (*found)->rows)
      if ((row.phases & (1u << i)) != 0 && row.use.mode != FilterUse::Mode::off) names += " " + row.name;
    out += aligned(std::string(filter::kPhaseNames[i]) + ":", 8) + (names.empty() ? " -" : names) + "\n";
  }
  return written(print(1, out));
}

std::string setting_text(const Setting& setting, const Config& config) {
  std::string value;
  for (const std::string& each : setting.get(config)) value += (value.empty() ? "" : ", ") + each;
  constexpr std::size_t kIndent = 6;
  const std::string line = std::string(setting.key) + " = " + (value.empty() ? "\"\"" : value);
  return "  " + folded(line + "  (" + std::string(setting.values) + ")", kIndent, kHelpWidth) + "\n" +
         std::string(kIndent, ' ') + folded(setting.help, kIndent, kHelpWidth) + "\n";
}

std::string about_filter(const Row& row) {
  std::string out = row.name + ": " + row.summary + "\n";
  out += row.is_idle() ? "Not set up, and so not asked.\n" : "Asked at " + phases_of(row.phases, ", ") + ".\n";
  std::string tells;
  for (const std::string& fact : row.tells) tells += (tells.empty() ? "" : ", ") + fact;
  if (!tells.empty()) out += "Tells " + tells + ".\n";
  return out + (row.script ? "A script: mode " + std::string(mode_of(row)) + ", weight " +
                                 format_number(row.use.weight) + ", on_error " + std::string(on_error_of(row)) + ".\n"
                           : "What it finds and scores: maildrop-filters(7), section " + row.name + ".\n");
}

int run_doc(const Globals& globals, const std::string& name) {
  const auto found = find(globals);
  if (!found) return found.error();
  const auto& [loaded, source, rows] = **found;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name && r.fault.empty(); });
  const bool scripts = name == kScripts || (row != rows.end() && row->script);
  if (row == rows.end() && !scripts) return report_missing("filter doc", name, loaded.config, source);
  report_problems(source);
  const std::string what = row == rows.end()
                               ? "lua: the scripts of filter.lua.folder, see maildrop-filters(7), YOUR OWN FILTERS.\n"
                               : about_filter(*row);
  const std::string prefix = "filter." + (scripts ? std::string(kScripts) : name) + ".";
  std::string settings_text = scripts ? "\nSettings of all scripts together:\n" : "\nSettings:\n";
  for (const Setting& setting : settings())
    if (setting.key.starts_with(prefix)) settings_text += setting_text(setting, loaded.config);
  return written(print(1, terminal_safe(what + settings_text, Lines::many)));
}

CLI::App* add(CLI::App& app, const std::string& name, const std::string& summary, std::string_view examples) {
  CLI::App* sub = app.add_subcommand(name, summary);
  sub->footer(std::string(examples));
  return sub;
}

struct FilterOptions {
  bool json = false;
  std::string colour = "auto";
  std::string doc;
  std::string fresh;
  std::string folder;
  ExplainOptions test;
  KnownOptions known;
  std::shared_ptr<TrainOptions> train;
  ModelsOptions models;
};

std::function<int()> declare_filter(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<FilterOptions>();
  CLI::App* listing = add(app, "list", "List all filters, in the order in which they are asked.", kListExamples);
  listing->add_flag("--json", options->json, "Write one JSON object a line, schema maildrop.filter/1.");
  one_of(listing->add_option("--color", options->colour, "Use colour."), kColours);
  CLI::App* order = add(app, "order", "Print who is asked at each phase.", kOrderExamples);
  CLI::App* doc = add(app, "doc", "Tell what a filter is and goes by.", kDocExamples);
  doc->add_option("name", options->doc, "The filter.")->required()->type_name("NAME");
  CLI::App* fresh = declare_filter_new(app, options->fresh, options->folder);
  CLI::App* test = declare_filter_test(app, options->test);
  CLI::App* known = declare_filter_known(app, options->known);
  CLI::App* train = declare_filter_train(app, options->train);
  CLI::App* models = declare_filter_models(app, options->models);
  app.require_subcommand(1);
  return [&globals, options, listing, order, doc, fresh, test, known, train, models]() -> int {
    if (listing->parsed()) return run_list(globals, options->json, options->colour);
    if (order->parsed()) return run_order(globals);
    if (doc->parsed()) return run_doc(globals, options->doc);
    if (fresh->parsed()) return run_filter_new(globals, options->fresh, options->folder);
    if (known->parsed()) return run_filter_known(globals, options->known);
    if (train->parsed()) return run_filter_train(globals, *options->train);
    if (models->parsed()) return run_filter_models(globals, options->models);
    return test->parsed() ? run_filter_test(globals, options->test) : exit_usage;
  };
}

}  // namespace

extern const Command filter_command{"filter", "List filters, make your own, teach and try them.", declare_filter, false,
                                    kFilterExamples};

}  // namespace maildrop::cmd
