/// folder.h: a folder of files that goes away, and what a source gives for it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "replay/sources.h"

namespace maildrop::test {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/maildrop-replay-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// Makes the folders on the way.
  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path where = path + "/" + name;
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where, std::ios::binary) << text;
    return where.string();
  }
  void folder(const std::string& name) const { std::filesystem::create_directories(path + "/" + name); }

  std::string path;
};

/// Names, or `! what`, without the folder's own path.
inline std::vector<std::string> read_all(const Folder& folder, const std::string& name = "",
                                         const replay::SourceOptions& options = {}) {
  const auto relative = [&folder](std::string text) {
    for (std::size_t at = text.find(folder.path + "/"); at != std::string::npos; at = text.find(folder.path + "/"))
      text.erase(at, folder.path.size() + 1);
    return text;
  };
  const auto source = replay::open_source(folder.path + (name.empty() ? "" : "/" + name), options);
  if (!source) return {"! " + relative(source.error().what)};
  std::vector<std::string> out;
  while (auto sample = (*source)->next())
    out.push_back(relative(*sample ? (*sample)->name : "! " + sample->error().what));
  return out;
}

using Names = std::vector<std::string>;

}  // namespace maildrop::test
