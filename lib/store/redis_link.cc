/// redis_link.cc: hiredis connects, reads and parses. Not in its blocking mode, whose time limit is for each read() and
/// not for the whole. It does not send: its calls with a format overflow at a stray `%` (0.14.1, issue 957), and after
/// each write(2) it moves all that is left, which takes 2 s for 100 MB.
#include "store/redis_link.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace maildrop::store::redis {

namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply converted(const redisReply& from) {
  Reply reply;
  reply.number = from.integer;
  if (from.str) reply.text.assign(from.str, static_cast<std::size_t>(from.len));
  switch (from.type) {
    case REDIS_REPLY_INTEGER: reply.kind = Reply::Kind::number; break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS: reply.kind = Reply::Kind::text; break;
    case REDIS_REPLY_ERROR: reply.kind = Reply::Kind::error; break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::list;
      reply.list.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) reply.list.push_back(converted(*from.element[i]));
      break;
    default: break;
  }
  return reply;
}

}  // namespace

std::int64_t Reply::as_number() const {
  std::int64_t value = number;
  if (kind == Kind::text) std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view Reply::error_word() const {
  return kind == Kind::error ? std::string_view(text).substr(0, text.find(' ')) : std::string_view();
}

Error error_of(const Reply& reply, const Place& from) {
  const Code code = reply.error_word() == "OOM" ? Code::over_limit : Code::unavailable;
  return Error{code, "redis at " + to_string(from) + ": " + reply.text};
}

void Link::Free::operator()(redisContext* context) const { redisFree(context); }

Link::Link(std::unique_ptr<redisContext, Free> context, Place place)
    : context_(std::move(context)), place_(std::move(place)) {}
Link::Link(Link&&) noexcept = default;
Link& Link::operator=(Link&&) noexcept = default;
Link::~Link() = default;

Result<Link> Link::open(const Place& place, const Login& login, Steady::time_point deadline) {
  Link link(std::unique_ptr<redisContext, Free>(place.port == 0 ? redisConnectUnixNonBlock(place.host.c_str())
                                                                : redisConnectNonBlock(place.host.c_str(), place.port)),
            place);
  if (!link.context_) return tl::unexpected(link.failed("out of memory"));
  if (link.context_->err != 0) return tl::unexpected(link.failed(link.context_->errstr));
  TRY(link.wait(POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(link.context_->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return tl::unexpected(link.failed(std::strerror(error)));
  if (!login.username.empty()) {
    link.add({"AUTH", login.username, login.password});
  } else if (!login.password.empty()) {
    link.add({"AUTH", login.password});
  }
  const std::string database = std::to_string(login.database);
  if (login.database != 0) link.add({"SELECT", database});
  link.add({"PING"});
  std::vector<Reply> replies;
  TRY(link.exchange(deadline, replies));
  // A server that refuses writes refuses PING, too, and can be read all the same.
  for (const Reply& reply : replies)
    if (reply.is(Reply::Kind::error) && !reply.text.starts_with("MISCONF"))
      return tl::unexpected(error_of(reply, place));
  return link;
}

void Link::add(std::span<const std::string_view> words) {
  const auto head = [this](char kind, std::size_t number) {
    output_.append(1, kind).append(std::to_string(number)).append("\r\n");
  };
  head('*', words.size());
  for (const std::string_view word : words) {
    head('$', word.size());
    output_.append(word).append("\r\n");
  }
  ++waiting_;
}

/// A server that answers while it is still being sent to must be heard, or both wait.
Result<void> Link::send_all(Steady::time_point deadline) {
  std::size_t sent = 0;
  while (sent < output_.size()) {
    const ssize_t n = ::send(context_->fd, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return tl::unexpected(failed(last_words(errno)));
    TRY(wait(POLLOUT | POLLIN, deadline));
    TRY(read());
  }
  std::string().swap(output_);
  return {};
}

Result<void> Link::exchange(Steady::time_point deadline, std::vector<Reply>& replies) {
  TRY(send_all(deadline));
  while (waiting_ != 0) {
    if (Reply reply; TRY(take(reply))) {
      --waiting_;
      replies.push_back(std::move(reply));
      continue;
    }
    TRY(wait(POLLIN, deadline));
    TRY(read());
  }
  return {};
}

Result<Reply> Link::ask(std::initializer_list<std::string_view> words, Steady::time_point deadline) {
  std::vector<Reply> replies;
  add(words);
  TRY(exchange(deadline, replies));
  if (replies.front().is(Reply::Kind::error)) return tl::unexpected(error_of(replies.front(), place_));
  return std::move(replies.front());
}

int Link::descriptor() const { return context_->fd; }

bool Link::is_idle() const {
  pollfd one{context_->fd, POLLIN, 0};
  return waiting_ == 0 && ::poll(&one, 1, 0) == 0;
}

Result<bool> Link::next(Steady::time_point deadline, Reply& reply) {
  while (!TRY(take(reply))) {
    if (const Result<void> there = wait(POLLIN, deadline); !there) {
      if (Steady::now() < deadline) return tl::unexpected(there.error());
      failure_.clear();  // that nothing came is none
      return false;
    }
    TRY(read());
  }
  return true;
}

/// false: none is whole yet.
Result<bool> Link::take(Reply& reply) {
  void* raw = nullptr;
  if (redisReaderGetReply(context_->reader, &raw) != REDIS_OK) return tl::unexpected(failed(context_->reader->errstr));
  if (!raw) return false;
  const std::unique_ptr<redisReply, FreeReply> whole(static_cast<redisReply*>(raw));
  reply = converted(*whole);
  return true;
}

Result<void> Link::read() {
  if (redisBufferRead(context_.get()) == REDIS_OK) return {};
  return tl::unexpected(failed(context_->errstr));
}

/// Why the server hung up, if it said so: that it has too many clients, say.
std::string Link::last_words(int error) const {
  char text[256];
  const ssize_t n = ::recv(context_->fd, text, sizeof text, MSG_DONTWAIT);
  const std::string_view said(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  return said.starts_with('-') ? std::string(said.substr(1, said.find('\r') - 1)) : std::strerror(error);
}

Result<void> Link::wait(short events, Steady::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    pollfd one{context_->fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return tl::unexpected(failed(std::strerror(errno)));
    if (left <= 0) return tl::unexpected(failed("no answer in time"));
  }
}

Error Link::failed(std::string_view what) {
  failure_ = "redis at " + to_string(place_) + ": " + std::string(what);
  return Error{Code::unavailable, failure_};
}

}  // namespace maildrop::store::redis
