/// file_sink.cc: appends, and moves files aside.
#include "report/file_sink.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/descriptor.h"
#include "core/file_error.h"

namespace maildrop::report {

namespace {

class FileSink final : public Sink {
 public:
  explicit FileSink(FileRotation rotation) : rotation_(std::move(rotation)) {}

  std::string_view name() const override { return "file"; }

  Result<void> write(std::span<const std::string> lines) override {
    TRY(open());
    std::string text;
    for (const std::string& line : lines) text += line;
    return append(text);
  }

 private:
  /// Of the file that has the path now: somebody else may have moved it.
  Result<void> open() {
    struct stat there {
    }, ours{};
    if (file_ && ::stat(rotation_.path.c_str(), &there) == 0 && ::fstat(file_.get(), &ours) == 0 &&
        there.st_ino == ours.st_ino && there.st_dev == ours.st_dev && !is_full(ours))
      return {};
    TRY(reopen());
    if (::fstat(file_.get(), &ours) == 0 && is_full(ours)) {
      rotate();
      TRY(reopen());
    }
    return {};
  }

  bool is_full(const struct stat& file) const { return static_cast<std::uint64_t>(file.st_size) >= rotation_.size; }

  Result<void> reopen() {
    constexpr mode_t kMode = 0640;  // who is in its group may read it: a shipper of logs
    // A pipe or a terminal that nobody reads must not hold us.
    FileDescriptor file(::open(rotation_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, kMode));
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

  /// One of those who write to it does it. What cannot be moved stays, and grows: better than nothing is reported.
  void rotate() {
    struct stat there {
    }, ours{};
    if (::flock(file_.get(), LOCK_EX) != 0) return;
    const bool still = ::stat(rotation_.path.c_str(), &there) == 0 && ::fstat(file_.get(), &ours) == 0 &&
                       there.st_ino == ours.st_ino && there.st_dev == ours.st_dev;
    if (!still) return;  // somebody else has; the lock goes with the descriptor
    if (rotation_.files == 1) {
      ::unlink(rotation_.path.c_str());
      return;
    }
    for (unsigned number = rotation_.files - 1; number > 0; --number)
      std::rename(path(number - 1).c_str(), path(number).c_str());
  }

  /// A line that was not written whole is taken back, so that the next one does not go on within it.
  Result<void> append(std::string_view text) {
    struct stat before {};
    ::fstat(file_.get(), &before);
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t n = ::write(file_.get(), text.data() + written, text.size() - written);
      if (n < 0 && errno == EINTR) continue;
      if (n >= 0) {
        written += static_cast<std::size_t>(n);
        continue;
      }
      const Error error = file_error("write to", rotation_.path, errno);
      if (written > 0 && is_alone(before.st_size + static_cast<off_t>(written)))
        if (::ftruncate(file_.get(), before.st_size) != 0) file_ = {};
      return tl::unexpected(error);
    }
    return {};
  }

  /// Nobody has written behind us meanwhile.
  bool is_alone(off_t size) const {
    struct stat now {};
    return ::fstat(file_.get(), &now) == 0 && now.st_size == size;
  }

  const FileRotation rotation_;
  FileDescriptor file_;
};

}  // namespace

std::unique_ptr<Sink> make_file_sink(FileRotation rotation) { return std::make_unique<FileSink>(std::move(rotation)); }

}  // namespace maildrop::report
