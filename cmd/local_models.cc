/// local_models.cc: a store that is opened late, or not at all.
#include "local_models.h"

#include <utility>

namespace maildrop::cmd {

LocalModels::LocalModels(const Config& config, std::string url)
    : options_(store::open_options(config, std::move(url), clock_)) {}

LocalModels::LocalModels(const Config& config, const Globals& globals)
    : LocalModels(config,
                  resolve_store_url(config.store.url,
                                    ConfigSources::from_process(globals.config_file, globals.sets).environment)) {}

/// nullptr: there is no store.
Result<const filter::StoreModels*> LocalModels::opened() const {
  const std::lock_guard lock(mutex_);
  if (models_) return &*models_;
  if (options_.url.starts_with("memory:")) return nullptr;
  Result<std::unique_ptr<store::Store>> store = store::open_store(options_);
  if (!store && store.error().code == Code::not_found) return nullptr;
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  return &models_.emplace(store_->models());
}

Result<std::optional<std::string>> LocalModels::model(std::string_view name) const {
  const filter::StoreModels* const models = TRY(opened());
  if (models == nullptr) return std::nullopt;
  return models->model(name);
}

Result<std::uint64_t> LocalModels::version(std::string_view name) const {
  const filter::StoreModels* const models = TRY(opened());
  return models == nullptr ? std::uint64_t{0} : models->version(name);
}

}  // namespace maildrop::cmd
