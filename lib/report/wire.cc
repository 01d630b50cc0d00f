/// wire.cc: dup() and shutdown().
#include "report/wire.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace maildrop::report {

bool Wire::follow(int socket) {
  const std::lock_guard lock(mutex_);
  socket_ = FileDescriptor(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  if (cut_) ::shutdown(socket, SHUT_RDWR);
  return !cut_;
}

void Wire::forget() {
  const std::lock_guard lock(mutex_);
  socket_ = {};
}

void Wire::cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
}

void Wire::break_off() {
  const std::lock_guard lock(mutex_);
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace maildrop::report
