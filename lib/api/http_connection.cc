/// http_connection.cc: what carries requests and answers. Every wait has a deadline, set once when it begins.
#include "api/http_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

#include "api/answer.h"
#include "api/http_head.h"
#include "core/log.h"
#include "core/random.h"

namespace maildrop::api {

namespace {

namespace asio = boost::asio;

constexpr Millis kLingerTime{1000};              // for a refused client to read why
constexpr Millis kFirstRequest{1000};            // for one who came just before a drain
constexpr std::size_t kLingerSize = 256 * 1024;  // bytes thrown away meanwhile
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// What goes out without waiting; `buffers` are what is left then. true: nothing is.
bool send_now(int fd, std::array<asio::const_buffer, 3>& buffers) {
  std::array<iovec, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  auto left = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));  // of an error the next try hears again
  for (asio::const_buffer& each : buffers) {
    const std::size_t part = std::min(left, each.size());
    each += part;
    left -= part;
  }
  return asio::buffer_size(buffers) == 0;
}

/// The log hears of refusals for their rate once in a while, and of one that was refused. Which inbox somebody looks
/// into stays out of it.
void tell(const IpAddress& client, const Rates::Answer& rate) {
  log::info("http_rate_limited",
            {{"peer", client.to_string()}, {"of", name_of(rate.of)}, {"limit", rate.limit}, {"refused", rate.to_tell}});
}

}  // namespace

Guest::~Guest() {
  if (admission_) admission_->leave(source_);
}

Guest::Guest(Guest&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      address_(other.address_),
      source_(other.source_),
      admission_(std::exchange(other.admission_, nullptr)) {}

HttpConnection::HttpConnection(std::shared_ptr<HttpLane> lane, Guest guest, int family)
    : lane_(std::move(lane)),
      alive_(lane_->shared),
      guest_(std::move(guest)),
      budget_(lane_->shared->budget_of(guest_.source())),
      socket_(lane_->io.get_executor()),
      reader_(lane_->shared->limits()) {
  const int fd = guest_.release();
  boost::system::error_code error;
  socket_.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error) close(fd);
  lane_->add(this);
  lane_->shared->connections.add(1);
}

HttpConnection::~HttpConnection() {
  lane_->remove(this);
  lane_->shared->connections.add(-1);
}

void HttpConnection::enter(Phase phase) {
  phase_ = phase;
  const ApiSettings& settings = lane_->shared->settings;
  Millis limit{};
  switch (phase) {
    case Phase::idle: limit = lane_->shared->draining() ? kFirstRequest : settings.idle_timeout; break;
    case Phase::reading: limit = settings.request_timeout; break;
    case Phase::writing: limit = settings.write_timeout; break;
    case Phase::lingering: limit = kLingerTime; break;
    case Phase::working:
    case Phase::waiting: deadline_ = Monotonic::max(); return;  // they have their own
  }
  deadline_ = std::chrono::steady_clock::now() + limit;
}

