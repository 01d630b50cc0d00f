/// descriptor_store.cc: descriptors by name, bounded.
#include "service/descriptor_store.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace maildrop::service {

namespace {

/// kcmp(2) would know exactly, and is forbidden in most containers. Sockets, pipes and memfds have an inode each.
bool is_same(int one, int other) {
  struct stat a {
  }, b{};
  return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
         fcntl(one, F_GETFL) == fcntl(other, F_GETFL);
}

bool has_hung_up(int fd) {
  pollfd asked{fd, 0, 0};
  return poll(&asked, 1, 0) > 0 && (asked.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Result<void> DescriptorStore::put(FileDescriptor fd, const std::string& name, bool poll) {
  for (const Kept& each : kept_)
    if (each.name == name && is_same(each.fd.get(), fd.get())) return {};
  if (kept_.size() >= most_) return fail(Code::over_limit, std::to_string(most_) + " descriptors are kept already");
  kept_.push_back({std::move(fd), name, poll});
  return {};
}

void DescriptorStore::remove(const std::string& name) {
  std::erase_if(kept_, [&](const Kept& each) { return each.name == name; });
}

void DescriptorStore::drop_hung_up() {
  std::erase_if(kept_, [](const Kept& each) { return each.poll && has_hung_up(each.fd.get()); });
}

}  // namespace maildrop::service
