/// introduction.cc: peeks until the header is whole, so that not one byte behind it is taken.
#include "smtp/introduction.h"

#include <cerrno>

namespace maildrop::smtp {

Introduction::Introduction(LoopState& loop, FileDescriptor socket)
    : loop_(loop),
      socket_(loop.poller, std::move(socket)),
      deadline_(loop.clock.monotonic() + loop.policy->config.proxy.timeout) {
  place_ = loop_.introductions.insert(loop_.introductions.end(), this);
}

Introduction::~Introduction() {
  loop_.introductions.erase(place_);
  loop_.left(IpAddress());
}

boost::asio::awaitable<ProxyHeader, LoopExecutor> Introduction::read() {
  for (;;) {
    co_await socket_.readable();
    ProxyHeader header;
    if (loop_.draining) co_return header;
    if (expired_) {
      header.status = ProxyHeader::Status::no_header;
      co_return header;
    }
    const ssize_t n = socket_.peek(std::span(loop_.buffer).first(kMaxProxyHeader));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) co_return header;
    header = parse_proxy_header({loop_.buffer.data(), static_cast<std::size_t>(n)});
    if (header.status == ProxyHeader::Status::more && !socket_.ended()) continue;
    if (header.status == ProxyHeader::Status::done) {
      [[maybe_unused]] const ssize_t taken = socket_.recv(std::span(loop_.buffer).first(header.size));
    }
    co_return header;
  }
}

void Introduction::sweep() {
  if (loop_.now < deadline_ || expired_) return;
  expired_ = true;
  socket_.cancel();
}

void Introduction::drain() { socket_.cancel(); }

}  // namespace maildrop::smtp
