/// live_judge.cc: runs cases on the loops.
#include "filter/live_judge.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/source_budgets.h"
#include "core/text.h"
#include "filter/breaker.h"
#include "filter/case.h"
#include "filter/counted_chain.h"
#include "filter/fault_log.h"
#include "filter/list_counts.h"
#include "filter/outage.h"

namespace maildrop::filter {

namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

/// Who does not answer anybody is asked all the same, which shows when he is back, and is not waited for.
constexpr Millis kHurried{100};

constexpr std::uint64_t kSourceShare = 8;  // of filter.memory a source has one in so many

}  // namespace

struct LiveJudge::Shared {
  Shared(LiveParts p, std::shared_ptr<const Chain> chain)
      : parts(std::move(p)),
        memory(chain->settings().memory),
        sources(chain->settings().memory / kSourceShare),
        dns_outage("dns", parts.metrics, parts.outage_after),
        ledger_outage("ledger", parts.metrics, parts.outage_after),
        services(parts.metrics),
        lists(parts.metrics),
        counted(std::make_shared<const CountedChain>(std::move(chain), parts.metrics, services)) {
    for (std::size_t i = 0; i < phases.size(); ++i)
      phases[i] = &parts.metrics.histogram("maildrop_filter_seconds", "Time to the verdict of all filters",
                                           "phase=\"" + std::string(kPhaseNames[i]) + "\"");
    parts.metrics.callback("maildrop_filter_memory_bytes",
                           "Memory of what sessions know of the DNS, and ask services: compare the setting "
                           "filter.memory",
                           [this] { return static_cast<double>(memory.used()); });
  }

  bool has_outage() const { return dns_outage.active() || ledger_outage.active(); }
  std::shared_ptr<const CountedChain> current() {
    const std::lock_guard lock(mutex);
    return counted;
  }

  LiveParts parts;
  Budget memory;
  SourceBudgets sources;  // of memory
  Outage dns_outage;
  Outage ledger_outage;
  Breakers services;
  FaultLog faults;
  ListCounts lists;
  std::array<metrics::Histogram*, std::size(kPhaseNames)> phases{};
  std::mutex mutex;  // of what follows
  std::shared_ptr<const CountedChain> counted;
};