void HttpConnection::check_deadline(Monotonic now) {
  if (now < deadline_) return;
  deadline_ = Monotonic::max();
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void HttpConnection::drain() {
  boost::system::error_code ignored;
  if (news_) news_->end();
  if (phase_ != Phase::idle) return;
  if (fresh_)
    enter(Phase::idle);
  else
    socket_.cancel(ignored);
}

Awaitable<> HttpConnection::run(std::shared_ptr<HttpConnection> connection) { co_await connection->serve(); }

Awaitable<> HttpConnection::serve() {
  while (co_await read_request()) {
    fresh_ = false;
    Then then = Then::end;
    if (again_)
      then = co_await answer_again();
    else
      then = co_await answer();
    if (then == Then::linger) co_await linger();
    if (then != Then::go_on) co_return;
  }
}

Awaitable<HttpConnection::Then> HttpConnection::answer() {
  HttpShared& shared = *lane_->shared;
  const Monotonic begun = std::chrono::steady_clock::now();
  Request asked = reader_.take();
  const IpAddress client = shared.client_of(asked, guest_.source());
  const bool brought = client != guest_.source();  // by a proxy
  asked.client = brought ? client : guest_.address();
  auto job = std::make_shared<HttpJob>(lane_, std::move(asked), brought ? shared.budget_of(client) : budget_);
  enter(Phase::working);
  const Rates::Answer rate = shared.take(job->request, job->route, client);
  Response response;
  if (rate.granted) {
    const std::optional<Repeatable> same = repeatable(*job);
    response = co_await answer_to(job, client);
    if (job->done && job->spent.to_tell > 0) tell(client, job->spent);
    if (same) keep(*same, *job, response);
  } else {
    if (rate.to_tell > 0) tell(client, rate);
    response = shared.refuse(job->request, over_rate(rate));
  }
  shared.seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  if (response.later && can_watch(shared.context, response.later->of) && job->request.method == "GET") {
    if (response.later->stream) {
      add_rate_fields(rate, response);
      co_await stream(std::move(job), std::move(response), client);
      co_return Then::end;
    }
    co_await long_poll(job, response, client);
  }
  add_rate_fields(rate, response);
  const bool keep_alive = reader_.keep_alive() && !shared.draining();
  const bool sent = co_await send(job->request, response, keep_alive);
  if (!sent) co_return Then::end;
  if (!keep_alive) co_return Then::linger;
  want_ = reader_.next();
  // Whoever sends many at once takes turns with all others of the loop: nothing else may have been waited for.
  if (want_ != HttpReader::Want::input) co_await asio::post(lane_->io, kWait);
  co_return Then::go_on;
}

/// As answer(), with what is made already: nothing of the request has gone into the reader.
Awaitable<HttpConnection::Then> HttpConnection::answer_again() {
  HttpShared& shared = *lane_->shared;
  const Monotonic begun = std::chrono::steady_clock::now();
  const std::shared_ptr<const KeptAnswer> kept = std::exchange(again_, nullptr);
  const IpAddress client = shared.client_of(kept->request, guest_.source());
  const bool brought = client != guest_.source();
  const Rates::Answer rate = shared.take(kept->request, kept->route, client);
  AnswerRoom room(shared.memory, brought ? shared.budget_of(client) : budget_);
  const bool fits = rate.granted && room.take(kept->head.size() + kept->body.size());
  bool sent = false;
  if (fits) {
    shared.repeated.add();
    shared.seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    note(&kept->request, brought ? client : guest_.address(), 200, kept->body.size());
    Response its;  // fields of its client
    add_rate_fields(rate, its);
    const std::string end = head_end(its.headers);
    sent = co_await write(kept->head, end, kept->body);
  } else {
    if (!rate.granted && rate.to_tell > 0) tell(client, rate);
    Request asked = kept->request;
    asked.client = brought ? client : guest_.address();
    Response refused = shared.refuse(asked, rate.granted ? no_room() : over_rate(rate));
    add_rate_fields(rate, refused);
    sent = co_await send(asked, refused, true);
  }
  co_return sent ? Then::go_on : Then::end;
}

/// Whether the answer may be kept, and what it goes by then. To be asked before there is an answer, and before anybody
/// else reads into the lane's buffer.
std::optional<HttpConnection::Repeatable> HttpConnection::repeatable(const HttpJob& job) const {
  if (whole_.empty() || !job.route || !job.route->keeps || job.request.method != "GET" || !reader_.keep_alive())
    return std::nullopt;
  if (!lane_->answers.has_room(whole_, job.request, 0)) return std::nullopt;
  const std::optional<AnswerState> state = lane_->shared->state();
  if (!state) return std::nullopt;
  return Repeatable{std::string(whole_), *state, std::chrono::steady_clock::now()};
}

void HttpConnection::keep(const Repeatable& same, const HttpJob& job, const Response& response) {
  if (response.status != 200 || response.later) return;
  if (!lane_->answers.has_room(same.bytes, job.request, response.body.size())) return;
  HeadOptions options;
  options.now = lane_->shared->context.clock.now();
  options.keep_alive = true;
  KeptAnswer kept{{}, job.route, response_head(response, options), response.body};
  kept.request.method = job.request.method;
  kept.request.path = job.request.path;
  kept.request.headers = job.request.headers;
  kept.head.resize(kept.head.size() - head_end({}).size());
  lane_->answers.keep(same.bytes, std::move(kept), same.state, same.asked, std::chrono::steady_clock::now());
}

/// true: a request is here. false: it is over, the client was told why if there was something to tell.
Awaitable<bool> HttpConnection::read_request() {
  enter(reader_.idle() ? Phase::idle : Phase::reading);
  while (want_ == HttpReader::Want::input || want_ == HttpReader::Want::go_ahead) {
    if (want_ == HttpReader::Want::go_ahead) {
      const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(kContinue), kWait);
      if (error) co_return false;
      want_ = HttpReader::Want::input;
    }
    const bool ready = co_await readable();
    if (!ready) {
      // Slowloris: a header or body that drips has one deadline for all of it, not one for each byte.
      const Refusal slow{408, "the request took too long"};
      if (expired_ && phase_ == Phase::reading) co_await refuse(slow);
      co_return false;
    }
    std::size_t size = 0;
    const Received received = receive(size);
    if (received == Received::end) co_return false;
    if (received == Received::nothing) continue;
    const std::string_view bytes(lane_->buffer->data(), size);
    const bool may_be_whole = phase_ == Phase::idle && !lane_->shared->draining();
    if (may_be_whole) again_ = lane_->kept(bytes);
    if (again_) co_return true;
    want_ = reader_.consume(bytes);
    // In one piece, with nothing behind it.
    whole_ = may_be_whole && want_ == HttpReader::Want::answer && reader_.has_no_more() ? bytes : std::string_view();
    if (phase_ == Phase::idle) enter(Phase::reading);
  }
  if (want_ == HttpReader::Want::close) co_await refuse(reader_.refusal());
  co_return want_ == HttpReader::Want::answer;
}

