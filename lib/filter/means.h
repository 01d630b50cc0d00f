/// means.h: what filters may be made of beside the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::filter {

/// What filters have learnt, by name (store/models.h). Thread-safe. Blocking: a store is asked. Errors of both:
///   invalid                 the name cannot be a model's
///   unavailable, timed_out  there is no answer now
class Models {
 public:
  virtual ~Models() = default;
  /// Nothing: there is none of that name. corrupt: it is damaged.
  virtual Result<std::optional<std::string>> model(std::string_view name) const = 0;
  /// Of what model() would give: another one has another; 0: there is none. Cheap.
  virtual Result<std::uint64_t> version(std::string_view name) const = 0;
};

/// For as long as filters are made: what one needs of it, it takes then, and keeps nothing of it. Who makes them of
/// nothing but their settings (a test, a sample, a check of a configuration) has none.
struct Means {
  const Models* models = nullptr;  // nullptr: nobody knows whether there are any, which is no fault

  Result<std::optional<std::string>> model(std::string_view name) const {
    if (models == nullptr) return std::nullopt;
    return models->model(name);
  }
};

}  // namespace maildrop::filter
