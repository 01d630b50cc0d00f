/// wire.h: a socket that a library owns and waits for, cut from another thread.
#pragma once

#include <mutex>

#include "core/descriptor.h"

namespace maildrop::report {

/// Holds a descriptor of its own of the socket: whatever the library does with its number meanwhile, nobody else's is
/// cut. Thread-safe.
class Wire {
 public:
  /// It is that socket from now on. false: it is cut, as all that come after cut().
  bool follow(int socket);
  void forget();
  /// Ends all reads, writes and connects of it, now and later.
  void cut();
  /// The same for the one that is there, alone.
  void break_off();

 private:
  std::mutex mutex_;
  FileDescriptor socket_;
  bool cut_ = false;
};

}  // namespace maildrop::report
