/// chain_source.cc: the filters there are, and the scripts behind them.
#include "filter/chain_source.h"

#include <algorithm>
#include <utility>

namespace maildrop::filter {

Result<std::shared_ptr<const Chain>> ChainSource::make(const Config& config) {
  const std::lock_guard lock(reading_);
  return make_alone(config);
}

namespace {

/// What is wrong with both is told once.
void add_problems(std::vector<FileProblem>& problems, const LuaFolder& folder, const Chain& chain) {
  const auto add = [&](FileProblem problem) {
    if (std::find(problems.begin(), problems.end(), problem) == problems.end()) problems.push_back(std::move(problem));
  };
  for (const FileProblem& problem : folder.problems()) add(problem);
  for (const Chain::Link& link : chain.links())
    for (FileProblem& problem : link.filter->problems()) add(std::move(problem));
}

/// Reads `folder` for it; nullptr: there is none.
Result<std::shared_ptr<const Chain>> make_shadow(const Config& config, const Means& means,
                                                 std::span<const FilterKind> kinds, LuaFolder& folder) {
  if (!config.shadow) {
    folder = LuaFolder();
    return nullptr;
  }
  Config other = config;
  other.filter = *config.shadow;
  folder.read(other.filter.lua);
  auto chain = Chain::make(other, kinds, folder.scripts(), means);
  if (!chain) return fail(chain.error().code, "filter.shadow: " + chain.error().what);
  return chain;
}

}  // namespace

Result<std::shared_ptr<const Chain>> ChainSource::make_alone(const Config& config) {
  LuaFolder folder = folder_, shadow_folder = shadow_folder_;  // what is read of them counts when there are chains
  folder.read(config.filter.lua);
  AskedModels models(means_.models, &models_);
  Means means = means_;
  if (means.models != nullptr) means.models = &models;
  std::shared_ptr<const Chain> chain = TRY(Chain::make(config, kinds_, folder.scripts(), means));
  std::shared_ptr<const Chain> shadow = TRY(make_shadow(config, means, kinds_, shadow_folder));
  std::vector<FileProblem> problems;
  for (const auto& [name, what] : models.older()) problems.push_back({"model " + name + " of the store", what, true});
  models.settle();
  add_problems(problems, folder, *chain);
  std::vector<std::string> news = folder.news();
  if (shadow) {
    add_problems(problems, shadow_folder, *shadow);
    for (const std::string& file : shadow_folder.news())
      if (std::find(news.begin(), news.end(), file) == news.end()) news.push_back(file);
  }
  config_ = config;
  folder_ = std::move(folder);
  shadow_folder_ = std::move(shadow_folder);
  models_ = std::move(models);
  const std::lock_guard lock(mutex_);
  latest_ = chain;
  shadow_ = std::move(shadow);
  problems_ = std::move(problems);
  scripts_ = folder_.scripts();
  news_ = std::move(news);
  return chain;
}

Result<bool> ChainSource::renew() {
  const std::lock_guard lock(reading_);
  if (!latest()) return false;
  const bool changed = folder_.changed(), shadow_changed = shadow() && shadow_folder_.changed();
  if (!changed && !shadow_changed) return false;
  TRY(make_alone(config_));
  return true;
}

Result<std::vector<std::string>> ChainSource::renew_models() {
  const std::lock_guard lock(reading_);
  std::vector<std::string> changed;
  if (latest()) changed = models_.changed();
  if (changed.empty()) return changed;
  TRY(make_alone(config_));
  // One whose version is told and which still cannot be had is no news.
  std::erase_if(changed, [&](const std::string& name) { return !models_.has_answer(name); });
  return changed;
}

std::shared_ptr<const Chain> ChainSource::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::shared_ptr<const Chain> ChainSource::shadow() const {
  const std::lock_guard lock(mutex_);
  return shadow_;
}

std::vector<std::shared_ptr<const LuaScript>> ChainSource::scripts() const {
  const std::lock_guard lock(mutex_);
  return scripts_;
}

std::vector<std::string> ChainSource::news() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

std::vector<FileProblem> ChainSource::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

}  // namespace maildrop::filter
