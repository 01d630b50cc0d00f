/// service_client.cc: pools of connections, and who waits for one.
#include "service/service_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "core/shares.h"
#include "core/socket_address.h"

namespace maildrop::service {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
using Protocol = asio::generic::stream_protocol;
using Socket = asio::basic_stream_socket<Protocol, Executor>;

Protocol::endpoint place_of(const Endpoint& endpoint) {
  const SocketAddress address = socket_address(endpoint).value();  // Endpoint::parse() takes no path that is too long
  return {address.get(), address.size};
}

constexpr std::chrono::milliseconds kFullBacklog{10};  // until the next try of one that was full

tl::unexpected<Error> unavailable(const std::string& what, const error_code& error) {
  return fail(Code::unavailable, what + ": " + error.message());
}

class Connection;

/// A request, until it is answered or nobody waits for it.
struct Job {
  Job(const Executor& executor, std::shared_ptr<const Request> r, const std::string* t, const IpAddress& s,
      ServiceClient::Done d)
      : request(std::move(r)), text(t ? t : &kNone), source(s), done(std::move(d)), timer(executor) {}

  inline static const std::string kNone;
  std::shared_ptr<const Request> request;
  const std::string* text;
  IpAddress source;
  ServiceClient::Done done;
  Timer timer;
  std::shared_ptr<Connection> connection{};
  bool begun = false;
};

/// What becomes of connections, and of the jobs they had.
class Pool {
 public:
  virtual ~Pool() = default;
  virtual void answered(const std::shared_ptr<Connection>& connection, Result<Answer> answer, bool again) = 0;
  /// It is gone; what it was about may be tried on another one.
  virtual void lost(const std::shared_ptr<Connection>& connection, Result<Answer> why, bool try_again) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const Executor& executor, std::weak_ptr<Pool> pool)
      : socket_(executor), retry_(executor), pool_(std::move(pool)) {}

  void open(const Endpoint& endpoint, std::shared_ptr<Job> job, const AnswerLimits& limits) {
    take(std::move(job), limits);
    if (endpoint.kind == Endpoint::Kind::unix_path)
      return connect_later(place_of(endpoint), std::chrono::milliseconds(0));
    socket_.async_connect(place_of(endpoint), [self = shared_from_this()](error_code error) {
      error_code ignored;
      if (!error) self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
      self->connected(error);
    });
  }

  /// Another one, after an answer.
  void go_on(std::shared_ptr<Job> job, const AnswerLimits& limits) {
    used_ = true;
    take(std::move(job), limits);
    write();
  }

  void close() {
    job_.reset();
    pool_.reset();
    retry_.cancel();
    error_code ignored;
    const std::string_view farewell = exchange_ ? exchange_->farewell() : std::string_view();
    if (written_ && !farewell.empty()) {
      socket_.non_blocking(true, ignored);
      socket_.write_some(asio::buffer(farewell.data(), farewell.size()), ignored);
    }
    socket_.close(ignored);
  }

  std::shared_ptr<Job> release() { return std::exchange(job_, nullptr); }

 private:
  void connect_later(const Protocol::endpoint& to, std::chrono::milliseconds pause) {
    retry_.expires_after(pause);
    retry_.async_wait([self = shared_from_this(), to](error_code) { self->connect_local(to); });
  }

  /// EAGAIN: as many as it accepts wait already (unix(7)). Asio takes that for a connection that is on its way.
  void connect_local(const Protocol::endpoint& to) {
    if (!job_) return;
    error_code error;
    if (!socket_.is_open()) socket_.open(to.protocol(), error);
    if (!error) socket_.native_non_blocking(true, error);
    if (error) return connected(error);
    const int failed = ::connect(socket_.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
    if (failed != 0 && errno == EAGAIN) return connect_later(to, kFullBacklog);
    connected(failed == 0 ? error_code() : error_code(errno, boost::system::system_category()));
  }

  void connected(const error_code& error) {
    if (!job_) return;
    if (error) return lose(unavailable("cannot connect", error));
    write();
    read();
  }

  /// What can fail comes first.
  void take(std::shared_ptr<Job> job, const AnswerLimits& limits) {
    exchange_ = make_exchange(*job->request, *job->text, limits);
    job_ = std::move(job);
    request_ = job_->request;
    written_ = false;
  }

  /// What is written is in the exchange, which stays, as the request does, until the next job.
  void write() {
    const Result<std::string_view> piece = exchange_->next();
    if (!piece) return lose(tl::unexpected(piece.error()));
    written_ = piece->empty();
    if (written_) return;
    asio::async_write(socket_, asio::buffer(piece->data(), piece->size()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!self->job_) return;
                        // Who refuses a request may do so before he has read it: the reader hears that first.
                        if (!error) self->write();
                      });
  }

