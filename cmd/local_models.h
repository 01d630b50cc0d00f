/// local_models.h: the models of the store that a configuration names, for a command that makes its filters.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "command.h"
#include "core/clock.h"
#include "filter/means.h"
#include "filter/store_models.h"
#include "store/backends.h"

namespace maildrop::cmd {

/// Opens the store when the first filter asks, to read: where no filter does, and where there is no store, nothing is
/// touched and nothing is made. A store that is not there, or is in another process's memory, has none. Thread-safe.
class LocalModels final : public filter::Models {
 public:
  LocalModels(const Config& config, const Globals& globals);
  /// Of the store at `url`, resolved.
  LocalModels(const Config& config, std::string url);

  Result<std::optional<std::string>> model(std::string_view name) const override;
  Result<std::uint64_t> version(std::string_view name) const override;
  filter::Means means() const { return {this}; }

 private:
  Result<const filter::StoreModels*> opened() const;

  const SystemClock clock_;
  const store::OpenOptions options_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<store::Store> store_;
  mutable std::optional<filter::StoreModels> models_;
};

}  // namespace maildrop::cmd
