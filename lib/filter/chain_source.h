/// chain_source.h: where the chains of a process come from: its settings, the scripts of its folder, and what its
/// filters have learnt; and the same for the filters that only look on (Config::shadow).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/result.h"
#include "filter/chain.h"
#include "filter/filters.h"
#include "filter/lua_folder.h"
#include "filter/store_models.h"

namespace maildrop::filter {

/// Thread-safe. Blocking: reads files, and asks for models.
class ChainSource {
 public:
  /// What `means` has outlives it.
  explicit ChainSource(const Means& means = {}, std::span<const FilterKind> kinds = filter_kinds())
      : means_(means), kinds_(kinds), models_(means.models) {}

  /// invalid: as Chain::make(), of what is in force or of its shadow; both are as before. Scripts with faults are
  /// problems, and no failure, as is what Filter::problems() has.
  Result<std::shared_ptr<const Chain>> make(const Config& config);
  /// The same with the settings of the last time, if the scripts have changed; true: they have. After a failure they
  /// still have, and it is tried again the next time.
  Result<bool> renew();
  /// The same if one of the models that the latest chain has asked for is another now: their names; empty: none is, or
  /// it cannot be told now.
  Result<std::vector<std::string>> renew_models();

  /// nullptr: there was none.
  std::shared_ptr<const Chain> latest() const;
  /// That of Config::shadow, made with the latest; nullptr: there is none.
  std::shared_ptr<const Chain> shadow() const;
  std::vector<FileProblem> problems() const;
  /// Files of scripts that were found to have changed when these were read last.
  std::vector<std::string> news() const;
  std::vector<std::shared_ptr<const LuaScript>> scripts() const;

 private:
  Result<std::shared_ptr<const Chain>> make_alone(const Config& config);

  const Means means_;
  const std::span<const FilterKind> kinds_;
  // Files and models may take long; who asks for what was found never waits for them.
  std::mutex reading_;  // of these:
  LuaFolder folder_, shadow_folder_;
  Config config_;
  AskedModels models_;        // what the latest chain has asked for
  mutable std::mutex mutex_;  // of these, and only for a moment:
  std::shared_ptr<const Chain> latest_, shadow_;
  std::vector<FileProblem> problems_;
  std::vector<std::string> news_;
  std::vector<std::shared_ptr<const LuaScript>> scripts_;
};

}  // namespace maildrop::filter
