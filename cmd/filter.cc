/// filter.cc: maildrop filter: which filters there are, what one goes by, and
/// how an operator makes his own.
#include "filter.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

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

constexpr std::string_view kModes[] = {"off", "observe", "score", "enforce"};
constexpr std::string_view kOnError[] = {"pass", "defer", "reject"};

/// A filter, as its table or script has it.
struct Row {
  std::string name;
  std::string summary;
  std::uint8_t phases;
  FilterUse use;
  std::vector<std::string> tells;
  bool script;
};

/// By its settings; all of its kind where these are wrong.
std::uint8_t set_phases_of(const filter::FilterKind& kind, const Config& config) {
  const auto made = kind.make(config);
  return made ? kind.phases & (*made)->phases() : kind.phases;
}

/// In their order.
std::vector<Row> rows_of(const Config& config, const std::vector<std::shared_ptr<const filter::LuaScript>>& scripts) {
  std::vector<Row> rows;
  for (const filter::FilterKind& kind : filter::filter_kinds())
    rows.push_back({std::string(kind.name),
                    std::string(kind.summary),
                    set_phases_of(kind, config),
                    kind.use(config.filter),
                    {kind.tells.begin(), kind.tells.end()},
                    false});
  for (const auto& script : scripts)
    rows.push_back({script->name(),
                    script->summary(),
                    script->phases(),
                    script->use(),
                    {script->tells().begin(), script->tells().end()},
                    true});
  return rows;
}

std::string phases_of(std::uint8_t phases, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i)
    if ((phases & (1u << i)) != 0)
      text += (text.empty() ? "" : std::string(between)) + std::string(filter::kPhaseNames[i]);
  return text.empty() ? "none" : text;
}

std::string_view mode_of(const Row& row) { return kModes[static_cast<std::size_t>(row.use.mode)]; }
std::string_view on_error_of(const Row& row) { return kOnError[static_cast<std::size_t>(row.use.on_error)]; }

std::string json_of(const Row& row) {
  Json out;
  out["schema"] = "maildrop.filter/1";
  out["name"] = row.name;
  out["script"] = row.script;
  out["mode"] = mode_of(row);
  out["weight"] = row.use.weight;
  out["timeout_ms"] = row.use.timeout.count();
  out["on_error"] = on_error_of(row);
  out["phases"] = Json::array();
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i)
    if ((row.phases & (1u << i)) != 0) out["phases"].push_back(filter::kPhaseNames[i]);
  out["tells"] = row.tells;
  out["summary"] = valid_utf8(row.summary);
  return json_line(out);
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string table_of(const std::vector<Row>& rows, const Screen& screen) {
  std::size_t name = 4, phases = 6;
  for (const Row& row : rows) {
    name = std::max(name, row.name.size());
    phases = std::max(phases, phases_of(row.phases, " ").size());
  }
  const auto line = [&](const std::string& n, const std::string& m, const std::string& w, const std::string& e,
                        const std::string& p, const std::string& s) {
    return padded(n, name) + "  " + padded(m, 7) + "  " + padded(w, 6) + "  " + padded(e, 8) + "  " +
           padded(p, phases) + "  " + s;
  };
  std::string out = screen.bold(line("NAME", "MODE", "WEIGHT", "ON ERROR", "PHASES", "SUMMARY")) + "\n";
  for (const Row& row : rows)
    out += terminal_safe(line(row.name, std::string(mode_of(row)), format_number(row.use.weight),
                              std::string(on_error_of(row)), phases_of(row.phases, " "), row.summary)) +
           "\n";
  return out;
}

struct Found {
  LoadedConfig loaded;
  std::vector<Row> rows;
};

tl::expected<Found, int> find(const Globals& globals) {
  auto loaded = load(globals);
  if (!loaded) return tl::unexpected(loaded.error());
  filter::ChainSource source;
  if (const auto chain = source.make(loaded->config); !chain) return tl::unexpected(report(chain.error()));
  report_problems(source);
  std::vector<Row> rows = rows_of(loaded->config, source.scripts());
  return Found{std::move(*loaded), std::move(rows)};
}

int written(const Result<void>& printed) { return printed ? exit_ok : (report(printed.error()), exit_io); }

int run_list(const Globals& globals, bool json, const std::string& colour) {
  const auto found = find(globals);
  if (!found) return found.error();
  std::string out;
  if (json) {
    for (const Row& row : found->rows) out += json_of(row);
  } else {
    out = table_of(found->rows, screen_of(1, colour));
  }
  return written(print(1, out));
}

int run_order(const Globals& globals) {
  const auto found = find(globals);
  if (!found) return found.error();
  std::string out;
  for (std::size_t i = 0; i < std::size(filter::kPhaseNames); ++i) {
    std::string names;
    for (const Row& row : found->rows)
      if ((row.phases & (1u << i)) != 0 && row.use.mode != FilterUse::Mode::off) names += " " + row.name;
    out += padded(std::string(filter::kPhaseNames[i]) + ":", 8) + (names.empty() ? " -" : names) + "\n";
  }
  return written(print(1, out));
}

std::string setting_text(const Setting& setting, const Config& config) {
  std::string value;
  for (const std::string& each : setting.get(config)) value += (value.empty() ? "" : ", ") + each;
  return "  " + std::string(setting.key) + " = " + (value.empty() ? "\"\"" : value) + "   (" +
         std::string(setting.values) + ")\n      " + std::string(setting.help) + "\n";
}

int run_doc(const Globals& globals, const std::string& name) {
  const auto found = find(globals);
  if (!found) return found.error();
  const auto row = std::find_if(found->rows.begin(), found->rows.end(), [&](const Row& r) { return r.name == name; });
  if (row == found->rows.end()) return report(Error{Code::not_found, "there is no filter '" + name + "'"});
  std::string out = row->name + ": " + row->summary + "\n";
  out += "Asked at " + phases_of(row->phases, ", ") + ".\n";
  std::string tells;
  for (const std::string& fact : row->tells) tells += (tells.empty() ? "" : ", ") + fact;
  if (!tells.empty()) out += "Tells " + tells + ".\n";
  out += row->script ? "A script: mode " + std::string(mode_of(*row)) + ", weight " + format_number(row->use.weight) +
                           ", on_error " + std::string(on_error_of(*row)) + ".\n"
                     : "What it finds and scores: maildrop-filters(7), section " + row->name + ".\n";
  const std::string prefix = "filter." + (row->script ? std::string("lua") : row->name) + ".";
  std::string settings_text;
  for (const Setting& setting : settings())
    if (setting.key.starts_with(prefix)) settings_text += setting_text(setting, found->loaded.config);
  return written(print(1, terminal_safe(out + "\nSettings:\n" + settings_text, Lines::many)));
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
  app.require_subcommand(1);
  return [&globals, options, listing, order, doc, fresh, test, known]() -> int {
    if (listing->parsed()) return run_list(globals, options->json, options->colour);
    if (order->parsed()) return run_order(globals);
    if (doc->parsed()) return run_doc(globals, options->doc);
    if (fresh->parsed()) return run_filter_new(globals, options->fresh, options->folder);
    if (known->parsed()) return run_filter_known(globals, options->known);
    return test->parsed() ? run_filter_test(globals, options->test) : exit_usage;
  };
}

}  // namespace

extern const Command filter_command{"filter", "List filters, make your own, and try them.", declare_filter, false,
                                    kFilterExamples};

}  // namespace maildrop::cmd
