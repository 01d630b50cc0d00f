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

}  // namespace

Result<std::shared_ptr<const Chain>> ChainSource::make_shadow(const Config& config, const Means& means) {
  if (!config.shadow) {
    shadow_folder_ = LuaFolder();
    return nullptr;
  }
  Config other = config;
  other.filter = *config.shadow;
  shadow_folder_.read(other.filter.lua);
  auto chain = Chain::make(other, kinds_, shadow_folder_.scripts(), means);
  if (!chain) return fail(chain.error().code, "filter.shadow: " + chain.error().what);
  return chain;
}

Result<std::shared_ptr<const Chain>> ChainSource::make_alone(const Config& config) {
  folder_.read(config.filter.lua);
  AskedModels models(means_.models, &models_);
  Means means = means_;
  if (means.models != nullptr) means.models = &models;
  std::shared_ptr<const Chain> chain = TRY(Chain::make(config, kinds_, folder_.scripts(), means));
  std::shared_ptr<const Chain> shadow = TRY(make_shadow(config, means));
  config_ = config;
  std::vector<FileProblem> problems;
  for (const auto& [name, what] : models.older()) problems.push_back({"model " + name + " of the store", what, true});
  models.settle();
  models_ = std::move(models);
  add_problems(problems, folder_, *chain);
  std::vector<std::string> news = folder_.news();
  if (shadow) {
    add_problems(problems, shadow_folder_, *shadow);
    for (const std::string& file : shadow_folder_.news())
      if (std::find(news.begin(), news.end(), file) == news.end()) news.push_back(file);
  }
  const std::lock_guard lock(mutex_);
  latest_ = chain;
  shadow_ = std::move(shadow);
  problems_ = std::move(problems);
  scripts_ = folder_.scripts();
  news_ = std::move(news);
  return chain;
}

bool ChainSource::renew() {
  const std::lock_guard lock(reading_);
  if (!latest()) return false;
  const bool changed = folder_.changed(), shadow_changed = shadow() && shadow_folder_.changed();
  return (changed || shadow_changed) && make_alone(config_).has_value();
}

std::vector<std::string> ChainSource::renew_models() {
  const std::lock_guard lock(reading_);
  if (!latest()) return {};
  std::vector<std::string> changed = models_.changed();
  if (changed.empty() || !make_alone(config_)) return {};
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