/// One session. On its loop's thread alone. Answers of the world find it by weak pointers: it may be gone.
class LiveJudge::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, std::size_t loop, std::shared_ptr<const CountedChain> counted)
      : shared_(shared),
        loop_(shared.parts.loops.at(loop)),
        counted_(std::move(counted)),
        case_(counted_->chain(), shared.parts.clock),
        timer_(loop_.context.get_executor()) {}

  ~Session() {
    try {
      case_.finish();
      run_behind();
    } catch (...) {  // no memory: nothing is kept of it
    }
  }

  void judge(Phase phase, const mail::Transaction& transaction, Trial::Done done) {
    done_ = std::move(done);
    phase_ = phase;
    begin_time();
    armed_.reset();
    dns_ = ledger_ = {};
    if (!source_) become(transaction.peer);
    transaction_ = &transaction;
    calls_.clear();
    answered_.clear();
    case_.begin(phase, transaction);
    step();
  }

  Judgement judgement(About about) {
    if (about == About::message) case_.settle_recipient();
    if (about == About::unasked_recipient) case_.pass_over_recipient();
    const Trace trace = case_.findings().trace();
    const Findings::Marked marked = case_.findings().marked();
    return {trace.mark, std::string(marked.by), marked.evidence, static_cast<float>(rounded_score(trace.score)),
            format_trace(trace)};
  }
  const std::string* told(std::string_view fact) const { return case_.told(fact); }

 private:
  /// Of one source in a phase: was it asked, and did anything come of it?
  struct Asked {
    bool asked = false;
    bool answered = false;
  };

  void become(const mail::Peer& peer) {
    source_ = peer.local ? IpAddress() : peer.address.source();
    budget_ = shared_.sources.of(*source_);
    case_.hold_of(BudgetShare(shared_.memory), BudgetShare(*budget_));
  }

  /// The dot of a message may have come while its header was judged, and then one reply waits for both: what the header
  /// took, and has not gone by since, is missing to the message.
  void begin_time() {
    began_ = Steady::now();
    const Steady::duration owed = phase_ == Phase::message ? header_took_ - (began_ - header_judged_) : kNoTime;
    since_ = began_ - std::max(owed, kNoTime);
    header_took_ = kNoTime;
  }

  void step() {
    while (!case_.advance())
      if (!ask_world()) return wait();
    if (armed_) timer_.cancel();
    armed_.reset();
    end_time();
    vote();
    calls_.clear();
    case_.findings().each([this](std::size_t filter, const Finding& finding, std::uint64_t micros) {
      counted_->count(filter, phase_, finding, micros);
      see_fault(filter, finding);
    });
    const std::string* lists = phase_ == Phase::connect ? case_.told("dnsbl") : nullptr;
    if (lists) shared_.lists.count(*lists);
    const Trial::Done done = std::exchange(done_, {});
    const Verdict verdict = case_.decide();
    count(verdict);
    run_behind();
    done(verdict);
  }

  /// A mark is one of the message alone, and of one that is let in.
  void count(const Verdict& verdict) {
    if (verdict.refuses() || verdict.action == Action::discard) return counted_->count(verdict.by, verdict.action);
    const Findings::Marked marked = phase_ == Phase::message ? case_.findings().marked() : Findings::Marked();
    if (marked.mark == store::Mark::none) return;
    counted_->count(marked.by, marked.mark == store::Mark::tag ? Action::tag : Action::quarantine);
  }

  void end_time() {
    const Monotonic now = Steady::now();
    shared_.phases[static_cast<std::size_t>(phase_)]->observe(std::chrono::duration<double>(now - began_).count());
    if (phase_ != Phase::headers) return;
    header_judged_ = now;
    header_took_ = now - began_;
  }

  /// A service whose answers are of no use is told of once; other faults now and then.
  void see_fault(std::size_t filter, const Finding& finding) {
    const Monotonic now = Steady::now();
    Breaker* const service = counted_->service_of(filter);
    const bool answered = std::find(answered_.begin(), answered_.end(), service) != answered_.end();
    if (service && answered && (finding.faulty || !finding.failed)) service->count_use(!finding.faulty, now);
    if (finding.faulty && !(service && service->outage().active()))
      shared_.faults.tell(counted_->chain()->links()[filter].name, finding.reason, now);
  }

  void run_behind() {
    for (store::Operation& operation : case_.take_errands_behind()) shared_.parts.ledger.ask(std::move(operation));
  }

  /// Asks all that is new. true: something of it is known already.
  bool ask_world() {
    bool known = false;
    for (const dns::Question& question : case_.take_questions()) known |= ask_dns(question);
    for (const Knowledge::Errand* errand : case_.take_errands()) ask_ledger(*errand);
    for (const Knowledge::Call* call : case_.take_calls()) known |= ask_service(*call);
    return known;
  }

  bool ask_dns(const dns::Question& question) {
    const auto place = lookups_.emplace(lookups_.end());
    *place =
        loop_.resolver.ask(question, *source_, [weak = weak_from_this(), question, place](const dns::Answer& answer) {
          const std::shared_ptr<Session> self = weak.lock();
          if (!self) return;
          self->lookups_.erase(place);
          self->go_on([&] { self->hear(question, answer); });
        });
    if (!place->answer()) return false;
    hear(question, *place->answer());
    lookups_.erase(place);
    return true;
  }

  void hear(const dns::Question& question, const dns::Answer& answer) {
    // A cache answers for long when nobody else does; and what we refuse ourselves says nothing of the DNS.
    const bool from_servers = dns::is_known(answer.status) && answer.source == dns::Source::servers;
    dns_.asked |= from_servers || answer.status == dns::Status::failed || answer.status == dns::Status::timed_out;
    dns_.answered |= from_servers;
    if (from_servers && shared_.dns_outage.active())
      shared_.dns_outage.count(true, Steady::now());  // though it is late
    case_.know(question, answer);
  }

  /// What was not answered in time has no answer.
  void vote() {
    dns_.asked |= !lookups_.empty();
    ledger_.asked |= errands_ != 0;
    const Monotonic now = Steady::now();
    if (dns_.asked) shared_.dns_outage.count(dns_.answered, now);
    if (ledger_.asked) shared_.ledger_outage.count(ledger_.answered, now);
    for (OpenCall& open : calls_)
      if (open.call.begun()) open.breaker.count(false, now);
  }

  void ask_ledger(const Knowledge::Errand& errand) {
    const auto heard = [weak = weak_from_this(), number = errand.number](const Result<store::Answer>& answer) {
      const std::shared_ptr<Session> self = weak.lock();
      if (!self) return;
      --self->errands_;
      self->ledger_.asked = true;
      self->ledger_.answered |= answer.has_value();
      self->go_on([&] { self->case_.know(number, answer); });
    };
    ++errands_;
    // On the bookkeeper's thread nobody may own the session: its end is to be on its loop.
    shared_.parts.ledger.ask(errand.operation, [&context = loop_.context, heard](Result<store::Answer> answer) {
      asio::post(context, [heard, answer = std::move(answer)] { heard(answer); });
    });
  }

  /// true: it is known already that there is no answer.
  bool ask_service(const Knowledge::Call& call) {
    const Monotonic now = Steady::now();
    // In less than an eighth of its time none answers, and that would count as a failure of its own.
    if (since_ + call.timeout - call.timeout / 8 <= now) {
      case_.know_call(call.number, fail(Code::timed_out, "the header took all the time there is"));
      return true;
    }
    Breaker& breaker = shared_.services.of(service::endpoint_of(*call.request).to_string());
    if (!breaker.admits(now)) {
      case_.know_call(call.number, fail(Code::unavailable, "it did not answer the last calls"));
      return true;
    }
    const auto place = calls_.emplace(calls_.end(), OpenCall{breaker, {}});
    place->call = loop_.services.ask(
        call.request, &transaction_->data, *source_, since_ + call.timeout,
        [this, place, number = call.number](Result<service::Answer> answer) {  // none comes without the session
          const auto self = shared_from_this();
          hear(place->breaker, answer);
          calls_.erase(place);
          go_on([&] { case_.know_call(number, std::move(answer)); });
        });
    return false;
  }

  /// What is wrong with an answer is no silence, and a request that was never put to a service says nothing of it.
  void hear(Breaker& breaker, const Result<service::Answer>& answer) {
    const bool answered = answer || answer.error().code == Code::invalid;
    if (!answered && answer.error().code != Code::unavailable && answer.error().code != Code::timed_out) return;
    breaker.count(answered, Steady::now());
    if (answered) answered_.push_back(&breaker);
  }

  /// Something has come to be known. Whoever tells it must not hear exceptions: of what is thrown here (no memory), the
  /// verdict dies, and whoever waits for it hears of that.
  template <class Learn>
  void go_on(Learn learn) try {
    learn();
    if (done_) step();
  } catch (...) {
    done_ = {};
  }

  void wait() {
    std::optional<Millis> patience = case_.patience();
    if (!patience) return;
    const bool hurries = shared_.has_outage() && *patience > kHurried && case_.can_hurry();
    if (hurries) patience = kHurried;
    if (patience == armed_) return;
    armed_ = patience;
    timer_.expires_at(since_ + *patience);
    timer_.async_wait([weak = weak_from_this(), hurries](const boost::system::error_code& error) {
      const std::shared_ptr<Session> self = weak.lock();
      if (error || !self) return;
      self->armed_.reset();
      const auto elapsed = std::chrono::duration_cast<Millis>(Steady::now() - self->since_);
      self->go_on([&] { hurries ? self->case_.hurry() : self->case_.expire(elapsed); });
    });
  }

  Shared& shared_;
  const LiveParts::Loop& loop_;
  std::optional<IpAddress> source_{};  // of the peer
  std::shared_ptr<Budget> budget_{};   // that its sessions share
  std::shared_ptr<const CountedChain> counted_;
  Case case_;
  Timer timer_;
  std::list<dns::Lookup> lookups_;  // not answered
  std::size_t errands_ = 0;         // the same
  struct OpenCall {
    Breaker& breaker;
    service::ServiceCall call;
  };
  std::list<OpenCall> calls_;       // of this phase, not answered
  std::vector<Breaker*> answered_;  // of the others, whose they were
  const mail::Transaction* transaction_ = nullptr;
  Asked dns_, ledger_;
  Trial::Done done_;  // while a question is open
  Phase phase_ = Phase::connect;
  static constexpr Steady::duration kNoTime{0};
  Monotonic began_;          // the phase
  Monotonic since_;          // the time that filters have
  Monotonic header_judged_;  // the last one
  Steady::duration header_took_{0};
  std::optional<Millis> armed_;  // what the timer waits for, from since_ on
};

