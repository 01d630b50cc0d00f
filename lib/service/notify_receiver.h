/// notify_receiver.h: the socket at which programs tell their supervisor how they are, see notification.h.
///
/// It has a path, in a folder that only our user can enter: a name without one (abstract) belongs to a network
/// namespace, and a program in another one would not be heard. Where no folder can be written it is abstract all the
/// same. Who says something is told by the kernel (SCM_CREDENTIALS), so that nobody can speak for another.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop::service {

/// What somebody said. The descriptors that came with it are closed with it.
struct Datagram {
  pid_t sender = 0;  // 0: a process that cannot be seen from here
  std::string text;
  std::vector<FileDescriptor> descriptors;
};

/// Folders that a socket may be put into, in this order: $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR, $TMPDIR, /tmp, /dev/shm.
std::vector<std::string> notify_folders();

/// Not thread-safe. Never blocks.
class NotifyReceiver {
 public:
  static constexpr std::size_t kLongest = 4096;  // bytes of a datagram, as systemd has it

  /// In the first of `folders` in which it can be made; what one that was killed has left there goes.
  ///   unavailable  in none, nor without a path
  static Result<NotifyReceiver> open(const std::vector<std::string>& folders);
  /// Removes what it has made.
  ~NotifyReceiver();
  NotifyReceiver(NotifyReceiver&&) noexcept;

  int fd() const { return fd_.get(); }
  /// What is told to programs as NOTIFY_SOCKET: a path, or `@` and an abstract name.
  const std::string& address() const { return address_; }
  /// The next one, if there is one. What is longer than kLongest, has NULs in it, or more descriptors than could be
  /// received, is dropped: it comes as one that says nothing, so that who asks can bound how many he hears at a time.
  std::optional<Datagram> next();
  /// How many were dropped.
  std::uint64_t dropped() const { return dropped_; }

 private:
  NotifyReceiver(FileDescriptor fd, std::string address, std::string folder);

  FileDescriptor fd_;
  std::string address_;
  std::string folder_;  // made here; empty: none
  std::uint64_t dropped_ = 0;
};

}  // namespace maildrop::service
