/// store_models.h: the models of a store, as filters ask for them; and who has asked for which.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/means.h"
#include "store/models.h"

namespace maildrop::filter {

class StoreModels final : public Models {
 public:
  /// `models` outlives it.
  explicit StoreModels(store::Models& models) : models_(models) {}
  Result<std::optional<std::string>> model(std::string_view name) const override;
  Result<std::uint64_t> version(std::string_view name) const override { return models_.version(name); }

 private:
  store::Models& models_;
};

/// Passes on what it is asked, and keeps what was asked for: so who has made something of models hears when one of them
/// is another, and has the one there was where there is no answer now. Not thread-safe.
class AskedModels final : public Models {
 public:
  /// nullptr: there are none. `before`: what was asked for until now.
  explicit AskedModels(const Models* models, const AskedModels* before = nullptr)
      : models_(models), before_(before == nullptr ? Kept() : before->kept_) {}
  Result<std::optional<std::string>> model(std::string_view name) const override;
  Result<std::uint64_t> version(std::string_view name) const override;

  /// The names of those that are others now, or that could not be asked for and can be now. Where there is no answer
  /// nothing has changed.
  std::vector<std::string> changed() const;
  /// The answer to the last question for it was one.
  bool has_answer(std::string_view name) const;
  /// All that is wanted has been asked for.
  void settle() { before_.clear(); }
  /// Those of which there was no answer, or that are damaged, and what there was before was given: with what is wrong.
  const std::map<std::string, std::string, std::less<>>& older() const { return older_; }

 private:
  using Kept = std::map<std::string, std::shared_ptr<const std::string>, std::less<>>;  // the last that could be had
  const Models* models_;
  Kept before_;
  mutable Kept kept_;
  mutable std::map<std::string, std::string, std::less<>> older_;
  mutable std::map<std::string, std::optional<std::uint64_t>, std::less<>>
      asked_;  // their versions; nullopt: not known
};

}  // namespace maildrop::filter
