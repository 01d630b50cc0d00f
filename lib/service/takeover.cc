/// takeover.cc: passing listening sockets from one process to the next.
#include "service/takeover.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <list>
#include <optional>
#include <span>
#include <utility>

#include "core/log.h"

namespace maildrop::service {

namespace {

constexpr std::string_view kHello = "maildrop takeover 1 ";
constexpr std::string_view kTake = "take";
constexpr std::size_t kAtOnce = 64;           // descriptors in a packet; the kernel takes 253
constexpr std::size_t kPacket = 64 * 1024;    // more than that many names of unix sockets
constexpr std::chrono::seconds kAnswer{5};    // for the one that serves to send them
constexpr std::size_t kMostSockets = 65'536;  // of the one that is asked
constexpr std::chrono::seconds kPause{1};     // after one that we do not talk to, or cannot: it may come again at once

union AbstractAddress {
  sockaddr any;
  sockaddr_un un;
};

/// The abstract name; its size is 0 where there is none: unix sockets are another mount namespace's matter.
socklen_t fill(AbstractAddress& to, std::string_view name) {
  std::memset(&to, 0, sizeof to);
  to.un.sun_family = AF_UNIX;
  const std::string text = "maildrop/" + std::string(name);
  if (name.rfind("unix:", 0) == 0 || text.size() + 1 > sizeof to.un.sun_path) return 0;
  std::memcpy(to.un.sun_path + 1, text.data(), text.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
}

/// Who is at the other end, 0 in another container; nullopt: somebody we do not talk to.
std::optional<pid_t> trusted_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid != 0 && peer.uid != geteuid()) return std::nullopt;
  return peer.pid;
}

std::string name_of_process(pid_t pid) {
  return pid > 0 ? "process " + std::to_string(pid) : "a process of another container";
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// What recvmsg and sendmsg want for up to kAtOnce descriptors.
struct Packet {
  explicit Packet(std::span<char> text) : part{text.data(), text.size()} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = space.data();
    header.msg_controllen = space.size();
  }
  iovec part;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kAtOnce * sizeof(int))> space{};
  msghdr header{};
};

bool send_sockets(int channel, std::span<const OfferedSocket> sockets, std::size_t left) {
  std::string text = std::string(kHello) + std::to_string(left) + "\n";
  std::array<int, kAtOnce> fds{};
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    text += sockets[i].name + "\n";
    fds[i] = sockets[i].fd;
  }
  Packet packet(text);
  const std::size_t bytes = sockets.size() * sizeof(int);
  packet.header.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* control = CMSG_FIRSTHDR(&packet.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(control), fds.data(), bytes);
  return sendmsg(channel, &packet.header, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

std::vector<FileDescriptor> descriptors(msghdr& header) {
  std::vector<FileDescriptor> out;
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; at + sizeof(int) <= each->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(each) + at, sizeof fd);
      out.emplace_back(fd);
    }
  }
  return out;
}

}  // namespace

// --- the one that serves ---

struct TakeoverOffer::State : std::enable_shared_from_this<State> {
  using Descriptor = boost::asio::posix::stream_descriptor;
  using Error = boost::system::error_code;

  State(boost::asio::io_context& c, std::vector<OfferedSocket> s, Handler h)
      : context(c), sockets(std::move(s)), taken(std::move(h)), pause(c) {}

