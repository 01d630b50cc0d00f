/// http_connection.h: one client's connection. Inside http_server only.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_job.h"
#include "api/http_lane.h"
#include "api/http_news.h"
#include "api/http_reader.h"
#include "api/http_web_socket.h"
#include "core/descriptor.h"

namespace maildrop::api {

/// An accepted descriptor that was let in; both are given back if nothing comes of it.
class Guest {
 public:
  /// `source` is what `admission` counted.
  Guest(FileDescriptor socket, const IpAddress& address, const IpAddress& source, service::Admission& admission)
      : descriptor_(std::move(socket)), address_(address), source_(source), admission_(&admission) {}
  ~Guest();
  Guest(Guest&& other) noexcept;
  const IpAddress& address() const { return address_; }
  const IpAddress& source() const { return source_; }
  int release() { return descriptor_.release(); }

 private:
  FileDescriptor descriptor_;
  IpAddress address_;
  IpAddress source_;
  service::Admission* admission_;
};

/// Reads requests, has them answered, writes the answers: one at a time, in order. Lives on its lane's thread. Kept by
/// its own coroutine; goes when that ends.
class HttpConnection {
 public:
  HttpConnection(std::shared_ptr<HttpLane> lane, Guest guest, int family);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;

  /// Serves until the client or a deadline ends it.
  static Awaitable<> run(std::shared_ptr<HttpConnection> connection);

  void check_deadline(Monotonic now);
  /// Ends it now if it is idle; otherwise after the answer. One that has just come has its first request on the way, to
  /// which an end would be a reset: it has a second.
  void drain();

  std::list<HttpConnection*>::iterator place;  // in the lane

 private:
  enum class Phase { idle, reading, working, waiting, writing, lingering };
  enum class Received { bytes, nothing, end };
  enum class Then { go_on, linger, end };
  /// A request whose answer may be kept.
  struct Repeatable {
    std::string bytes;
    AnswerState state;
    Monotonic asked;
  };

  Awaitable<> serve();
  Awaitable<bool> read_request();
  Awaitable<bool> readable();
  Awaitable<Then> answer();
  Awaitable<Then> answer_again();
  std::optional<Repeatable> repeatable(const HttpJob& job) const;
  void keep(const Repeatable& same, const HttpJob& job, const Response& response);
  /// The head in two pieces, as parts of it may be kept.
  Awaitable<bool> write(std::string_view head, std::string_view more_head, std::string_view body);
  Awaitable<bool> send(const Request& request, const Response& response, bool keep_alive);
  Awaitable<> refuse(Refusal why);
  Awaitable<> linger();
  /// Of an answer that has nothing to tell, one that has, when it comes in time: response is that then, and job whose
  /// it is. A client that has gone ends the wait; one that only sends no more still has its answer.
  Awaitable<> long_poll(std::shared_ptr<HttpJob>& job, Response& response, IpAddress client);
  /// Until the client, a deadline or a drain ends it.
  Awaitable<> stream(std::shared_ptr<HttpJob> job, Response response, IpAddress client);
  Awaitable<> go_on(HttpWebSocket* web, std::shared_ptr<HttpJob> job, Response piece, IpAddress client);
  Awaitable<bool> say(HttpWebSocket* web, const Response& piece);

  void enter(Phase phase);
  Received receive(std::size_t& size);
  /// `request`: nullptr for what was none.
  void note(const Request* request, const IpAddress& client, int status, std::size_t bytes, const std::string& id = {},
            std::string_view why = {});

  const std::shared_ptr<HttpLane> lane_;
  const Alive alive_;
  Guest guest_;
  const std::shared_ptr<Budget> budget_;
  HttpSocket socket_;
  HttpReader reader_;
  HttpReader::Want want_ = HttpReader::Want::input;
  std::string_view whole_;                   // the request that has just come in one piece, in the lane's buffer
  std::shared_ptr<const KeptAnswer> again_;  // what the same one had as its answer
  Phase phase_ = Phase::idle;
  bool fresh_ = true;     // no request has come
  bool expired_ = false;  // the deadline has passed: whatever was waited for is over
  Monotonic deadline_ = Monotonic::max();
  HttpNews* news_ = nullptr;  // while it waits for some
};

}  // namespace maildrop::api
