/// lua_script.h: an operator's own filter: a Lua file that defines a function for each phase it wants to be asked at.
///
///   filter { mode = "score", timeout = 0.3, on_error = "pass" }   -- may be left out
///   local bad = set("bad_tlds")                                   -- the lines of bad_tlds.txt beside it
///   function mail(tx, facts)
///     local tld = tx.from_domain:match("[^.]+$")
///     if bad[tld] then return score(3, "TLD " .. tld) end
///   end
///
/// See lua_world.h for tx and facts, lua_answer.h for what may be returned.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/filter_settings.h"
#include "core/result.h"
#include "filter/filter.h"
#include "filter/lua_state.h"

namespace maildrop::filter {

/// Thread-safe from when it is made; each call has a state of its own.
class LuaScript {
 public:
  static constexpr std::size_t kLongestName = 24;  // `lua-NAME-n` is a space of the ledger
  static constexpr std::size_t kMostTells = 20;
  static constexpr std::size_t kMostSetLines = 100'000;

  /// The text of the file of that name beside the script; an error names the file.
  using ReadSet = std::function<Result<std::string>(const std::string& name)>;

  /// Runs it once. `settings` is how it may be used: its mode is the most that the script's can be, its weight is
  /// multiplied with the script's, and what the script does not say is as there.
  ///   invalid, over_limit, timed_out  as LuaState::call(), or what it declares is none
  static Result<std::shared_ptr<const LuaScript>> make(std::string name, std::string source,
                                                       const LuaFilterSettings& settings, const ReadSet& read_set);
  ~LuaScript();
  /// The same script, as other settings have it, with its sets as they are now; one that cannot be read, or with which
  /// the script cannot be, is as it was. Errors as above.
  Result<std::shared_ptr<const LuaScript>> again(const LuaFilterSettings& settings, const ReadSet& read_set) const;

  const std::string& name() const { return name_; }
  /// For lists; perhaps empty.
  const std::string& summary() const { return summary_; }
  const FilterUse& use() const { return use_; }
  std::uint8_t phases() const { return phases_; }
  /// As long as the script.
  std::span<const std::string_view> tells() const { return told_; }

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const;

 private:
  struct Seat;
  struct Pool;
  LuaScript(std::string name, std::string source, const LuaFilterSettings& settings);
  Result<std::unique_ptr<Seat>> open(const ReadSet* read_set) const;

  std::string name_;
  std::string file_;
  std::string source_;
  std::string summary_;
  LuaLimits limits_;
  FilterUse use_;
  std::uint8_t phases_ = 0;
  std::vector<std::string> tells_;
  std::vector<std::string_view> told_;       // the same
  std::map<std::string, std::string> sets_;  // that it read when it was made
  std::unique_ptr<Pool> pool_;
};

}  // namespace maildrop::filter
