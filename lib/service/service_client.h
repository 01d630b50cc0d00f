/// service_client.h: asks services nearby, each in its protocol, for one loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/net.h"
#include "core/result.h"
#include "service/exchange.h"

namespace maildrop::service {

/// Of who waits for an answer. When it goes, nobody does: the request is broken off, and no answer comes.
class ServiceCall {
 public:
  ServiceCall() = default;
  ServiceCall(std::function<void()> cancel, std::shared_ptr<const bool> begun)
      : cancel_(std::move(cancel)), begun_(std::move(begun)) {}
  ~ServiceCall() { forget(); }
  ServiceCall(ServiceCall&& other) noexcept
      : cancel_(std::exchange(other.cancel_, nullptr)), begun_(std::move(other.begun_)) {}
  ServiceCall& operator=(ServiceCall&& other) noexcept {
    if (this == &other) return *this;
    forget();
    cancel_ = std::exchange(other.cancel_, nullptr);
    begun_ = std::move(other.begun_);
    return *this;
  }

  /// It has had a connection: that there is no answer says something of its server.
  bool begun() const { return begun_ && *begun_; }

 private:
  void forget() {
    if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
  }
  std::function<void()> cancel_;
  std::shared_ptr<const bool> begun_;
};

/// Connections are kept for the next request, as long as their servers want. One that turns out to be dead before a
/// byte of the answer has come costs a second try on a new one, so a request may come twice. On its loop's thread, or
/// while that does not run. Connections keep the loop from ending until it goes.
class ServiceClient {
 public:
  struct Limits {
    std::size_t connections = 16;  // to one endpoint
    std::size_t waiting = 256;     // requests for one of them
    AnswerLimits answer{};
  };
  using Done = std::function<void(Result<Answer>)>;

  explicit ServiceClient(boost::asio::io_context& loop) : ServiceClient(loop, Limits()) {}
  ServiceClient(boost::asio::io_context& loop, const Limits& limits);
  ~ServiceClient();  // who waits for an answer has none

  /// `done` is called from the loop, never from within: once, if the call is still there. `text` stays in its place
  /// until then; nullptr: there is none. `source`: for whom it is asked (an address or prefix; `::` for ourselves): of
  /// connections, and of places among those who wait, one has its Shares.
  ///   timed_out    no whole answer until `until`
  ///   unavailable  nobody is there, or he ends before his answer
  ///   over_limit   too many wait, or no connection was free until `until`
  ///   internal     the text is another one by now
  ///   invalid      as Exchange
  /// Where memory is out it may throw, and `done` is not called then; or no connection is begun, and `until` ends it.
  ServiceCall ask(std::shared_ptr<const Request> request, const std::string* text, const IpAddress& source,
                  Monotonic until, Done done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace maildrop::service
