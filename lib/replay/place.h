/// place.h: what lies at a path, opened and read with care: no special file is ever opened.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "replay/bytes.h"

namespace maildrop::replay {

/// Something at a path, looked at once: a file, a folder, or a store.
struct Place {
  std::string path;                // `-`: standard input. Of what is in an archive: the path of that, `/`, its own
  std::unique_ptr<Bytes> bytes{};  // of a file, behind `head`
  std::string head{};              // the first bytes of a file, kHead at most
  bool is_folder = false;
  bool is_store = false;    // `store:`, or `store:URL` (sources.h)
  bool unpacked = false;    // its bytes were packed
  bool in_archive = false;  // it is a file in one

  bool is_file() const { return !is_folder && !is_store; }

  static constexpr std::size_t kHead = 4096;
};

inline constexpr std::string_view kStorePrefix = "store:";

/// `path`, or the descriptor `input` (not closed) for `-`, of which `give_up` is asked while there is nothing to read
/// (none: it is waited for). Errors as of open_source() (sources.h).
Result<Place> look_at(const std::string& path, int input, const std::function<bool()>& give_up = {});

/// A file at `path` that has these bytes, and its head.
Result<Place> file_of(std::string path, std::unique_ptr<Bytes> bytes);

/// What is behind the head: at most `size` bytes more are appended to `data`; whether there were any. Errors as of
/// Bytes.
Result<bool> read_more(Place& place, std::string& data, std::size_t size);

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