LiveJudge::LiveJudge(LiveParts parts, std::shared_ptr<const Chain> chain)
    : shared_(std::make_unique<Shared>(std::move(parts), std::move(chain))) {}
LiveJudge::~LiveJudge() = default;

void LiveJudge::apply(std::shared_ptr<const Chain> chain) {
  shared_->memory.set_limit(chain->settings().memory);
  shared_->sources.set_limit(chain->settings().memory / kSourceShare);
  auto counted = std::make_shared<const CountedChain>(std::move(chain), shared_->parts.metrics, shared_->services);
  shared_->faults.begin_anew();
  const std::lock_guard lock(shared_->mutex);
  shared_->counted = std::move(counted);
}

std::string LiveJudge::impaired() const {
  std::string text;
  for (const Outage* each : {&shared_->dns_outage, &shared_->ledger_outage})
    if (each->active()) text += "filters have no answers: " + std::string(each->source()) + "\n";
  for (const std::string& service : shared_->services.active()) text += "filters have no answers: " + service + "\n";
  for (const CountedChain::Failing& each : shared_->current()->failing())
    text += "filter " + std::string(each.filter) + " fails: " + terminal_safe(each.why) + "\n";
  return text;
}

std::shared_ptr<const Chain> LiveJudge::chain() const { return shared_->current()->chain(); }

Judge::Terms LiveJudge::terms() const {
  std::shared_ptr<const CountedChain> counted = shared_->current();
  const std::uint8_t phases = counted->chain()->phases();
  return {phases, std::move(counted)};
}

std::unique_ptr<Trial> LiveJudge::begin(std::size_t loop, const Terms& terms) {
  auto counted = std::static_pointer_cast<const CountedChain>(terms.rules);
  class LiveTrial final : public Trial {
   public:
    explicit LiveTrial(std::shared_ptr<Session> session) : session_(std::move(session)) {}
    void judge(Phase phase, const mail::Transaction& transaction, Done done) override {
      session_->judge(phase, transaction, std::move(done));
    }
    Judgement judgement(About about) override { return session_->judgement(about); }
    const std::string* told(std::string_view fact) const override { return session_->told(fact); }

   private:
    std::shared_ptr<Session> session_;
  };
  return std::make_unique<LiveTrial>(std::make_shared<Session>(*shared_, loop, std::move(counted)));
}

}  // namespace maildrop::filter
