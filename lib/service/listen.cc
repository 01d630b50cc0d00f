/// listen.cc: opening, inheriting and closing listening sockets.
#include "service/listen.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/descriptor.h"
#include "core/log.h"
#include "core/socket_address.h"

namespace maildrop::service {

namespace {

constexpr int kBacklog = 4096;  // the kernel caps it at net.core.somaxconn

Error listen_error(const std::string& endpoint, int code) {
  std::string what = "cannot listen on '" + endpoint + "': " + std::strerror(code);
  if (code == EACCES && endpoint.rfind("unix:", 0) != 0)
    what += " (ports below 1024 need CAP_NET_BIND_SERVICE or socket activation)";
  if (code == EADDRINUSE) what += " (is another server running? service.takeover takes the place of a maildrop)";
  return Error{Code::unavailable, std::move(what)};
}

struct Name {
  std::string text;
  std::uint16_t port = 0;
};

std::string name_of(const IpAddress& ip, std::uint16_t port) {
  const std::string text = ip.to_string();
  return (ip.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
}

Name name_of(int fd) {
  SocketAddress address;
  if (getsockname(fd, address.get(), &address.size) != 0) return {"unknown", 0};
  const std::uint16_t port = ip_port(address.get());
  if (const std::optional<IpAddress> ip = ip_address(address.get())) return {name_of(*ip, port), port};
  if (address.family() != AF_UNIX) return {"unknown", 0};
  return {std::string("unix:") + reinterpret_cast<const sockaddr_un*>(&address.storage)->sun_path, 0};
}

/// Of each connection the packet is kept by which it came, until it is read once: about 100 bytes. Those in the queue
/// already have none. Does nothing on a unix socket.
void save_syn(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof on);
}

/// `listens`: or is only bound, until own().
Result<Listener> listen_ip(const std::string& endpoint, const IpAddress& ip, std::uint16_t port, bool listens) {
  const SocketAddress address = socket_address(ip, port);
  FileDescriptor made(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = made.get();
  const int on = 1;
  if (!made) return tl::unexpected(listen_error(endpoint, errno));
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  // Accepted sockets inherit it: replies are written whole, so there is nothing for Nagle to gather.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  save_syn(fd);
  if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, address.get(), address.size) != 0 || (listens && listen(fd, kBacklog) != 0))
    return tl::unexpected(listen_error(endpoint, errno));
  return Listener(made.release(), name_of(fd).text, listens ? Listener::Shared::no : Listener::Shared::process);
}

/// SO_REUSEPORT lets a second server of the same user share the port in silence, and take half of the mail. So a socket
/// without it is tried first.
Result<void> check_unused(const std::string& endpoint, const IpAddress& ip, std::uint16_t port) {
  if (port == 0) return {};
  const SocketAddress address = socket_address(ip, port);
  const FileDescriptor probe(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) return tl::unexpected(listen_error(endpoint, errno));
  const int on = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) setsockopt(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(probe.get(), address.get(), address.size) != 0) return tl::unexpected(listen_error(endpoint, errno));
  return {};
}

Result<std::vector<FileDescriptor>> take(Takeover* takeover, const std::string& name) {
  if (!takeover) return std::vector<FileDescriptor>();
  std::vector<FileDescriptor> sockets = takeover->take(name);
  for (const FileDescriptor& each : sockets)
    if (sd_is_socket(each.get(), AF_UNSPEC, SOCK_STREAM, 1) <= 0 || name_of(each.get()).text != name)
      return fail(Code::invalid, "what was taken over as '" + name + "' does not listen there");
  return sockets;
}

/// One address for all loops. The first socket picks the port where none was asked for. Those of a process that had
/// other loops than we have are spread over ours, and what is missing joins them.
Result<void> listen_everywhere(const Endpoint& endpoint, const IpAddress& ip, std::uint16_t& port, Takeover* takeover,
                               ListenersByLoop& out) {
  std::size_t count = 0;
  for (FileDescriptor& each : TRY(take(takeover, name_of(ip, port)))) {
    save_syn(each.get());  // who has it, too, does not read it: it goes with the connection
    out[count++ % out.size()].emplace_back(each.release(), name_of(ip, port), Listener::Shared::process);
  }
  if (count == 0) TRY(check_unused(endpoint.to_string(), ip, port));
  const bool alone = count == 0;
  for (; count < out.size(); ++count) {
    Result<Listener> more = listen_ip(endpoint.to_string(), ip, port, alone);
    if (!more && !alone) break;  // such as root for another user's: those that were taken will do
    out[count].push_back(TRY(std::move(more)));
    if (port == 0) port = name_of(out[count].back().fd()).port;
  }
  return {};
}

