/// sender.cc: connects, and carries bytes between a dialog and a socket until the dialog wants nothing more.
#include "smtp/sender.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/socket_address.h"

namespace maildrop::smtp {

namespace {

constexpr std::chrono::seconds kGoodbye{2};        // for the answer to QUIT: all is decided by then
constexpr std::chrono::milliseconds kLookUp{100};  // and ask whether to give up
constexpr std::size_t kSlowest = 16 * 1024;        // bytes a second that a server has to take of a message

/// What poll() says of `fd`, after a tenth of a second at most; 0: nothing.
short look(int fd, short events, Monotonic deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd one{fd, events, 0};
  const int ready = ::poll(&one, 1, static_cast<int>(std::clamp(left, left.zero(), kLookUp).count()));
  return ready > 0 ? one.revents : short{0};
}

}  // namespace

Result<void> Sender::connect() {
  Error last{Code::invalid, "nowhere to connect to"};
  for (const Endpoint& endpoint : options_.to) {
    const auto done = connect_to(endpoint);
    if (done) return {};
    last = {done.error().code, "cannot connect to '" + endpoint.to_string() + "': " + done.error().what};
  }
  return tl::unexpected(last);
}

Result<void> Sender::connect_to(const Endpoint& endpoint) {
  const SocketAddress address = TRY(socket_address(endpoint));
  const int family = address.family();
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail(Code::unavailable, std::strerror(errno));
  const int on = 1;
  if (family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
  if (::connect(socket.get(), address.get(), address.size) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return fail(Code::unavailable, std::strerror(errno));
    while (look(socket.get(), POLLOUT, deadline) == 0) {
      if (options_.give_up && options_.give_up()) return fail(Code::unavailable, "interrupted");
      if (std::chrono::steady_clock::now() >= deadline) return fail(Code::timed_out, "no answer in time");
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(Code::unavailable, std::strerror(error));
  }
  socket_ = std::move(socket);
  return {};
}

std::optional<Outcome> Sender::open(ClientOptions dialog) {
  connected_ = false;
  if (const auto done = connect(); !done) return Outcome{Fate::lost, done.error().what};
  connected_ = true;
  dialog_.emplace(std::move(dialog));
  run();
  if (dialog_->state() == ClientDialog::State::ready) return std::nullopt;
  const Outcome why = dialog_->ending();
  close();
  return why;
}

std::vector<Outcome> Sender::send(ClientMessage message) {
  dialog_->begin(std::move(message));
  for (Monotonic until = deadline();;) {
    if (auto outcomes = dialog_->take_outcomes()) return std::move(*outcomes);
    const auto heard = dialog_->replies();
    step(until);
    if (dialog_->replies() != heard) until = deadline();
  }
}

bool Sender::is_open() {
  if (!dialog_) return false;
  read();
  run();
  if (dialog_->state() == ClientDialog::State::ready) return true;
  close();
  return false;
}

void Sender::close() {
  if (dialog_ && dialog_->state() == ClientDialog::State::ready) {
    dialog_->quit();
    for (const Monotonic until = std::chrono::steady_clock::now() + kGoodbye;
         dialog_->state() == ClientDialog::State::busy;)
      step(until);
  }
  dialog_.reset();
  socket_ = FileDescriptor();
}

/// For the next reply.
Monotonic Sender::deadline() const {
  const auto writing = std::chrono::seconds(dialog_->unsent() / kSlowest);
  return std::chrono::steady_clock::now() + options_.timeout + writing;
}

/// Until the dialog is ready or has ended.
void Sender::run() {
  for (Monotonic until = deadline(); dialog_->state() == ClientDialog::State::busy;) {
    const auto heard = dialog_->replies();
    step(until);
    if (dialog_->replies() != heard) until = deadline();
  }
}

void Sender::step(Monotonic deadline) {
  if (options_.give_up && options_.give_up()) return dialog_->lost("interrupted");
  if (std::chrono::steady_clock::now() >= deadline) return dialog_->lost("no answer in time");
  if (const std::string_view out = dialog_->output(); !out.empty()) write(out);
  if (dialog_->state() == ClientDialog::State::ended) return;
  const auto wanted = static_cast<short>(POLLIN | (dialog_->output().empty() ? 0 : POLLOUT));
  if (look(socket_.get(), wanted, deadline) & (POLLIN | POLLHUP | POLLERR)) read();
}

void Sender::read() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (n > 0) return dialog_->consume({buffer.data(), static_cast<std::size_t>(n)});
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  dialog_->lost(n == 0 ? "the server hung up" : std::string("connection lost: ") + std::strerror(errno));
}

void Sender::write(std::string_view bytes) {
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n > 0) return dialog_->wrote(static_cast<std::size_t>(n));
  if (errno == EAGAIN || errno == EINTR) return;
  const std::string why = std::string("connection lost: ") + std::strerror(errno);
  read();  // its last words
  dialog_->lost(why);
}

}  // namespace maildrop::smtp
