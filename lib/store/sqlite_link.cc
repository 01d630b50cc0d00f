/// sqlite_link.cc: a poll loop over a few clients, and the client's side.
#include "store/sqlite_link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/file_error.h"
#include "core/text.h"

namespace maildrop::store::sqlite {

namespace {

using Steady = std::chrono::steady_clock;

/// An address of a socket in the file system. One too long for sun_path (107 bytes) goes by way of its folder's
/// descriptor, which is open as long as the address lives.
struct Address {
  sockaddr_un name{};
  FileDescriptor folder;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

Result<Address> address_of(const std::string& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::string text = path + ".sock";
  if (text.size() >= sizeof address.name.sun_path) {
    const std::size_t slash = text.rfind('/');
    address.folder = FileDescriptor(::open(text.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    text = "/proc/self/fd/" + std::to_string(address.folder.get()) + text.substr(slash);
  }
  if (text.size() >= sizeof address.name.sun_path) {
    return fail(Code::invalid, "the name of '" + path + "' is too long for a control socket beside it");
  }
  std::memcpy(address.name.sun_path, text.data(), text.size());
  return address;
}

Error link_error(std::string_view doing, const std::string& path) {
  const int number = errno;  // before anything else can change it
  return file_error(doing, path + ".sock", number);
}

std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// Waits for events until the deadline; false when it has passed.
bool wait_for(int fd, short events, Steady::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (left <= 0) return false;
    pollfd one{fd, events, 0};
    const int n = ::poll(&one, 1, static_cast<int>(left));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

/// With its newline.
std::string error_line(const Error& error) {
  std::string text = "error " + std::string(to_string(error.code)) + " " + error.what;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return text.substr(0, kLine - 2) + "\n";
}

}  // namespace

Result<std::unique_ptr<LinkServer>> LinkServer::start(const std::string& path, LinkActions actions) {
  const Address address = TRY(address_of(path));
  std::unique_ptr<LinkServer> server(new LinkServer);
  server->path_ = path;
  server->actions_ = std::move(actions);
  server->listener_ = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  server->stop_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const int fd = server->listener_.get();
  ::unlink(address.name.sun_path);
  // The mode of the unbound socket is the mode of its name: no moment in which others could connect.
  if (!server->listener_ || !server->stop_ || ::fchmod(fd, 0600) != 0 ||
      ::bind(fd, address.get(), sizeof address.name) != 0 || ::listen(fd, static_cast<int>(kLinkClients)) != 0) {
    return tl::unexpected(link_error("listen on", path));
  }
  server->thread_ = std::thread([self = server.get()] { self->loop(); });
  return server;
}

LinkServer::~LinkServer() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
  if (const auto address = address_of(path_)) ::unlink(address->name.sun_path);
}

void LinkServer::loop() {
  for (;;) {
    try {
      if (!turn()) return;
    } catch (const std::exception&) {  // out of memory: who is there is told by the end of his connection
      clients_.clear();
      pause();
    }
  }
}

/// Waits for something to do, and does it. false: it is time to stop.
bool LinkServer::turn() {
  std::vector<pollfd> polls{{stop_.get(), POLLIN, 0}};
  const bool room = clients_.size() < kLinkClients;
  polls.push_back({room ? listener_.get() : -1, POLLIN, 0});
  Steady::time_point deadline = Steady::time_point::max();
  for (const Client& client : clients_) {
    polls.push_back({client.socket.get(), POLLIN, 0});
    deadline = std::min(deadline, client.deadline);
  }
  int wait = -1;
  if (!clients_.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    wait = static_cast<int>(std::max<std::int64_t>(left, 0));
  }
  if (::poll(polls.data(), polls.size(), wait) < 0 && errno != EINTR) return false;
  if (polls[0].revents != 0) return false;
  const Steady::time_point now = Steady::now();
  for (std::size_t i = clients_.size(); i-- > 0;) {
    const bool alive = polls[i + 2].revents == 0 ? now < clients_[i].deadline : serve(clients_[i]);
    if (!alive) clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (polls[1].revents != 0) take_client();
  return true;
}

/// A moment without work, so that trying again is no loop at full speed.
void LinkServer::pause() const {
  pollfd stop{stop_.get(), POLLIN, 0};
  ::poll(&stop, 1, 100);
}

void LinkServer::take_client() {
  FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket) {
    clients_.push_back({std::move(socket), {}, Steady::now() + kLinkPatience});
    return;
  }
  // Out of descriptors: the connection stays in the queue, and poll would say so again at once.
  if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) pause();
}

/// Reads what is there and answers each whole line. false: the client is done, or breaks the rules.
bool LinkServer::serve(Client& client) {
  char buffer[kLine];
  const ssize_t n = ::recv(client.socket.get(), buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  client.in.append(buffer, static_cast<std::size_t>(n));
  for (std::size_t end = client.in.find('\n'); end != std::string::npos; end = client.in.find('\n')) {
    const bool in_batch = client.expected > 0;
    const Result<std::optional<std::size_t>> result = take_line(client, std::string_view(client.in).substr(0, end));
    client.in.erase(0, end + 1);
    client.deadline = Steady::now() + kLinkPatience;
    if (result && !*result) continue;
    const std::string reply = result ? "ok " + std::to_string(**result) + "\n" : error_line(result.error());
    // An answer fits into the socket's buffer, unless the client does not read them.
    if (::send(client.socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(reply.size())) {
      return false;
    }
    if (in_batch && client.expected > 0) return false;  // what follows is no command
  }
  return client.in.size() < kLine;
}

/// What the line is answered with; nothing: more lines belong to it.
Result<std::optional<std::size_t>> LinkServer::take_line(Client& client, std::string_view line) const {
  if (client.expected > 0) {
    const std::string name = TRY(from_hex(next_word(line)));
    MessageId id = TRY(MessageId::parse(next_word(line)));
    client.spots.push_back({mail::Inbox::trusted(name), std::move(id), std::string(line)});
    if (--client.expected > 0) return std::optional<std::size_t>();
    const std::vector<Spot> spots = std::exchange(client.spots, {});
    return TRY(actions_.remove_all(spots));
  }
  const std::string_view command = next_word(line);
  if (command == "removeall" && actions_.remove_all) {
    std::size_t lines = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), lines);
    if (error != std::errc() || end != line.data() + line.size() || lines == 0 || lines > kMostSpots)
      return fail(Code::invalid, "not a number of messages");
    client.expected = lines;
    return std::optional<std::size_t>();
  }
  if (command == "scrub" && line.empty() && actions_.scrub) return std::size_t{TRY(actions_.scrub())};
  if (command != "remove") return fail(Code::invalid, "unknown command");
  const std::string name = TRY(from_hex(next_word(line)));
  const MessageId id = TRY(MessageId::parse(next_word(line)));
  if (!line.empty()) return fail(Code::invalid, "too many words");
  return std::size_t{TRY(actions_.remove(mail::Inbox::trusted(name), id))};
}

namespace {

/// not_found when there is nobody behind the name.
Result<FileDescriptor> connect_to(const std::string& path) {
  const Address address = TRY(address_of(path));
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return tl::unexpected(link_error("reach", path));
  const Steady::time_point deadline = Steady::now() + kLinkPatience;
  // EAGAIN: its queue is full. There is nothing to poll for, so try again.
  while (::connect(socket.get(), address.get(), sizeof address.name) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return fail(Code::not_found, "no writer at '" + path + ".sock'");
    if ((errno != EAGAIN && errno != EINTR) || Steady::now() >= deadline) {
      return tl::unexpected(link_error("reach the writer at", path));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return socket;
}

/// One answer to `lines`.
Result<std::string> ask(const std::string& path, std::string_view lines) {
  const FileDescriptor socket = TRY(connect_to(path));
  const Steady::time_point deadline = Steady::now() + kLinkPatience;
  while (!lines.empty()) {
    const ssize_t n = ::send(socket.get(), lines.data(), lines.size(), MSG_NOSIGNAL);
    if (n > 0) lines.remove_prefix(static_cast<std::size_t>(n));
    if (n >= 0 || errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) break;  // it may have said why
    if (errno != EAGAIN) return tl::unexpected(link_error("ask the writer at", path));
    if (!wait_for(socket.get(), POLLOUT, deadline)) return fail(Code::timed_out, "the writer does not listen");
  }
  std::string reply;
  while (reply.find('\n') == std::string::npos && reply.size() < kLine) {
    if (!wait_for(socket.get(), POLLIN, deadline)) return fail(Code::timed_out, "the writer did not answer in time");
    char buffer[kLine];
    const ssize_t n = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (n == 0) return fail(Code::unavailable, "the writer went away before it answered");
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      return tl::unexpected(link_error("hear the writer at", path));
    }
    if (n > 0) reply.append(buffer, static_cast<std::size_t>(n));
  }
  return reply.substr(0, reply.find('\n'));
}

}  // namespace

bool can_ask_for(const mail::Inbox& inbox, const MessageId& id) {
  constexpr std::size_t kRest = 64;  // `remove `, the id, the newline
  return !inbox.name().empty() && 2 * inbox.name().size() + kRest <= kLine && MessageId::parse(id.text());
}

namespace {

/// The number behind `ok`, at most `most`; or the error, the writer's too.
Result<std::size_t> number_in(const Result<std::string>& answer, std::size_t most) {
  const std::string reply = TRY(answer);
  std::string_view rest = reply;
  const std::string_view word = next_word(rest);
  std::size_t number = 0;
  const char* last = rest.data() + rest.size();
  const auto [end, error] = std::from_chars(rest.data(), last, number);
  if (word == "ok" && error == std::errc() && end == last && number <= most) return number;
  const std::string_view code = next_word(rest);
  for (const Code known : kAllCodes) {
    // not_found is ours to say: it means that there is no writer.
    if (word == "error" && code == to_string(known) && known != Code::not_found) return fail(known, std::string(rest));
  }
  return fail(Code::internal, "the writer answered '" + reply + "'");
}

}  // namespace

Result<bool> ask_remove(const std::string& path, const mail::Inbox& inbox, const MessageId& id) {
  return TRY(number_in(ask(path, "remove " + to_hex(inbox.name()) + " " + id.text() + "\n"), 1)) == 1;
}

Result<std::size_t> ask_remove_all(const std::string& path, std::span<const Spot> spots) {
  std::string lines = "removeall " + std::to_string(spots.size()) + "\n";
  for (const Spot& spot : spots) lines += to_hex(spot.inbox.name()) + " " + spot.id.text() + " " + spot.key + "\n";
  return number_in(ask(path, lines), spots.size());
}

Result<bool> ask_scrub(const std::string& path) { return TRY(number_in(ask(path, "scrub\n"), 1)) == 1; }

}  // namespace maildrop::store::sqlite