  /// One is always under way, so that it is known when a connection that waits for its next request is closed.
  void read() {
    socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](error_code error, std::size_t size) {
      self->hear(error, std::string_view(self->input_.data(), size));
    });
  }

  void hear(const error_code& error, std::string_view bytes) {
    if (pool_.expired()) return;
    if (!job_) return lose(fail(Code::unavailable, "nobody asked"));
    const auto want = error ? exchange_->end() : exchange_->consume(bytes);
    if (!want) return lose(tl::unexpected(want.error()));
    if (*want == Exchange::Want::more) {
      if (written_) write();
      return read();
    }
    const bool again = !error && written_ && exchange_->keeps_alive();
    if (again) read();
    if (const auto pool = pool_.lock()) pool->answered(shared_from_this(), exchange_->take(), again);
  }

  void lose(Result<Answer> why) {
    if (const auto pool = pool_.lock()) pool->lost(shared_from_this(), std::move(why), used_ && exchange_->is_blank());
  }

  Socket socket_;
  Timer retry_;
  std::weak_ptr<Pool> pool_;
  std::shared_ptr<Job> job_;
  std::shared_ptr<const Request> request_;  // of the exchange
  std::unique_ptr<Exchange> exchange_;
  bool used_ = false;     // it had an answer before
  bool written_ = false;  // all that the exchange has to say now
  std::array<char, 4096> input_{};
};

/// Those to one endpoint.
class EndpointPool final : public Pool, public std::enable_shared_from_this<EndpointPool> {
 public:
  EndpointPool(const Executor& executor, Endpoint endpoint, const ServiceClient::Limits& limits)
      : executor_(executor),
        endpoint_(std::move(endpoint)),
        limits_(limits),
        connections_(limits.connections),
        places_(limits.waiting) {}

  /// false: too many wait.
  bool add(const std::shared_ptr<Job>& job) {
    if (!places_.admits(job->source)) return false;
    places_.take(job->source);
    waiting_.push_back(job);
    pump();
    return true;
  }

  void cancel(const std::shared_ptr<Job>& job) {
    job->done = nullptr;
    job->timer.cancel();
    if (std::erase(waiting_, job) != 0) places_.give_back(job->source);
    if (const auto connection = leave(job)) drop(connection);
    pump();
  }

  void answered(const std::shared_ptr<Connection>& connection, Result<Answer> answer, bool again) override {
    const std::shared_ptr<Job> job = connection->release();
    leave(job);
    again ? idle_.push_back(connection) : drop(connection);
    end(job, std::move(answer));
  }

  void lost(const std::shared_ptr<Connection>& connection, Result<Answer> why, bool try_again) override {
    const std::shared_ptr<Job> job = connection->release();
    drop(connection);
    if (!job) return pump();
    leave(job);
    if (try_again) return open(job);
    end(job, std::move(why));
  }

  void end(const std::shared_ptr<Job>& job, Result<Answer> answer) {
    const ServiceClient::Done done = std::exchange(job->done, nullptr);
    cancel(job);
    if (done) done(std::move(answer));
  }

  void close() {
    while (!waiting_.empty()) cancel(waiting_.back());
    while (!open_.empty()) drop(open_.back());
  }

