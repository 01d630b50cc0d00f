/// filter_models.cc: maildrop filter models: what filters have learnt, as a store has it, and forgetting it.
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/text.h"
#include "filter.h"
#include "json_line.h"
#include "local_store.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

using store::ModelInfo;

constexpr std::string_view kModelsExamples =
    "maildrop filter models\n"
    "maildrop filter models --json\n"
    "maildrop filter models --remove bayes";

std::string model_time(const ModelInfo& model) {
  return rfc3339(from_millis(static_cast<std::int64_t>(model.version)));
}

std::string model_json(const ModelInfo& model, bool removed) {
  Json out;
  out["schema"] = "maildrop.model/1";
  out["name"] = valid_utf8(model.name);
  out["version"] = model.version;
  out["put"] = model_time(model);
  out["size"] = model.size;
  out["removed"] = removed;
  return json_line(out);
}

std::string models_table(const std::vector<ModelInfo>& models) {
  constexpr std::size_t kName = 4, kSize = 4;  // widths of the headings
  std::size_t name = kName, size = kSize;
  for (const ModelInfo& model : models) {
    name = std::max(name, model.name.size());
    size = std::max(size, format_size_short(model.size).size());
  }
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c) {
    return a + std::string(name - a.size() + 2, ' ') + std::string(size - b.size(), ' ') + b + "  " + c + "\n";
  };
  std::string out = line("NAME", "SIZE", "PUT");
  for (const ModelInfo& model : models) out += line(model.name, format_size_short(model.size), model_time(model));
  return terminal_safe(out, Lines::many);
}

/// Which have gone, once they have; those that are not there are told.
Result<std::vector<ModelInfo>> remove_models(store::Models& models, const std::vector<ModelInfo>& all,
                                             const std::vector<std::string>& names) {
  std::vector<ModelInfo> gone;
  for (const std::string& name : names) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const ModelInfo& model) { return model.name == name; });
    if (TRY(models.remove(name)))
      gone.push_back(at == all.end() ? ModelInfo{name, 0, 0} : *at);  // it came in between
    else
      report({Code::not_found, "the store has no model '" + name + "'"});
  }
  return gone;
}

}  // namespace

CLI::App* declare_filter_models(CLI::App& app, ModelsOptions& options) {
  CLI::App* sub = app.add_subcommand("models", "List what filters have learnt, as the store has it, or remove it.");
  sub->footer(std::string(kModelsExamples));
  sub->add_option("--remove", options.remove, "Remove the model of this name; may be repeated.")
      ->type_name("NAME")
      ->check(CLI::Validator(
          [](std::string& name) {
            const auto checked = store::check_model(name);
            return checked ? std::string() : checked.error().what;
          },
          ""));
  sub->add_flag("--json", options.json, "Write one JSON object a line, schema maildrop.model/1.");
  return sub;
}

int run_filter_models(const Globals& globals, const ModelsOptions& options) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const SystemClock clock;
  const auto local = open_local_store(*loaded, globals, clock);  // to read: models go by no role
  if (!local) return local.error();
  store::Models& models = local->store->models();
  const auto all = models.list();
  if (!all) return report(all.error());
  const bool removing = !options.remove.empty();
  const auto told = removing ? remove_models(models, *all, options.remove) : all;
  if (!told) return report(told.error());
  std::string out;
  for (const ModelInfo& model : *told) {
    if (options.json)
      out += model_json(model, removing);
    else if (removing)
      out += "removed " + model.name + "\n";
  }
  if (!options.json && !removing) out = told->empty() ? "nothing was learnt\n" : models_table(*told);
  if (const Result<void> printed = print(STDOUT_FILENO, out); !printed) return report(printed.error()), exit_io;
  return told->size() < std::max<std::size_t>(options.remove.size(), 1) ? exit_nothing : exit_ok;
}

}  // namespace maildrop::cmd