/// Waits without a buffer until there is something to read. false: an end, a deadline, or idle while draining.
Awaitable<bool> HttpConnection::readable() {
  if (expired_ || (phase_ == Phase::idle && !fresh_ && lane_->shared->draining())) co_return false;
  const auto [error] = co_await socket_.async_wait(asio::socket_base::wait_read, kWait);
  co_return !error && !expired_;
}

HttpConnection::Received HttpConnection::receive(std::size_t& size) {
  const ssize_t got = recv(socket_.native_handle(), lane_->buffer->data(), lane_->buffer->size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Received::nothing;
  if (got <= 0) return Received::end;
  size = static_cast<std::size_t>(got);
  return Received::bytes;
}

/// Nearly all answers fit into the kernel's buffer: they go out at once, and the loop has nothing to wait for.
Awaitable<bool> HttpConnection::write(std::string_view head, std::string_view more_head, std::string_view body) {
  std::array<asio::const_buffer, 3> buffers{asio::buffer(head), asio::buffer(more_head), asio::buffer(body)};
  if (send_now(socket_.native_handle(), buffers)) co_return true;
  enter(Phase::writing);
  const auto [error, size] = co_await asio::async_write(socket_, buffers, kWait);
  if (!error && !expired_) co_return true;
  // A reader that stopped: what it did not fetch must not stay in the kernel, either.
  boost::system::error_code ignored;
  if (expired_) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  co_return false;
}

Awaitable<bool> HttpConnection::send(const Request& request, const Response& response, bool keep_alive) {
  const std::string id = response.status >= 400 ? random_name(5) : std::string();
  note(&request, request.client, response.status, response.body.size(), id, response.why);
  HeadOptions options;
  options.now = lane_->shared->context.clock.now();
  options.keep_alive = keep_alive;
  options.request_id = id;
  const std::string head = response_head(response, options);
  std::string_view body = response.body;
  if (request.method == "HEAD") body = {};
  const bool sent = co_await write(head, std::string_view(), body);
  co_return sent;
}

Awaitable<> HttpConnection::refuse(Refusal why) {
  expired_ = false;  // the answer has a deadline of its own
  const Fault fault{why.status, why.phrase, std::string(why.phrase)};
  const Response response = lane_->shared->refuse(Request(), fault);
  const std::string id = random_name(5);
  note(nullptr, guest_.address(), response.status, response.body.size(), id, response.why);
  HeadOptions options;
  options.now = lane_->shared->context.clock.now();
  options.request_id = id;
  const std::string head = response_head(response, options);
  const bool sent = co_await write(head, std::string_view(), response.body);
  if (sent) co_await linger();
}

/// Closing with unread bytes resets the connection, and the client may lose the answer: so it is told that nothing more
/// comes, and has a moment to hang up first.
Awaitable<> HttpConnection::linger() {
  boost::system::error_code error;
  socket_.shutdown(asio::socket_base::shutdown_send, error);
  enter(Phase::lingering);
  for (std::size_t thrown_away = 0; !error && thrown_away < kLingerSize;) {
    const bool ready = co_await readable();
    if (!ready) break;
    std::size_t size = 0;
    if (receive(size) == Received::end) break;
    thrown_away += size;
  }
}

/// Which inbox somebody looks into stays out of the log: paths are not written.
void HttpConnection::note(const Request* request, const IpAddress& client, int status, std::size_t bytes,
                          const std::string& id, std::string_view why) {
  lane_->shared->count(status);
  log::Level level = log::Level::debug;
  if (!request || status == 403 || status == 401) level = log::Level::info;
  const Route* const of_operator =
      request && lane_->shared->context.admin ? route_of(*request, lane_->shared->context.admin) : nullptr;
  const bool acted = of_operator && of_operator->method != "GET";
  if (acted) level = log::Level::info;  // what was removed, and for whom
  if (request && status >= 500) level = log::Level::warning;
  if (!log::enabled(level)) return;
  log::write(level, request ? "http_request" : "http_refused",
             {acted ? log::Field("request", id) : log::Field::varying("request", id),
              log::Field::telling_kind(client.source().to_string()),
              acted ? log::Field("peer", client.to_string()) : log::Field::varying("peer", client.to_string()),
              log::Field::if_any("proxy", client == guest_.address() ? "" : guest_.address().to_string()),
              {"method", request ? request->method : std::string()},
              log::Field::if_any("route", of_operator ? std::string(of_operator->pattern) : std::string()),
              {"status", status},
              {"bytes", bytes},
              log::Field::if_any("error", why)});
}

}  // namespace maildrop::api
