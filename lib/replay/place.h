/// place.h: what lies at a path, opened and read with care: no special file is ever opened.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop::replay {

/// Something at a path, looked at once.
struct Place {
  std::string path;     // `-`: standard input
  FileDescriptor file;  // open for reading, behind `head`; none for a folder
  std::string head;     // the first bytes of a file, kHead at most
  bool is_folder = false;
  std::function<bool()> give_up = {};  // of `-`: asked while there is nothing to read; none: it is waited for

  static constexpr std::size_t kHead = 4096;
};

/// `path`, or the descriptor `input` (not closed) for `-`. Errors as of open_source() (sources.h).
Result<Place> look_at(const std::string& path, int input, const std::function<bool()>& give_up = {});

/// What is behind the head: at most `size` bytes more are appended to `data`; whether there were any. unavailable: it
/// cannot be read, or was given up.
Result<bool> read_more(const Place& place, std::string& data, std::size_t size);

/// Without its line end.
std::string_view first_line(std::string_view text);

/// Something in a folder.
struct Entry {
  std::string name, path;
};

inline constexpr std::size_t kMaxEntries = 1'000'000;  // of a folder: its names take some 100 MB then

/// What is not hidden, not `tmp`, and no special file or symbolic link to a folder, sorted by name. A link to nothing
/// is among them. over_limit beyond kMaxEntries; unavailable when it cannot be read.
Result<std::vector<Entry>> entries_of(const std::string& folder);
/// Its folders whose names begin with a dot, sorted; no links.
Result<std::vector<Entry>> hidden_folders_of(const std::string& folder);
/// No link to one.
bool is_folder(const std::string& path);

}  // namespace maildrop::replay
