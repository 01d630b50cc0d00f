/// store_models.cc: which version was asked for is looked up before the model: at worst it is read once more.
#include "filter/store_models.h"

#include <memory>

namespace maildrop::filter {

Result<std::optional<std::string>> StoreModels::model(std::string_view name) const {
  std::optional<store::Model> found = TRY(models_.get(name));
  if (!found) return std::nullopt;
  return std::move(found->bytes);
}

Result<std::optional<std::string>> AskedModels::model(std::string_view name) const {
  if (models_ == nullptr) return std::nullopt;
  std::optional<std::uint64_t>& version = asked_[std::string(name)];
  version.reset();
  const Result<std::uint64_t> now = models_->version(name);
  Result<std::optional<std::string>> found = models_->model(name);
  if (now && (found || found.error().code == Code::corrupt)) version = *now;
  if (found && *found) kept_[std::string(name)] = std::make_shared<const std::string>(**found);
  if (found) return found;
  const auto before = before_.find(name);
  if (before == before_.end()) return found;
  older_.insert_or_assign(std::string(name), found.error().what);
  kept_.insert(*before);
  return std::optional<std::string>(*before->second);
}

Result<std::uint64_t> AskedModels::version(std::string_view name) const {
  return models_ == nullptr ? std::uint64_t{0} : models_->version(name);
}

std::vector<std::string> AskedModels::changed() const {
  std::vector<std::string> found;
  for (const auto& [name, version] : asked_) {
    const Result<std::uint64_t> now = models_->version(name);
    if (now && version != *now) found.push_back(name);
  }
  return found;
}

bool AskedModels::has_answer(std::string_view name) const {
  const auto at = asked_.find(name);
  return at != asked_.end() && at->second;
}

}  // namespace maildrop::filter
