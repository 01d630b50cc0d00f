/// chain_source.cc: the filters there are, and the scripts behind them.
#include "filter/chain_source.h"

#include "filter/filters.h"

namespace maildrop::filter {

Result<std::shared_ptr<const Chain>> ChainSource::make(const Config& config) {
  const std::lock_guard lock(reading_);
  return make_alone(config);
}

Result<std::shared_ptr<const Chain>> ChainSource::make_alone(const Config& config) {
  folder_.read(config.filter.lua);
  std::shared_ptr<const Chain> chain = TRY(Chain::make(config, filter_kinds(), folder_.scripts()));
  config_ = config;
  std::vector<FileProblem> problems = folder_.problems();
  for (const Chain::Link& link : chain->links())
    for (FileProblem& problem : link.filter->problems()) problems.push_back(std::move(problem));
  const std::lock_guard lock(mutex_);
  latest_ = chain;
  problems_ = std::move(problems);
  scripts_ = folder_.scripts();
  news_ = folder_.news();
  return chain;
}

bool ChainSource::renew() {
  const std::lock_guard lock(reading_);
  return latest() && folder_.changed() && make_alone(config_).has_value();
}

std::shared_ptr<const Chain> ChainSource::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
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