bool has_ipv6() {
  const FileDescriptor probe(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress address = socket_address(IpAddress(), 0);
  return probe && bind(probe.get(), address.get(), address.size) == 0;
}

bool is_alive(const SocketAddress& address) {
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return !probe || connect(probe.get(), address.get(), address.size) == 0 || errno != ECONNREFUSED;
}

Result<Listener> listen_unix(const Endpoint& endpoint, unsigned mode, Takeover* takeover) {
  const std::string text = endpoint.to_string();
  if (auto taken = TRY(take(takeover, text)); !taken.empty()) {
    return Listener(taken.front().release(), text, Listener::Shared::process, endpoint.path, mode);
  }
  const SocketAddress address = TRY(socket_address(endpoint));
  struct stat there {};
  if (lstat(endpoint.path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode) && !is_alive(address))
    unlink(endpoint.path.c_str());
  FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The mode of the unbound socket is that of its name, less the umask: nobody's until it is set, whatever the umask.
  if (!fd || fchmod(fd.get(), 0) != 0 || bind(fd.get(), address.get(), address.size) != 0)
    return tl::unexpected(listen_error(text, errno));
  Listener listener(fd.release(), text, Listener::Shared::no, endpoint.path);
  if (chmod(endpoint.path.c_str(), static_cast<mode_t>(mode)) != 0 || listen(listener.fd(), kBacklog) != 0)
    return tl::unexpected(listen_error(text, errno));
  return listener;
}

/// What systemd passed, asked for once: taking it clears the environment, so children do not believe it is theirs.
struct Inherited {
  struct Socket {
    int fd;
    std::string name;
    bool taken = false;
  };
  std::mutex mutex;
  bool read = false;
  std::vector<Socket> sockets;

  void load() {
    if (std::exchange(read, true)) return;
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; ++i) {
      sockets.push_back({SD_LISTEN_FDS_START + i, names && names[i] ? names[i] : "", false});
      if (names) free(names[i]);
    }
    free(names);
  }
};

Inherited& inherited_sockets() {
  static Inherited sockets;
  return sockets;
}

/// Loops that would have no socket of an address share those of others, since they are not ours to multiply: systemd
/// has as many as its unit says. Each is woken for a connection then, and one has it.
Result<void> share_out(const Endpoint& endpoint, const std::vector<int>& sockets, ListenersByLoop& out) {
  const std::string name = name_of(sockets.front()).text;
  for (std::size_t i = 0; i < std::max(sockets.size(), out.size()); ++i) {
    int fd = sockets[i % sockets.size()];
    if (i >= sockets.size()) fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return tl::unexpected(listen_error(endpoint.to_string(), errno));
    out[i % out.size()].emplace_back(fd, name, Listener::Shared::systemd);
  }
  return {};
}

