/// rotated_file.cc: appends, and moves files aside.
#include "core/rotated_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>
#include <utility>

#include "core/file_error.h"
#include "core/write_all.h"

namespace maildrop {

namespace {

constexpr int kMostTries = 10;  // of files that others move while we open them
constexpr std::chrono::milliseconds kLockPause{5};

}  // namespace

/// Of the file, by those of us who write to it. Goes before the descriptor. Without a file: it was not to be had.
class RotatedFile::Lock {
 public:
  explicit Lock(int file) : file_(file) {}
  Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Lock& operator=(Lock&&) = delete;
  ~Lock() {
    if (file_ >= 0) ::flock(file_, LOCK_UN);
  }
  bool is_ours() const { return file_ >= 0; }

 private:
  int file_;
};

Result<FileDescriptor> RotatedFile::opened(int flags) const {
  constexpr mode_t kMode = 0640;  // who is in its group may read it: a shipper of logs
  // A pipe or a terminal that nobody reads must not hold us.
  FileDescriptor file(::open(plan_.path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | flags, kMode));
  if (!file) return tl::unexpected(file_error("open", plan_.path, errno));
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))
    return fail(Code::unavailable, "'" + plan_.path + "' is no regular file");
  return file;
}

Result<void> RotatedFile::open() {
  file_ = TRY(opened(O_CREAT));
  return {};
}

Result<void> RotatedFile::check() const {
  if (::access(plan_.path.c_str(), F_OK) == 0) return opened(0).map([](const FileDescriptor&) {});
  const std::size_t slash = plan_.path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : plan_.path.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return tl::unexpected(file_error("make", plan_.path, errno));
}

void RotatedFile::prune() {
  for (unsigned number = plan_.files; ::unlink(path(number).c_str()) == 0;) ++number;
}

Result<void> RotatedFile::append(std::string_view lines) {
  const Lock lock = TRY(find_room(lines.size()));
  struct stat before {};
  if (::fstat(file_.get(), &before) != 0) return tl::unexpected(file_error("read", plan_.path, errno));
  // A line that was not written whole, by us or by a process that has ended within it, is none that others go on in.
  char last = '\n';
  if (before.st_size > 0 && ::pread(file_.get(), &last, 1, before.st_size - 1) == 1 && last != '\n') TRY(write("\n"));
  Result<void> written = write(lines);
  // What others have appended meanwhile is theirs.
  if (!written && lock.is_ours() && ::ftruncate(file_.get(), before.st_size) != 0) return written;
  return written;
}

/// The file that has the path now, with room, and ours alone: somebody else may have moved the one before.
Result<RotatedFile::Lock> RotatedFile::find_room(std::size_t bytes) {
  for (int i = 0; i < kMostTries; ++i) {
    if (!file_) TRY(open());
    {
      Lock lock = TRY(take_lock());
      struct stat ours {};
      const bool there = has_path(ours);
      const auto held = static_cast<std::uint64_t>(ours.st_size);
      const std::uint64_t most = lock.is_ours() ? plan_.size : 2 * plan_.size;
      if (there && (held == 0 || held + bytes <= most)) return lock;
      if (there && !lock.is_ours()) return fail(Code::unavailable, "somebody keeps a lock on '" + plan_.path + "'");
      if (there) TRY(rotate());
    }
    file_ = {};  // when it is not locked any more: its number may be somebody else's from here on
  }
  return fail(Code::unavailable, "'" + plan_.path + "' is always another file");
}

bool RotatedFile::has_path(struct stat& ours) const {
  struct stat there {};
  return ::fstat(file_.get(), &ours) == 0 && ::stat(plan_.path.c_str(), &there) == 0 && there.st_ino == ours.st_ino &&
         there.st_dev == ours.st_dev;
}

/// Whoever keeps it must not keep us, not even for a moment each time.
Result<RotatedFile::Lock> RotatedFile::take_lock() {
  const auto end = std::chrono::steady_clock::now() + (impatient_ ? std::chrono::milliseconds(0) : plan_.patience);
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return tl::unexpected(file_error("lock", plan_.path, errno));
    impatient_ = std::chrono::steady_clock::now() >= end;
    if (impatient_) return Lock(-1);
    std::this_thread::sleep_for(kLockPause);
  }
  impatient_ = false;
  return Lock(file_.get());
}

std::string RotatedFile::path(unsigned number) const {
  return number == 0 ? plan_.path : plan_.path + "." + std::to_string(number);
}

/// The oldest goes. Where one cannot be moved all stay as they are, and nothing more is written: it has a bound.
Result<void> RotatedFile::rotate() {
  if (plan_.files == 1) {
    if (::unlink(plan_.path.c_str()) == 0) return {};
    return tl::unexpected(file_error("remove", plan_.path, errno));
  }
  for (unsigned number = plan_.files - 1; number > 0; --number)
    if (std::rename(path(number - 1).c_str(), path(number).c_str()) != 0 && errno != ENOENT)
      return tl::unexpected(file_error("move", path(number - 1), errno));
  return {};
}

Result<void> RotatedFile::write(std::string_view text) {
  if (const int number = write_all(file_.get(), text); number != 0)
    return tl::unexpected(file_error("write to", plan_.path, number));
  return {};
}

}  // namespace maildrop
