/// models.cc: what a model may be called; and a store without any.
#include "store/models.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::store {

Result<std::uint64_t> Models::version(std::string_view name) {
  TRY(check_model(name));
  for (const ModelInfo& model : TRY(list()))
    if (model.name == name) return model.version;
  return std::uint64_t{0};
}

bool is_model_name(std::string_view name) {
  const auto may_be = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kMostModelName && std::all_of(name.begin(), name.end(), may_be);
}

Result<void> check_model(std::string_view name, std::size_t size, std::uint64_t version) {
  if (!is_model_name(name))
    return fail(Code::invalid, "'" + std::string(name) + "' cannot be the name of a model: at most " +
                                   std::to_string(kMostModelName) + " of a-z, 0-9 and -");
  if (size > kMostModel)
    return fail(Code::invalid,
                "model '" + std::string(name) + "' is larger than " + std::to_string(kMostModel >> 20) + " MiB");
  if (version > kMostVersion)
    return fail(Code::invalid, "model '" + std::string(name) + "' cannot be of version " + std::to_string(version));
  return {};
}

Result<std::uint64_t> version_to_replace(Models& models, std::string_view name) {
  Result<std::uint64_t> version = models.version(name);
  if (!version && version.error().code == Code::corrupt) return std::uint64_t{0};
  return version;
}

std::uint64_t next_version(std::uint64_t last, Time now) {
  return std::max(last + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(to_millis(now), 1)));
}

namespace {

class None final : public Models {
 public:
  Result<std::vector<ModelInfo>> list() override { return std::vector<ModelInfo>(); }
  Result<std::optional<Model>> get(std::string_view name) override {
    TRY(check_model(name));
    return std::nullopt;
  }
  Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) override {
    TRY(check_model(name, bytes.size(), version));
    return fail(Code::unavailable, "this store keeps no models");
  }
  Result<bool> remove(std::string_view name) override {
    TRY(check_model(name));
    return false;
  }
};

}  // namespace

Models& no_models() {
  static None none;
  return none;
}

}  // namespace maildrop::store
