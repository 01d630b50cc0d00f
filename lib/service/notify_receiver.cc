/// notify_receiver.cc: a datagram socket that knows who sends.
#include "service/notify_receiver.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/random.h"

namespace maildrop::service {

namespace {

constexpr std::size_t kMostDescriptors = 253;  // of a datagram, by the kernel (SCM_MAX_FD)

constexpr std::string_view kFolder = "/maildrop-";
constexpr std::string_view kRandom = "XXXXXX";  // mkdtemp(3)
constexpr std::string_view kSocket = "/notify";

/// `path`: with a NUL in front of an abstract name. Nothing: it is too long.
struct NotifyAddress {
  explicit NotifyAddress(std::string_view path) {
    name.sun_family = AF_UNIX;
    if (path.size() >= sizeof name.sun_path) return;
    std::memcpy(name.sun_path, path.data(), path.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path.front() == '/' ? 1 : 0));
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }

  sockaddr_un name{};
  socklen_t size = 0;
};

/// Bound, and made to tell who sends before the first can.
FileDescriptor bind_datagrams(std::string_view path) {
  const NotifyAddress address(path);
  if (address.size == 0) return {};
  FileDescriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const bool bound = fd && setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0 &&
                     bind(fd.get(), address.get(), address.size) == 0;
  return bound ? std::move(fd) : FileDescriptor();
}

/// There is a socket of that name, and nobody has it any more.
bool is_deserted(const std::string& path) {
  const NotifyAddress address(path);
  const FileDescriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return fd && address.size != 0 && connect(fd.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

/// The folder of a receiver that was killed. Only one of our own, and by its descriptor: in /tmp strangers lay links.
void remove_deserted(const std::string& path) {
  const FileDescriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat about {};
  if (!folder || fstat(folder.get(), &about) != 0 || about.st_uid != geteuid()) return;
  if (!is_deserted("/proc/self/fd/" + std::to_string(folder.get()) + std::string(kSocket))) return;
  unlinkat(folder.get(), kSocket.data() + 1, 0);
  rmdir(path.c_str());
}

void remove_leftovers(const std::string& among) {
  std::error_code failed;
  for (std::filesystem::directory_iterator each(among, failed), end; !failed && each != end; each.increment(failed)) {
    const std::string name = "/" + each->path().filename().string();
    if (name.starts_with(kFolder) && name.size() == kFolder.size() + kRandom.size()) remove_deserted(each->path());
  }
}

/// What came beside the bytes.
void take_control(msghdr& message, Datagram& to) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET) continue;
    if (each->cmsg_type == SCM_CREDENTIALS) {
      ucred who{};
      std::memcpy(&who, CMSG_DATA(each), sizeof who);
      to.sender = who.pid;
    }
    if (each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(each) + i * sizeof(int), sizeof fd);
      to.descriptors.emplace_back(fd);
    }
  }
}

}  // namespace

std::vector<std::string> notify_folders() {
  std::vector<std::string> folders;
  for (const char* name : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* value = std::getenv(name);
    const std::string text = value ? value : "";
    const std::string first = text.substr(0, text.find(':'));  // systemd lists several
    if (!first.empty() && first.front() == '/') folders.push_back(first);
  }
  folders.insert(folders.end(), {"/tmp", "/dev/shm"});
  return folders;
}

Result<NotifyReceiver> NotifyReceiver::open(const std::vector<std::string>& folders) {
  for (const std::string& each : folders) {
    remove_leftovers(each);
    std::string folder = each + std::string(kFolder) + std::string(kRandom);
    if (!mkdtemp(folder.data())) continue;  // 0700
    const std::string path = folder + std::string(kSocket);
    if (FileDescriptor fd = bind_datagrams(path)) return NotifyReceiver(std::move(fd), path, folder);
    rmdir(folder.c_str());
  }
  const std::string name = "maildrop/notify/" + random_name(10);
  FileDescriptor fd = bind_datagrams(std::string(1, '\0') + name);
  if (!fd)
    return fail(Code::unavailable,
                std::string("cannot make a socket for programs to be heard: ") + std::strerror(errno));
  return NotifyReceiver(std::move(fd), "@" + name, {});
}

NotifyReceiver::NotifyReceiver(FileDescriptor fd, std::string address, std::string folder)
    : fd_(std::move(fd)), address_(std::move(address)), folder_(std::move(folder)) {}

NotifyReceiver::NotifyReceiver(NotifyReceiver&& other) noexcept
    : fd_(std::move(other.fd_)),
      address_(std::move(other.address_)),
      folder_(std::exchange(other.folder_, {})),
      dropped_(other.dropped_) {}

NotifyReceiver::~NotifyReceiver() {
  if (folder_.empty()) return;
  unlink(address_.c_str());
  rmdir(folder_.c_str());
}

std::optional<Datagram> NotifyReceiver::next() {
  std::array<char, kLongest> bytes;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kMostDescriptors * sizeof(int))> control;
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return std::nullopt;
  Datagram found;
  take_control(message, found);  // first of all: descriptors are ours from here on
  const std::string_view text(bytes.data(), static_cast<std::size_t>(size));
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || text.find('\0') != text.npos) {
    dropped_ += 1;
    found.descriptors.clear();
    return found;
  }
  found.text = text;
  return found;
}

}  // namespace maildrop::service
