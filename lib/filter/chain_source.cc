/// chain_source.cc: the filters there are, and the scripts behind them.
#include "filter/chain_source.h"

#include "filter/filters.h"

namespace maildrop::filter {

Result<std::shared_ptr<const Chain>> ChainSource::make(const Config& config) {
  const std::lock_guard lock(mutex_);
  return make_locked(config);
}

Result<std::shared_ptr<const Chain>> ChainSource::make_locked(const Config& config) {
  folder_.read(config.filter.lua);
  latest_ = TRY(Chain::make(config, filter_kinds(), folder_.scripts()));
  config_ = config;
  return latest_;
}

bool ChainSource::renew() {
  const std::lock_guard lock(mutex_);
  return latest_ && folder_.changed() && make_locked(config_).has_value();
}

std::shared_ptr<const Chain> ChainSource::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::vector<std::shared_ptr<const LuaScript>> ChainSource::scripts() const {
  const std::lock_guard lock(mutex_);
  return folder_.scripts();
}

std::vector<LuaFolder::Problem> ChainSource::problems() const {
  const std::lock_guard lock(mutex_);
  return folder_.problems();
}

}  // namespace maildrop::filter
