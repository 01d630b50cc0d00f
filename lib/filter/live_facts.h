/// live_facts.h: the world of one session on a loop, as it is: asks the DNS, the ledger and services what its case
/// wants to know, tells it what comes, and counts who does not answer.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/metrics.h"
#include "core/net.h"
#include "core/result.h"
#include "dns/resolver.h"
#include "filter/breaker.h"
#include "filter/case.h"
#include "filter/live_judge.h"
#include "filter/outage.h"
#include "service/service_client.h"

namespace maildrop::filter {

/// Whether who is asked answers: of all sessions. Thread-safe.
struct Answering {
  explicit Answering(const LiveParts& parts)
      : dns_name(parts.prefix + "dns"),
        ledger_name(parts.prefix + "ledger"),
        dns(dns_name, parts.metrics, parts.outage_after),
        ledger(ledger_name, parts.metrics, parts.outage_after),
        services(parts.metrics) {}

  /// Of what a session can go on without in a hurry.
  bool has_outage() const { return dns.active() || ledger.active(); }
  /// Who does not answer now.
  std::vector<std::string> silent() const;

  const std::string dns_name, ledger_name;  // as they are told
  Outage dns;
  Outage ledger;
  Breakers services;
};

/// On its loop's thread alone.
class LiveFacts {
 public:
  /// Whose facts they are. Answers of the world find it by weak pointers: it may be gone.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Something has come to be known, which `learn` tells the case; what that throws is the owner's. Must not throw.
    virtual void go_on(const std::function<void()>& learn) = 0;
  };

  /// All that is given outlives it.
  LiveFacts(Answering& answering, const LiveParts& parts, std::size_t loop, Case& asker);

  /// A phase. `owner` has this as its part; `source` is who is judged; filters have their time from `since` on. What
  /// services were asked in the phase before is broken off.
  void begin(std::weak_ptr<Owner> owner, const mail::Transaction& transaction, const IpAddress& source,
             Monotonic since);
  /// Asks all that is new. true: something of it is known already.
  bool ask();
  /// The phase is over: what was not answered in time has no answer.
  void end();

  /// Whether that service has answered in this phase.
  bool has_answered(const Breaker* service) const;

 private:
  /// Of one source in a phase: was it asked, and did anything come of it?
  struct Asked {
    bool asked = false;
    bool answered = false;
  };
  struct OpenCall {
    Breaker& breaker;
    service::ServiceCall call;
  };

  bool ask_dns(const dns::Question& question);
  void hear(const dns::Question& question, const dns::Answer& answer);
  void ask_ledger(const Knowledge::Errand& errand);
  void hear(std::size_t errand, const Result<store::Answer>& answer);
  bool ask_service(const Knowledge::Call& call);
  void hear(Breaker& breaker, const Result<service::Answer>& answer);

  Answering& answering_;
  store::Bookkeeper& bookkeeper_;
  const std::string& prefix_;
  const LiveParts::Loop& loop_;
  Case& case_;
  std::weak_ptr<Owner> owner_{};
  const mail::Transaction* transaction_ = nullptr;
  IpAddress source_{};
  Monotonic since_{};
  std::list<dns::Lookup> lookups_{};        // not answered
  std::size_t errands_ = 0;                 // the same
  std::list<OpenCall> calls_{};             // of this phase, not answered
  std::vector<const Breaker*> answered_{};  // of the others, whose they were
  Asked dns_{}, ledger_{};
};

}  // namespace maildrop::filter
