/// place.cc: looking before opening.
#include "replay/place.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "core/descriptor.h"
#include "core/file_error.h"

namespace maildrop::replay {
namespace {

constexpr int kLookUp = 100;  // milliseconds, and ask whether to give up

Error cannot(std::string_view doing, std::string_view path, int number) {
  Error error = file_error(doing, path, number);
  if (number == ENOENT || number == ENOTDIR) error.code = Code::not_found;
  return error;
}

/// One that is swapped for a pipe between look and open must not keep us waiting.
Result<FileDescriptor> open_file(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return tl::unexpected(cannot("open", path, errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(Code::invalid, "'" + path + "' is no longer a file");
  return file;
}

enum class Nature { nothing, file, folder, link_to_folder, special };

Nature nature_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Nature::nothing;
  const bool link = S_ISLNK(status.st_mode);
  if (link && ::stat(path.c_str(), &status) != 0) return Nature::nothing;
  if (S_ISDIR(status.st_mode)) return link ? Nature::link_to_folder : Nature::folder;
  return S_ISREG(status.st_mode) ? Nature::file : Nature::special;
}

/// Names that `wanted` lets through, sorted.
template <class Wanted>
Result<std::vector<Entry>> names_in(const std::string& folder, Wanted wanted) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) return tl::unexpected(cannot("read", folder, errno));
  std::vector<Entry> entries;
  errno = 0;
  for (const dirent* entry = ::readdir(open.get()); entry != nullptr; errno = 0, entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    std::string path = folder + (folder.back() == '/' ? "" : "/") + name;
    if (name == "." || name == ".." || !wanted(name, path)) continue;
    if (entries.size() == kMaxEntries)
      return fail(Code::over_limit, "'" + folder + "' has more than " + std::to_string(kMaxEntries) + " entries");
    entries.push_back({name, std::move(path)});
  }
  if (errno != 0) return tl::unexpected(cannot("read", folder, errno));
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

class FileBytes final : public Bytes {
 public:
  FileBytes(std::string path, FileDescriptor file, std::function<bool()> give_up)
      : path_(std::move(path)), file_(std::move(file)), give_up_(std::move(give_up)) {}

  Result<std::size_t> read(char* to, std::size_t size) override {
    if (give_up_ && !wait_for_input()) return fail(Code::unavailable, "cannot read '" + path_ + "': given up");
    ssize_t got = 0;
    do {
      got = ::read(file_.get(), to, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return tl::unexpected(cannot("read", path_, errno));
    return static_cast<std::size_t>(got);
  }

 private:
  /// false: given up.
  bool wait_for_input() const {
    while (!give_up_()) {
      pollfd one{file_.get(), POLLIN, 0};
      if (::poll(&one, 1, kLookUp) > 0) return true;
    }
    return false;
  }

  const std::string path_;
  const FileDescriptor file_;
  const std::function<bool()> give_up_;  // of standard input
};

}  // namespace

Result<Place> look_at(const std::string& path, int input, const std::function<bool()>& give_up) {
  Place place;
  place.path = path;
  place.is_store = path.starts_with(kStorePrefix);
  if (place.is_store) return place;
  if (path == "-") {
    FileDescriptor file(::fcntl(input, F_DUPFD_CLOEXEC, 0));
    if (!file) return tl::unexpected(cannot("read", path, errno));
    return file_of(path, std::make_unique<FileBytes>(path, std::move(file), give_up));
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return tl::unexpected(cannot("open", path, errno));
  place.is_folder = S_ISDIR(status.st_mode);
  if (place.is_folder) return place;
  if (!S_ISREG(status.st_mode))
    return fail(Code::invalid, "'" + path + "' is neither file nor folder (- reads standard input)");
  return file_of(path, std::make_unique<FileBytes>(path, TRY(open_file(path)), nullptr));
}

Result<Place> file_of(std::string path, std::unique_ptr<Bytes> bytes) {
  Place place;
  place.path = std::move(path);
  place.bytes = std::move(bytes);
  while (place.head.size() < Place::kHead && TRY(read_more(place, place.head, Place::kHead - place.head.size()))) {
  }
  return place;
}

Result<bool> read_more(Place& place, std::string& data, std::size_t size) {
  const std::size_t before = data.size();
  data.resize(before + size);
  const Result<std::size_t> got = place.bytes->read(data.data() + before, size);
  data.resize(before + got.value_or(0));
  if (!got) return tl::unexpected(got.error());
  return *got > 0;
}

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

Result<std::vector<Entry>> entries_of(const std::string& folder) {
  return names_in(folder, [](const std::string& name, const std::string& path) {
    if (name.front() == '.' || name == "tmp") return false;
    const Nature nature = nature_of(path);
    return nature != Nature::special && nature != Nature::link_to_folder;
  });
}

Result<std::vector<Entry>> hidden_folders_of(const std::string& folder) {
  return names_in(
      folder, [](const std::string& name, const std::string& path) { return name.front() == '.' && is_folder(path); });
}

bool is_folder(const std::string& path) { return nature_of(path) == Nature::folder; }

}  // namespace maildrop::replay
