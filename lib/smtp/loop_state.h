/// loop_state.h: what the connections of a server share: all of them, and those of one loop.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "core/budget.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/net.h"
#include "core/source_budgets.h"
#include "filter/verdict.h"
#include "report/reporter.h"
#include "service/admission.h"
#include "service/flood.h"
#include "service/poller.h"
#include "smtp/answers.h"
#include "smtp/session.h"
#include "smtp/tls_failures.h"
#include "store/committer.h"

namespace maildrop::smtp {

class Connection;
class Introduction;
using LoopExecutor = boost::asio::io_context::executor_type;

/// What is counted. Names in server.cc.
struct Metrics {
  explicit Metrics(metrics::Registry& registry);
  void refused(std::string_view reason);
  void refused(const Refusal& refusal);

  metrics::Registry& registry;
  metrics::Counter& sessions;
  metrics::Counter& stored;
  std::array<metrics::Counter*, 3> marks;  // of stored messages that were judged, by store::Mark
  metrics::Counter& deferred;
  metrics::Counter& refused_messages;
  metrics::Counter& discarded;
  metrics::Counter& refused_recipients;
  metrics::Counter& bytes;
  metrics::Counter& removed;  // attachments
  metrics::Gauge& connections;
  metrics::Counter& proxied;  // PROXY headers by what they were
  metrics::Counter& health_checks;
  metrics::Counter& proxy_bad;
  metrics::Counter& proxy_missing;
  metrics::Counter& tls;  // handshakes done
  metrics::Counter& tls_failed;
  metrics::Histogram& delivery;  // end of data to answer
  metrics::Histogram& data;      // 354 to end of data
  metrics::Histogram& session;
  std::array<metrics::Counter*, std::size(filter::kPhaseNames)> phases;  // how often each was come to
};

/// What the connections of all loops share. Thread-safe.
struct Common {
  service::Admission admission;
  std::shared_ptr<service::Flood> flood;
  SourceBudgets source_memory;   // a quarter of limits.memory for each
  SourceBudgets network_memory;  // what it leaves of it, see Session
  TlsFailures tls_failures;
  std::atomic<unsigned> held{0};  // connections that are made to wait (flood.held)
};

/// What a newcomer is told whose source has had too many connections or errors lately; else nullptr, and it is counted.
const Reply* over_rate(service::Flood& flood, const IpAddress& source);

/// What a session of that source holds memory of, besides limits.memory; none for `::`.
std::array<std::shared_ptr<Budget>, 2> memory_of(Common& common, const IpAddress& source);

/// What the connections of one loop share. Touched by that loop's thread alone.
struct LoopState {
  std::size_t index;  // of service::Loops
  boost::asio::io_context& context;
  service::Poller poller;
  Common& common;
  store::Committer& committer;
  std::shared_ptr<Answers> answers;  // of the committer
  Budget& memory;
  const Clock& clock;
  Metrics& metrics;
  filter::Judge* judge;                        // nullptr: nobody is asked
  report::Reporter* reporter;                  // nullptr: nobody is told
  Millis verdict_time;                         // its verdicts come within
  std::shared_ptr<const Policy> policy;        // for sessions to come
  std::function<void(const IpAddress&)> left;  // a connection that was counted as that is gone
  std::vector<char> buffer = std::vector<char>(64 * 1024);
  std::vector<char> plaintext = std::vector<char>(16 * 1024);  // of one TLS record (RFC 8446 5.1)
  std::multimap<IpAddress, Connection*> connections{};         // by what Admission counts as their source
  std::list<Introduction*> introductions{};
  Monotonic now{};  // as of the last sweep: deadlines are in seconds
  bool draining = false;
  bool scarce = false;  // seats are, as of the last sweep
};

}  // namespace maildrop::smtp