Result<void> take_inherited(const Endpoint& endpoint, ListenersByLoop& out) {
  Inherited& all = inherited_sockets();
  const std::lock_guard lock(all.mutex);
  all.load();
  std::map<std::string, std::vector<int>> by_address;
  for (Inherited::Socket& socket : all.sockets) {
    if (socket.taken || socket.name != endpoint.path) continue;
    if (sd_is_socket(socket.fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
      return fail(Code::invalid, "'" + endpoint.to_string() + "' is not a listening stream socket");
    socket.taken = true;
    const int flags = fcntl(socket.fd, F_GETFL);
    fcntl(socket.fd, F_SETFL, flags | O_NONBLOCK);
    const int on = 1;
    setsockopt(socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // as our own; does nothing on a unix socket
    save_syn(socket.fd);
    by_address[name_of(socket.fd).text].push_back(socket.fd);
  }
  // Written once for each loop in the socket unit (ReusePort=yes), they spread over the loops in order.
  for (const auto& [name, sockets] : by_address) TRY(share_out(endpoint, sockets, out));
  if (by_address.empty() && !endpoint.optional)
    return fail(Code::not_found, "no inherited socket is named '" + endpoint.path +
                                     "' (FileDescriptorName= of the socket unit, LISTEN_FDNAMES)");
  return {};
}

}  // namespace

Listener::Listener(int fd, std::string name, Shared shared, std::string unlink_path, unsigned mode)
    : fd_(fd),
      name_(std::move(name)),
      shared_(shared),
      unlink_path_(std::move(unlink_path)),
      mode_(mode),
      bell_(std::make_shared<Doorbell>()) {
  bell_->fd = fd_;
  bell_->name = name_;
  struct stat there {};
  if (unlink_path_.empty() || lstat(unlink_path_.c_str(), &there) != 0) return;
  device_ = there.st_dev;
  inode_ = there.st_ino;
}

Listener::~Listener() {
  if (fd_ < 0) return;
  bell_->fd = -1;
  // While it answers, no new server takes its name; so the name goes first, and only if nobody has replaced it by hand.
  struct stat there {};
  if (shared_ == Shared::no && !unlink_path_.empty() && lstat(unlink_path_.c_str(), &there) == 0 &&
      there.st_dev == device_ && there.st_ino == inode_)
    unlink(unlink_path_.c_str());
  close(fd_);
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      shared_(other.shared_),
      unlink_path_(std::exchange(other.unlink_path_, {})),
      mode_(other.mode_),
      device_(other.device_),
      inode_(other.inode_),
      bell_(std::move(other.bell_)) {}

void Listener::leave(const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name_) == names.end()) return;
  shared_ = Shared::process;
}

Result<void> Listener::own() {
  if (shared_ != Shared::process) return {};
  shared_ = Shared::no;
  // No reason to serve nobody: whose place this is has gone.
  if (!unlink_path_.empty() && chmod(unlink_path_.c_str(), static_cast<mode_t>(mode_)) != 0)
    log::warning("mode not set", {{"address", name_}, {"error", std::strerror(errno)}});
  if (listen(fd_, kBacklog) != 0) return tl::unexpected(listen_error(name_, errno));
  return {};
}

Result<ListenersByLoop> open_listeners(const std::vector<Endpoint>& endpoints, std::size_t loops, unsigned socket_mode,
                                       Takeover* takeover) {
  ListenersByLoop out(loops);
  std::size_t next = 0;  // sockets that exist once go to the loops in turn
  for (const Endpoint& endpoint : endpoints) {
    std::uint16_t port = endpoint.port;
    switch (endpoint.kind) {
      case Endpoint::Kind::ip: TRY(listen_everywhere(endpoint, endpoint.address, port, takeover, out)); break;
      case Endpoint::Kind::any:
        TRY(listen_everywhere(endpoint, IpAddress::from_v4(0), port, takeover, out));
        if (has_ipv6()) TRY(listen_everywhere(endpoint, IpAddress(), port, takeover, out));
        break;
      case Endpoint::Kind::unix_path:
        out[next++ % loops].push_back(TRY(listen_unix(endpoint, socket_mode, takeover)));
        break;
      case Endpoint::Kind::inherited: TRY(take_inherited(endpoint, out)); break;
    }
  }
  return out;
}

Result<void> ask_for(const std::vector<Endpoint>& endpoints, Takeover& takeover) {
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.kind == Endpoint::Kind::ip) TRY(takeover.ask(name_of(endpoint.address, endpoint.port)));
    if (endpoint.kind != Endpoint::Kind::any) continue;
    TRY(takeover.ask(name_of(IpAddress::from_v4(0), endpoint.port)));
    TRY(takeover.ask(name_of(IpAddress(), endpoint.port)));
  }
  return {};
}

Result<void> own(ListenersByLoop& listeners, std::vector<OfferedSocket>& offered) {
  for (auto& of_loop : listeners) {
    for (Listener& each : of_loop) {
      TRY(each.own());
      if (!each.shared()) offered.push_back({each.name(), each.fd()});
    }
  }
  return {};
}

std::string take_syn(int connection) {
  std::string syn(256, '\0');  // two headers of IPv4 and TCP have 120 bytes at most; what is longer stays in the kernel
  socklen_t size = static_cast<socklen_t>(syn.size());
  if (getsockopt(connection, IPPROTO_TCP, TCP_SAVED_SYN, syn.data(), &size) != 0) return {};
  return syn.substr(0, size);
}

void forget_inherited() {
  Inherited& all = inherited_sockets();
  const std::lock_guard lock(all.mutex);
  all.load();
  for (const Inherited::Socket& socket : all.sockets)
    if (!socket.taken) close(socket.fd);
  all.sockets.clear();
}

}  // namespace maildrop::service
