/// lua_folder.h: the folder in which an operator keeps his own filters, read again when something in it has changed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/filter_settings.h"
#include "core/result.h"
#include "filter/lua_script.h"

namespace maildrop::filter {

/// `NN-NAME.lua` or `NAME.lua`; the names of the files are the order. NAME is [a-z0-9_], LuaScript::kLongestName bytes
/// at most, and not taken. `NAME.txt` is what set("NAME") reads. Not thread-safe. Blocking: reads files.
class LuaFolder {
 public:
  static constexpr std::size_t kMostScripts = 100;
  static constexpr std::size_t kLargestFile = 4u << 20;  // bytes

  /// What is there now. One that has a fault stays as it was when it was last read without one; one that never was is
  /// left out. With no folder, or mode off, nothing.
  void read(const LuaFilterSettings& settings);
  /// Something is not as it was when it was read.
  bool changed() const;

  const std::vector<std::shared_ptr<const LuaScript>>& scripts() const { return scripts_; }
  const std::vector<FileProblem>& problems() const { return problems_; }
  /// Names of files that the last read() found otherwise than the one before.
  const std::vector<std::string>& news() const { return news_; }

 private:
  void read_script(const std::string& file, const LuaFilterSettings& settings,
                   const std::vector<std::shared_ptr<const LuaScript>>& before);
  Result<std::string> read_set(const std::string& set) const;
  bool keep(const LuaScript& script, const LuaFilterSettings& settings);

  std::string folder_;
  std::string seen_;  // what tells whether something has changed
  std::vector<std::shared_ptr<const LuaScript>> scripts_;
  std::vector<FileProblem> problems_;
  std::vector<std::string> news_;
};

/// The NAME of a file of that name; empty: it is none.
std::string script_name(const std::string& file);
/// No script may have that name: it is another filter's, the word for all scripts, or that for the sum of scores.
bool is_taken(const std::string& name);

}  // namespace maildrop::filter
