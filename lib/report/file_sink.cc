/// file_sink.cc: appends, and moves files aside.
#include "report/file_sink.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "core/descriptor.h"
#include "core/file_error.h"

namespace maildrop::report {

namespace {

constexpr int kMostTries = 10;  // of files that others move while we open them
constexpr int kLockTries = 200;
constexpr std::chrono::milliseconds kLockPause{5};

class FileSink final : public Sink {
 public:
  explicit FileSink(FileRotation rotation) : rotation_(std::move(rotation)) {}

  std::string_view name() const override { return "file"; }

  Result<std::size_t> write(std::span<const std::string> lines) override {
    std::string text;
    for (const std::string& line : lines) text += line;
    const Lock lock = TRY(open());
    TRY(append(text));
    return 0;
  }

 private:
  /// Of the file, by those of us who write to it. Goes before the descriptor.
  class Lock {
   public:
    explicit Lock(int file) : file_(file) {}
    Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock() {
      if (file_ >= 0) ::flock(file_, LOCK_UN);
    }

   private:
    int file_;
  };

  /// The file that has the path now, with room, and ours alone: somebody else may have moved the one before.
  Result<Lock> open() {
    for (int i = 0; i < kMostTries; ++i) {
      if (!file_) TRY(reopen());
      {
        Lock lock = TRY(take_lock());
        struct stat ours {};
        const bool there = has_path(ours);
        if (there && static_cast<std::uint64_t>(ours.st_size) < rotation_.size) return lock;
        if (there) TRY(rotate());
      }
      file_ = {};  // when it is not locked any more: its number may be somebody else's from here on
    }
    return fail(Code::unavailable, "'" + rotation_.path + "' is always another file");
  }

  bool has_path(struct stat& ours) const {
    struct stat there {};
    return ::fstat(file_.get(), &ours) == 0 && ::stat(rotation_.path.c_str(), &there) == 0 &&
           there.st_ino == ours.st_ino && there.st_dev == ours.st_dev;
  }

  /// Others of us have it for moments; whoever keeps it must not keep us.
  Result<Lock> take_lock() {
    for (int i = 0; i < kLockTries; ++i) {
      if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return Lock(file_.get());
      if (errno != EWOULDBLOCK && errno != EINTR) return tl::unexpected(file_error("lock", rotation_.path, errno));
      std::this_thread::sleep_for(kLockPause);
    }
    return fail(Code::unavailable, "somebody keeps a lock on '" + rotation_.path + "'");
  }

  Result<void> reopen() {
    constexpr mode_t kMode = 0640;  // who is in its group may read it: a shipper of logs
    // A pipe or a terminal that nobody reads must not hold us.
    FileDescriptor file(::open(rotation_.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, kMode));
    if (!file) return tl::unexpected(file_error("open", rotation_.path, errno));
    struct stat found {};
    if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))
      return fail(Code::unavailable, "'" + rotation_.path + "' is no regular file");
    file_ = std::move(file);
    return {};
  }

  std::string path(unsigned number) const {
    return number == 0 ? rotation_.path : rotation_.path + "." + std::to_string(number);
  }

  /// The oldest goes. Where one cannot be moved all stay as they are, and nothing more is written: it has a bound.
  Result<void> rotate() {
    if (rotation_.files == 1) {
      if (::unlink(rotation_.path.c_str()) == 0) return {};
      return tl::unexpected(file_error("remove", rotation_.path, errno));
    }
    for (unsigned number = rotation_.files - 1; number > 0; --number)
      if (std::rename(path(number - 1).c_str(), path(number).c_str()) != 0 && errno != ENOENT)
        return tl::unexpected(file_error("move", path(number - 1), errno));
    return {};
  }

  /// A line that was not written whole, by us or by a process that has ended within it, is none that others go on in.
  Result<void> append(const std::string& text) {
    struct stat before {};
    if (::fstat(file_.get(), &before) != 0) return tl::unexpected(file_error("read", rotation_.path, errno));
    char last = '\n';
    if (before.st_size > 0 && ::pread(file_.get(), &last, 1, before.st_size - 1) == 1 && last != '\n')
      TRY(write_all("\n"));
    Result<void> written = write_all(text);
    if (written) return written;
    [[maybe_unused]] const int taken_back = ::ftruncate(file_.get(), before.st_size);
    return written;
  }

  Result<void> write_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(file_.get(), text.data(), text.size());
      if (n < 0 && errno != EINTR) return tl::unexpected(file_error("write to", rotation_.path, errno));
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  const FileRotation rotation_;
  FileDescriptor file_;
};

}  // namespace

std::unique_ptr<Sink> make_file_sink(FileRotation rotation) { return std::make_unique<FileSink>(std::move(rotation)); }

}  // namespace maildrop::report
