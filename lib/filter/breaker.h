/// breaker.h: a service that does not answer is not waited for at each message.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/metrics.h"
#include "filter/outage.h"

namespace maildrop::filter {

/// Of one service. After kFailures calls in a row without an answer it is asked by one call each kPause alone, until
/// one is answered. One that answers is asked, though its answers be of no use; but an outage it has either way, which
/// is logged, and counted, as any other. Thread-safe.
class Breaker {
 public:
  static constexpr unsigned kFailures = 5;
  static constexpr std::chrono::seconds kPause{3};

  Breaker(std::string service, metrics::Registry& metrics)
      : service_(std::move(service)), outage_(service_, metrics, Millis(0), kFailures) {}

  /// Whether it is asked now; who is told so counts what came of it.
  bool admits(Monotonic now);
  void count(bool answered, Monotonic now);
  /// Of a call that was answered: whether a filter could make anything of it.
  void count_use(bool useful, Monotonic now);
  const Outage& outage() const { return outage_; }

  /// The filters that ask it now, `http, lua`: of one that none does, what becomes of the last calls changes nothing.
  void set_askers(std::string askers);

 private:
  std::string service_;
  Outage outage_;
  std::atomic<unsigned> unanswered_{0};  // calls in a row
  std::atomic<bool> named_{true};
  std::atomic<Monotonic::rep> probed_{0};
};

/// All there are, by the name of the service. They stay: they are as few as configurations have named. Thread-safe.
class Breakers {
 public:
  explicit Breakers(metrics::Registry& metrics) : metrics_(metrics) {}
  Breaker& of(const std::string& service);
  /// From now on filters ask these alone. To each service the filters that do.
  using Askers = std::map<std::string, std::string>;
  void name_only(const Askers& services);
  /// Services that do not answer now, and who asks them: `127.0.0.1:28200 (http)`.
  std::vector<std::string> active() const;

 private:
  metrics::Registry& metrics_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Breaker>> breakers_;
};

}  // namespace maildrop::filter
