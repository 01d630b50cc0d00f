/// rotated_file.h: a file of lines that is moved aside when it is full, so that all of them together have a bound.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop {

/// PATH is written, PATH.1 was before it, and so on. Several processes may write to one PATH, a daemon and the one that
/// takes its place, say: what each appends is whole, and one of them moves the files. Somebody else may move or remove
/// PATH, too: it is made again, with mode 0640.
///
/// Who appends has a lock (flock(2)), which anybody may take who may read the file. Where somebody keeps it the file is
/// not moved aside, and grows to twice its size before lines are lost.
///
/// Not thread-safe. Blocks as the disk does, and once for `patience` while somebody else keeps the lock.
class RotatedFile {
 public:
  struct Plan {
    std::string path;
    std::uint64_t size;                  // bytes; what is appended at once may be more, and is alone in one then
    unsigned files;                      // with the one that is written
    std::chrono::milliseconds patience;  // others of us write for moments
  };

  explicit RotatedFile(Plan plan) : plan_(std::move(plan)) {}

  /// Makes it if there is none.
  ///   unavailable  no file, or no regular one: permissions, its folder or the disk keep it from us
  Result<void> open();
  /// Whether open() would do, as far as that can be told without making anything.
  Result<void> check() const;
  /// Removes PATH.N from N = `files` on, up to the first that is not there: there were more before.
  void prune();
  /// Lines, each with its LF. Opens it where it has to. One that somebody left in its middle is ended before.
  ///   unavailable  nothing was written; a file that cannot be moved aside does not grow on
  Result<void> append(std::string_view lines);

 private:
  class Lock;
  Result<FileDescriptor> opened(int flags) const;
  Result<Lock> take_lock();
  Result<Lock> find_room(std::size_t bytes);
  bool has_path(struct ::stat& ours) const;
  std::string path(unsigned number) const;
  Result<void> rotate();
  Result<void> write(std::string_view text);

  Plan plan_;
  FileDescriptor file_;
  bool impatient_ = false;  // the lock was not to be had: it is not waited for, until it is
};

}  // namespace maildrop