 private:
  /// Of those who wait the first whose source may have one more. Also when a call goes, so nothing is thrown.
  void pump() noexcept {
    for (;;) {
      const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                     [&](const auto& job) { return connections_.admits(job->source); });
      if (next == waiting_.end()) return;
      const std::shared_ptr<Job> job = *next;
      waiting_.erase(next);
      places_.give_back(job->source);
      try {
        idle_.empty() ? open(job) : go_on(job);
      } catch (const std::exception&) {  // out of memory: his deadline ends it, and the others wait for their turn
        return;
      }
    }
  }

  void open(const std::shared_ptr<Job>& job) {
    const auto connection = std::make_shared<Connection>(executor_, weak_from_this());
    open_.push_back(connection);
    begin(job, connection, [&] { connection->open(endpoint_, job, limits_.answer); });
  }

  void go_on(const std::shared_ptr<Job>& job) {
    const std::shared_ptr<Connection> connection = idle_.back();  // the others may end for want of use
    idle_.pop_back();
    begin(job, connection, [&] { connection->go_on(job, limits_.answer); });
  }

  /// Where it throws the connection is gone, and the job has none.
  template <class Work>
  void begin(const std::shared_ptr<Job>& job, const std::shared_ptr<Connection>& connection, const Work& work) {
    try {
      enter(job, connection);
      work();
    } catch (...) {
      leave(job);
      drop(connection);
      throw;
    }
  }

  void enter(const std::shared_ptr<Job>& job, std::shared_ptr<Connection> connection) {
    connections_.take(job->source);
    job->connection = std::move(connection);
    job->begun = true;
  }
  std::shared_ptr<Connection> leave(const std::shared_ptr<Job>& job) {
    if (job->connection) connections_.give_back(job->source);
    return std::exchange(job->connection, nullptr);
  }

  void drop(const std::shared_ptr<Connection>& connection) {
    const std::shared_ptr<Connection> kept = connection;
    std::erase(open_, kept);
    std::erase(idle_, kept);
    kept->close();
  }

  Executor executor_;
  Endpoint endpoint_;
  ServiceClient::Limits limits_;
  Shares connections_;  // those that are not idle
  Shares places_;       // in waiting_
  std::vector<std::shared_ptr<Connection>> open_;
  std::vector<std::shared_ptr<Connection>> idle_;  // of these
  std::deque<std::shared_ptr<Job>> waiting_;
};

}  // namespace

struct ServiceClient::State {
  State(Executor e, const Limits& l) : executor(std::move(e)), limits(l) {}

  EndpointPool& pool_of(const Endpoint& endpoint) {
    std::shared_ptr<EndpointPool>& pool = pools[endpoint.to_string()];
    if (!pool) pool = std::make_shared<EndpointPool>(executor, endpoint, limits);
    return *pool;
  }

  Executor executor;
  Limits limits;
  std::map<std::string, std::shared_ptr<EndpointPool>> pools;  // as few as configurations have named
};

ServiceClient::ServiceClient(asio::io_context& loop, const Limits& limits)
    : state_(std::make_shared<State>(loop.get_executor(), limits)) {}

ServiceClient::~ServiceClient() {
  for (const auto& [name, pool] : state_->pools) pool->close();
}

ServiceCall ServiceClient::ask(std::shared_ptr<const Request> request, const std::string* text, const IpAddress& source,
                               Monotonic until, Done done) {
  EndpointPool& pool = state_->pool_of(endpoint_of(*request));
  const auto job = std::make_shared<Job>(state_->executor, std::move(request), text, source, std::move(done));
  const auto end = [weak = pool.weak_from_this(), late = std::weak_ptr(job)](Error why) {
    const auto to = weak.lock();
    const auto whose = late.lock();
    if (to && whose) to->end(whose, tl::unexpected(std::move(why)));
  };
  ServiceCall call(  // from here on: where something throws, nobody is left who would be told
      [weak = pool.weak_from_this(), job] {
        if (const auto to = weak.lock()) to->cancel(job);
      },
      {job, &job->begun});
  job->timer.expires_at(until);
  job->timer.async_wait([end, late = std::weak_ptr(job)](error_code error) {
    const auto whose = late.lock();
    if (error || !whose) return;
    whose->begun ? end({Code::timed_out, "no answer in time"})
                 : end({Code::over_limit, "no connection was free in time"});
  });
  if (!pool.add(job))
    asio::post(state_->executor, [end] { end({Code::over_limit, "too many requests wait for an answer"}); });
  return call;
}

}  // namespace maildrop::service