  void open() {
    std::vector<std::string_view> done;  // each loop has its own socket of one name
    for (const OfferedSocket& each : sockets) {
      AbstractAddress address;
      const socklen_t size = fill(address, each.name);
      if (size == 0 || std::find(done.begin(), done.end(), each.name) != done.end()) continue;
      done.push_back(each.name);
      FileDescriptor door(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (!door || bind(door.get(), &address.any, size) != 0 || listen(door.get(), 1) != 0) {
        log::warning("no takeover", {{"address", each.name}, {"error", std::strerror(errno)}});
        continue;
      }
      wait(doors.emplace_back(context, door.release()));
    }
  }

  void wait(Descriptor& door) {
    door.async_wait(Descriptor::wait_read, [self = shared_from_this(), &door](const Error& error) {
      if (error || self->withdrawn) return;
      bool met = false;
      guarded([&] {
        met = self->meet(FileDescriptor(accept4(door.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)));
      });
      if (met) return self->wait(door);
      self->pause.expires_after(kPause);
      self->pause.async_wait([self, &door](const Error&) {  // cut short where another door pauses, too
        if (!self->withdrawn) self->wait(door);
      });
    });
  }

  template <class Work>
  static void guarded(const Work& work) {
    try {
      work();
    } catch (const std::exception& error) {  // out of memory: whoever asked sees that nothing comes
      log::error("takeover failed", {{"error", error.what()}});
    }
  }

  /// false: the next one waits.
  bool meet(FileDescriptor channel) {
    if (!channel) return false;
    if (taker) return true;  // one at a time: another one sees the end of file
    const std::optional<pid_t> who = trusted_peer(channel.get());
    if (!who) log::warning("takeover refused", {{"error", "asked by another user"}});
    if (!who) return false;
    for (std::size_t at = 0; at < sockets.size(); at += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, sockets.size() - at);
      if (!send_sockets(channel.get(), std::span(sockets).subspan(at, count), sockets.size() - at - count))
        return false;
    }
    taker.emplace(context, channel.release());
    taker->async_wait(Descriptor::wait_read,
                      [self = shared_from_this(), who = name_of_process(*who)](const Error& error) {
                        if (!error && !self->withdrawn) guarded([&] { self->hear(who); });
                      });
    return true;
  }

  void hear(const std::string& who) {
    std::vector<char> text(kPacket);
    const ssize_t got = recv(taker->native_handle(), text.data(), text.size(), 0);
    std::vector<std::string> said = lines({text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))});
    if (said.empty() || said.front() != kTake) return taker.reset();  // it has thought better of it
    said.erase(said.begin());
    log::info("taken over", {{"by", who}, {"addresses", said.size()}});
    withdraw();
    taken(said);
  }

  void withdraw() {
    withdrawn = true;
    doors.clear();
    pause.cancel();
    if (taker) taker->cancel();  // it is told by our end
  }

  boost::asio::io_context& context;
  std::vector<OfferedSocket> sockets;
  Handler taken;
  std::list<Descriptor> doors;
  boost::asio::steady_timer pause;
  std::optional<Descriptor> taker;
  bool withdrawn = false;
};

TakeoverOffer::TakeoverOffer(boost::asio::io_context& context, std::vector<OfferedSocket> sockets, Handler taken)
    : state_(std::make_shared<State>(context, std::move(sockets), std::move(taken))) {
  state_->open();
}

TakeoverOffer::~TakeoverOffer() {
  state_->withdraw();
  state_->taker.reset();
}

std::vector<std::string> TakeoverOffer::withdraw() {
  state_->withdraw();
  std::vector<std::string> given;
  if (state_->taker)
    for (const OfferedSocket& each : state_->sockets) given.push_back(each.name);
  return given;
}

// --- the one that starts ---

