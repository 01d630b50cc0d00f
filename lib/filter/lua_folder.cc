/// lua_folder.cc: which files there are, and which of them can be used.
#include "filter/lua_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/descriptor.h"
#include "core/text.h"
#include "filter/filters.h"
#include "filter/verdict.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kScript = ".lua", kSet = ".txt";
constexpr char kMark = '/';  // behind a name: in none

bool is_name_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

Result<std::vector<std::string>> files_in(const std::string& folder) {
  DIR* open = ::opendir(folder.c_str());
  if (!open) return fail(Code::not_found, std::strerror(errno));
  std::vector<std::string> files;
  while (const dirent* entry = ::readdir(open)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with('.') && (name.ends_with(kScript) || name.ends_with(kSet))) files.emplace_back(name);
  }
  ::closedir(open);
  std::sort(files.begin(), files.end());
  return files;
}

/// Of each file what changes when it is written: an editor may put another one in its place.
std::string look_at(const std::string& folder) {
  const auto files = files_in(folder);
  if (!files) return files.error().what;
  std::string seen;
  for (const std::string& file : *files) {
    struct stat status {};
    if (::stat((folder + "/" + file).c_str(), &status) != 0) continue;
    seen += file + kMark + std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
            std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + "\n";
  }
  return seen;
}

/// Of files that are not the same in both.
std::vector<std::string> changes(std::string_view before, std::string_view now) {
  std::vector<std::string> files;
  const auto add = [&files](std::string_view these, std::string_view others) {
    const auto known = split(others, '\n');
    for (const std::string_view line : split(these, '\n')) {
      const std::size_t mark = line.find(kMark);
      if (mark == line.npos || std::find(known.begin(), known.end(), line) != known.end()) continue;
      const std::string file(line.substr(0, mark));
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    }
  };
  add(now, before);
  add(before, now);
  return files;
}

/// Of a plain file: a pipe would keep us waiting.
Result<std::string> text_of(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return fail(Code::not_found, "cannot be read");
  if (!S_ISREG(status.st_mode)) return fail(Code::invalid, "is no plain file");
  std::string text(LuaFolder::kLargestFile + 1, '\0');
  std::size_t size = 0;
  for (ssize_t n = 1; n > 0 && size < text.size(); size += static_cast<std::size_t>(std::max<ssize_t>(n, 0)))
    n = ::read(file.get(), text.data() + size, text.size() - size);
  text.resize(size);
  if (text.size() > LuaFolder::kLargestFile) return fail(Code::over_limit, "is longer than 4 MiB");
  return text;
}

/// Of an error of a script, `NAME.lua:5: what`: the file is told beside it, and may have another name.
std::string without_file(const std::string& what, const std::string& name) {
  const std::string file = name + std::string(kScript) + ":";
  if (!what.starts_with(file)) return what;
  const std::size_t begin = file.size();
  const std::size_t end = std::min(what.find_first_not_of("0123456789", begin), what.size());
  return end > begin ? "line " + what.substr(begin) : what.substr(std::min(begin + 1, what.size()));
}

}  // namespace

std::string script_name(const std::string& file) {
  std::string_view name = file;
  if (!name.ends_with(kScript)) return {};
  name.remove_suffix(kScript.size());
  const std::size_t digits =
      static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), is_digit) - name.begin());
  if (digits > 0 && digits < name.size() && name[digits] == '-') name.remove_prefix(digits + 1);
  const bool good =
      !name.empty() && name.size() <= LuaScript::kLongestName && std::all_of(name.begin(), name.end(), is_name_byte);
  return good ? std::string(name) : std::string();
}

bool is_taken(const std::string& name) {
  const auto kinds = filter_kinds();
  return name == "lua" || name == kSum ||
         std::any_of(kinds.begin(), kinds.end(), [&](const FilterKind& kind) { return kind.name == name; });
}

void LuaFolder::read(const LuaFilterSettings& settings) {
  const auto before = std::exchange(scripts_, {});
  problems_.clear();
  folder_ = settings.mode == FilterUse::Mode::off ? std::string() : settings.folder;
  // Before the files are read: what is written meanwhile is a change.
  const std::string seen = std::exchange(seen_, folder_.empty() ? std::string() : look_at(folder_));
  news_ = changes(seen, seen_);
  if (folder_.empty()) return;
  const auto files = files_in(folder_);
  if (!files) {
    problems_.push_back({folder_, files.error().what});
    for (const auto& script : before) keep(*script, settings);
    problems_.back().older = !scripts_.empty();
    return;
  }
  for (const std::string& file : *files)
    if (file.ends_with(kScript)) read_script(file, settings, before);
}

void LuaFolder::read_script(const std::string& file, const LuaFilterSettings& settings,
                            const std::vector<std::shared_ptr<const LuaScript>>& before) {
  const std::string name = script_name(file);
  const auto is_it = [&](const auto& script) { return script->name() == name; };
  if (name.empty()) return problems_.push_back({file, "is no name of a filter: [a-z0-9_], 24 bytes at most"});
  if (is_taken(name)) return problems_.push_back({file, "that name is taken"});
  if (std::any_of(scripts_.begin(), scripts_.end(), is_it))
    return problems_.push_back({file, "there is a script of that name"});
  if (scripts_.size() >= kMostScripts) return problems_.push_back({file, "is one too many: 100 are read"});
  Result<std::string> source = text_of(folder_ + "/" + file);
  Result<std::shared_ptr<const LuaScript>> made =
      source ? LuaScript::make(name, std::move(*source), settings, [this](const auto& set) { return read_set(set); })
             : tl::unexpected(source.error());
  if (made) return scripts_.push_back(std::move(*made));
  const auto older = std::find_if(before.begin(), before.end(), is_it);
  const bool kept = older != before.end() && keep(**older, settings);
  problems_.push_back({file, without_file(made.error().what, name), kept, name});
}

Result<std::string> LuaFolder::read_set(const std::string& set) const {
  if (set.empty() || !std::all_of(set.begin(), set.end(), is_name_byte))
    return fail(Code::invalid, "set('" + set + "'): is no name of a set: [a-z0-9_]");
  const std::string file = set + std::string(kSet);
  Result<std::string> text = text_of(folder_ + "/" + file);
  if (!text) return fail(text.error().code, file + ": " + text.error().what);
  return text;
}

/// As it was, and as the settings and sets are now: who takes away its mode, or adds to a list, must not need its file.
bool LuaFolder::keep(const LuaScript& script, const LuaFilterSettings& settings) {
  auto made = script.again(settings, [this](const std::string& set) { return read_set(set); });
  if (made) scripts_.push_back(std::move(*made));
  return made.has_value();
}

bool LuaFolder::changed() const { return !folder_.empty() && look_at(folder_) != seen_; }

}  // namespace maildrop::filter
