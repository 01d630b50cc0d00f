/// filter_missing.cc: why a filter that somebody names cannot be tried: it has a fault, is off, or is not there.
#include <algorithm>

#include "core/text.h"
#include "filter.h"
#include "filter/filters.h"
#include "filter/lua_folder.h"

namespace maildrop::cmd {
namespace {

std::string did_you_mean(const std::string& name, const filter::ChainSource& source) {
  const auto scripts = source.scripts();
  std::vector<std::string_view> names;
  for (const filter::FilterKind& kind : filter::filter_kinds()) names.push_back(kind.name);
  for (const auto& script : scripts) names.push_back(script->name());
  const std::string_view near = nearest(name, names);
  return near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?";
}

/// Empty: there is none of that name.
std::string why_off(const std::string& name, const filter::ChainSource& source) {
  const auto kinds = filter::filter_kinds();
  const auto scripts = source.scripts();
  const std::string off = "filter '" + name + "' is off: ";
  if (std::any_of(kinds.begin(), kinds.end(), [&](const filter::FilterKind& kind) { return kind.name == name; }))
    return off + "--set filter." + name + ".mode=observe";
  if (std::any_of(scripts.begin(), scripts.end(), [&](const auto& script) { return script->name() == name; }))
    return off + "its mode is in its script, filter { mode = \"observe\" }";
  return {};
}

std::string why_not_there(const std::string& name, const LuaFilterSettings& scripts) {
  const std::string none = "there is no filter '" + name + "'";
  if (scripts.folder.empty()) return none + ", and filter.lua.folder is not set";
  if (scripts.mode == FilterUse::Mode::off) return none + ": filter.lua.mode is off, and so are all scripts";
  return none + ", and no " + name + ".lua in " + scripts.folder;
}

}  // namespace

int report_missing(std::string_view command, const std::string& name, const Config& config,
                   const filter::ChainSource& source) {
  for (const filter::FileProblem& problem : source.problems())
    if (problem.script == name) return report({Code::invalid, problem.file + ": " + problem.what}), exit_nothing;
  if (filter::script_name(name + ".lua") != name)
    return usage_error(command, "'" + name + "' is no name of a filter: [a-z0-9_], 24 bytes at most");
  report_problems(source);
  const std::string off = why_off(name, source);
  return report(
      {Code::not_found, off.empty() ? why_not_there(name, config.filter.lua) + did_you_mean(name, source) : off});
}

}  // namespace maildrop::cmd