Result<void> Takeover::ask(const std::string& name) {
  const auto is_it = [&](const Socket& each) { return each.name == name; };
  if (std::any_of(sockets_.begin(), sockets_.end(), is_it)) return {};
  AbstractAddress address;
  const socklen_t size = fill(address, name);
  if (size == 0) return {};
  const std::string failed = "cannot take over '" + name + "': ";
  FileDescriptor channel(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  timeval patience{};
  patience.tv_sec = kAnswer.count();
  if (!channel || setsockopt(channel.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      setsockopt(channel.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
    return fail(Code::unavailable, failed + std::strerror(errno));
  if (connect(channel.get(), &address.any, size) != 0) {
    if (errno == ECONNREFUSED) return {};
    return fail(Code::unavailable, failed + std::strerror(errno));
  }
  const std::optional<pid_t> who = trusted_peer(channel.get());
  if (!who) {
    log::warning("no takeover", {{"address", name}, {"error", "it is another user's"}});
    return {};
  }
  givers_.push_back({std::move(channel), *who, {}});
  return receive(givers_.back());
}

Result<void> Takeover::receive(const Giver& giver) {
  std::vector<char> text(kPacket);
  std::size_t left = 0;
  do {
    Packet packet(text);
    const ssize_t got = recvmsg(giver.channel.get(), &packet.header, MSG_CMSG_CLOEXEC);
    if (got < 0)
      return fail(Code::unavailable,
                  name_of_process(giver.pid) + " does not give its sockets: " + std::strerror(errno));
    if (got == 0)
      return fail(Code::unavailable, name_of_process(giver.pid) + " is ending, or is being taken over already");
    std::vector<FileDescriptor> fds = descriptors(packet.header);
    const std::vector<std::string> said = lines({text.data(), static_cast<std::size_t>(got)});
    const std::string_view hello = said.empty() ? std::string_view() : said.front();
    const std::string_view count = hello.substr(std::min(kHello.size(), hello.size()));
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), left);
    if (hello.rfind(kHello, 0) != 0 || error != std::errc() || end != count.data() + count.size() ||
        fds.size() + 1 != said.size() || sockets_.size() + fds.size() + left > kMostSockets)
      return fail(Code::unavailable,
                  name_of_process(giver.pid) + " gives its sockets in another way: is it another version?");
    for (std::size_t i = 0; i < fds.size(); ++i)
      sockets_.push_back({said[i + 1], std::move(fds[i]), givers_.size() - 1});
  } while (left != 0);
  return {};
}

std::vector<pid_t> Takeover::pids() const {
  std::vector<pid_t> pids;
  for (const Giver& giver : givers_) pids.push_back(giver.pid);
  return pids;
}

std::string Takeover::from() const {
  std::string text;
  for (const Giver& giver : givers_) text += (text.empty() ? "" : ", ") + name_of_process(giver.pid);
  return text;
}

std::vector<FileDescriptor> Takeover::take(std::string_view name) {
  std::vector<FileDescriptor> out;
  for (Socket& each : sockets_) {
    if (each.name != name || !each.fd) continue;
    out.push_back(std::move(each.fd));
    std::vector<std::string>& taken = givers_[each.giver].taken;
    if (taken.empty() || taken.back() != name) taken.emplace_back(name);
  }
  return out;
}

std::vector<std::string> Takeover::left() const {
  std::vector<std::string> names;
  for (const Socket& each : sockets_)
    if (each.fd && std::find(names.begin(), names.end(), each.name) == names.end()) names.push_back(each.name);
  return names;
}

Result<void> Takeover::finish(std::chrono::milliseconds patience) {
  for (const std::string& name : left()) log::warning("takeover leaves an address unserved", {{"address", name}});
  sockets_.clear();
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const Giver& giver : std::exchange(told_, true) ? std::span<const Giver>() : std::span<const Giver>(givers_)) {
    std::string text(kTake);
    for (const std::string& name : giver.taken) text.append("\n").append(name);
    [[maybe_unused]] const ssize_t n = send(giver.channel.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  for (const Giver& giver : givers_) {
    // Whether it could be told or not: it is over with it when it has ended.
    char nothing;
    ssize_t got = -1;
    while (got != 0 && !(got < 0 && errno == ECONNRESET)) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd poll{giver.channel.get(), POLLIN, 0};
      if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) == 0)
        return fail(Code::unavailable, name_of_process(giver.pid) + " was asked to end, and is still there");
      got = recv(giver.channel.get(), &nothing, 1, MSG_DONTWAIT);
    }
  }
  givers_.clear();
  return {};
}

}  // namespace maildrop::service
