/// http_lane.h: what the connections of one server, and of one of its loops, have in common. Inside http_server only.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/answer_cache.h"
#include "api/http_check.h"
#include "api/http_memory.h"
#include "api/rates.h"
#include "api/route.h"
#include "service/admission.h"
#include "service/offload.h"

namespace maildrop::api {

using Executor = boost::asio::io_context::executor_type;
template <class T = void>
using Awaitable = boost::asio::awaitable<T, Executor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kWait{};

/// What all loops of a server share. Thread-safe. Holds nothing that belongs to a loop, so it may outlive them.
class HttpShared {
 public:
  /// `shares_rates`: share_rates() is called, again and again.
  HttpShared(service::Offload& offload, Context& context, bool shares_rates = false);

  HttpLimits limits() const { return {settings.header_size, HttpLimits().fields, settings.body_size}; }
  void count(int status) { statuses_[static_cast<std::size_t>(status / 100 - 1) % statuses_.size()]->add(); }

  /// dispatch() with the settings in force: those of the context, or of the last apply(). 503 when `room` has none for
  /// the answer while `route`, which is the request's, makes it. It holds the answer from then on. `spent`: what a rate
  /// that the handler took said at last.
  Response answer(const Request& request, const Route* route, AnswerRoom& room, Rates::Answer& spent);
  /// What an answer of now goes by; nullopt: that cannot be told. Never blocks.
  std::optional<AnswerState> state() const;
  /// refuse_with() the settings in force.
  Response refuse(const Request& request, const Fault& fault);
  void apply(const Config& config);
  /// Whom `peer` asks for (api.proxies).
  IpAddress client_of(const Request& request, const IpAddress& peer);
  /// What answers to a client are counted with; nullptr for one that is exempt.
  std::shared_ptr<Budget> budget_of(const IpAddress& source);

  /// One token for a request, before anything else is done for it. Requests of unix sockets, of exempt clients, OPTIONS
  /// and routes that are free need none.
  Rates::Answer take(const Request& request, const Route* route, const IpAddress& client);
  /// One for an inbox that the path of a request does not name; for all but its first one another of its client's.
  Rates::Answer take_more(const IpAddress& client, const std::string& inbox, bool first);

  /// Whoever is alive (connections, doors, requests at work) is counted; after drain(), the last one to go calls
  /// `done`.
  void enter() { ++alive_; }
  void leave();
  void drain(std::function<void()> done, std::vector<std::string> left);
  bool draining() const { return draining_; }
  /// Names of listeners that another process serves from now on. REQUIRES: draining().
  const std::vector<std::string>& left() const { return left_; }

  /// Requests on the offload threads, waiting or at work; wait_for_jobs() blocks until there are none. Those that have
  /// not begun by then are not begun at all.
  void job_begins();
  void job_ends();
  void wait_for_jobs();
  bool ending() const { return ending_; }

  const ApiSettings settings;  // as they were at the start
  const bool shares_rates;
  service::Offload& offload;
  Context& context;
  service::Admission admission;
  HttpMemory memory;
  const std::shared_ptr<Rates> rates;
  metrics::Histogram& seconds;
  metrics::Counter& repeated;
  metrics::Gauge& connections;
  metrics::Gauge& watchers;
  service::Admission watching;

 private:
  bool is_rated(const IpAddress& client, const Config& in_force) const;
  std::shared_ptr<const Config> config();

  std::array<metrics::Counter*, 5> statuses_;
  std::array<metrics::Counter*, Rates::kKinds> rate_limited_;  // by Rates::Of
  std::atomic<std::size_t> alive_{0};
  std::atomic<bool> draining_{false};
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> applied_{0};  // how often; counted when the settings are in force
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t jobs_ = 0;
  std::function<void()> done_;
  std::vector<std::string> left_;         // written before draining_
  std::shared_ptr<const Config> config_;  // kept by each request that began with it
};

/// Counted as alive for as long as it lives.
class Alive {
 public:
  explicit Alive(std::shared_ptr<HttpShared> shared) : shared_(std::move(shared)) { shared_->enter(); }
  ~Alive() { shared_->leave(); }
  Alive(const Alive&) = delete;

 private:
  std::shared_ptr<HttpShared> shared_;
};

/// One request on the offload threads, for as long as it lives.
class AtWork {
 public:
  explicit AtWork(std::shared_ptr<HttpShared> shared) : shared_(std::move(shared)) { shared_->job_begins(); }
  ~AtWork() { shared_->job_ends(); }
  AtWork(const AtWork&) = delete;

 private:
  std::shared_ptr<HttpShared> shared_;
};

/// For an answer that finds no room.
Fault no_room();

class HttpConnection;

/// One loop's share. Touched by its thread alone; kept by its connections, so it goes before its io_context does.
class HttpLane : public std::enable_shared_from_this<HttpLane> {
 public:
  /// `answers_size`: of its AnswerCache.
  HttpLane(boost::asio::io_context& context, std::shared_ptr<HttpShared> shared, std::uint64_t answers_size);

  void add(HttpConnection* connection);
  void remove(HttpConnection* connection);
  /// Ends what is idle; others end after their answer.
  void drain();

  /// The answer that a request of these bytes had, if it is still the same.
  std::shared_ptr<const KeptAnswer> kept(std::string_view request);

  /// All connections of the loop read into this one: an idle connection has no buffer of its own.
  static constexpr std::size_t kBufferSize = 16 * 1024;

  boost::asio::io_context& io;
  const std::shared_ptr<HttpShared> shared;
  const std::unique_ptr<std::array<char, kBufferSize>> buffer;
  std::list<std::function<void()>> doors;  // each closes one
  AnswerCache answers;

 private:
  void arm();
  void sweep();

  std::list<HttpConnection*> connections_;
  Timer timer_;          // one for all deadlines
  const Millis period_;  // between two looks at them
  bool armed_ = false;
};

}  // namespace maildrop::api
