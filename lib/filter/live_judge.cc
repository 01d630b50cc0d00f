/// live_judge.cc: runs cases on the loops: when each goes on, and what is counted of it.
#include "filter/live_judge.h"

#include <algorithm>
#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/log.h"
#include "core/source_budgets.h"
#include "core/text.h"
#include "filter/case.h"
#include "filter/counted_chain.h"
#include "filter/list_counts.h"
#include "filter/live_facts.h"

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
        answering(parts),
        lists(parts.metrics),
        counted(std::make_shared<const CountedChain>(std::move(chain), parts.metrics, answering.services)) {
    for (std::size_t i = 0; i < phases.size(); ++i)
      phases[i] = &parts.metrics.histogram("maildrop_filter_seconds", "Time to the verdict of all filters",
                                           "phase=\"" + std::string(kPhaseNames[i]) + "\"");
    parts.metrics.callback("maildrop_filter_memory_bytes",
                           "Memory of what sessions know of the DNS, and ask services: compare the setting "
                           "filter.memory",
                           [this] { return static_cast<double>(memory.used()); });
  }

  std::shared_ptr<const CountedChain> current() {
    const std::lock_guard lock(mutex);
    return counted;
  }

  LiveParts parts;
  Budget memory;
  SourceBudgets sources;  // of memory
  Answering answering;
  ListCounts lists;
  std::array<metrics::Histogram*, std::size(kPhaseNames)> phases{};
  std::mutex mutex;  // of what follows
  std::shared_ptr<const CountedChain> counted;
};

/// One session. On its loop's thread alone.
class LiveJudge::Session final : public LiveFacts::Owner, public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, std::size_t loop, std::shared_ptr<const CountedChain> counted)
      : shared_(shared),
        counted_(std::move(counted)),
        case_(counted_->chain(), shared.parts.clock),
        facts_(shared.answering, shared.parts, loop, case_),
        timer_(shared.parts.loops.at(loop).context.get_executor()) {}

  ~Session() override {
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
    if (!source_) become(transaction.peer);
    facts_.begin(weak_from_this(), transaction, *source_, since_);
    case_.begin(phase, transaction);
    step();
  }

  void give_up() {
    timer_.cancel();
    armed_.reset();
    if (done_) facts_.end();
    const Trial::Done gone = std::exchange(done_, {});  // whoever hears that may ask for the same
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
      if (!facts_.ask()) return wait();
    if (armed_) timer_.cancel();
    armed_.reset();
    end_time();
    facts_.end();
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

  /// A service whose answers are of no use is told of once; other faults as lines that come again and again are.
  void see_fault(std::size_t filter, const Finding& finding) {
    const Monotonic now = Steady::now();
    Breaker* const service = counted_->service_of(filter);
    if (service && facts_.has_answered(service) && (finding.faulty || !finding.failed))
      service->count_use(!finding.faulty, now);
    if (finding.faulty && !(service && service->outage().active()))
      log::warning("filter has a fault",
                   {{"filter", shared_.parts.prefix + std::string(counted_->chain()->links()[filter].name)},
                    log::Field::varying("error", finding.reason)});
  }

  void run_behind() {
    for (store::Operation& operation : case_.take_errands_behind()) {
      operation.space.insert(0, shared_.parts.prefix);
      shared_.parts.ledger.ask(std::move(operation));
    }
  }

  /// Whoever tells it must not hear exceptions: of what is thrown here (no memory), the verdict dies, and whoever waits
  /// for it hears of that.
  void go_on(const std::function<void()>& learn) override try {
    learn();
    if (done_) step();
  } catch (...) {
    const Trial::Done gone = std::exchange(done_, {});
  }

  void wait() {
    std::optional<Millis> patience = case_.patience();
    if (!patience) return;
    const bool hurries = shared_.answering.has_outage() && *patience > kHurried && case_.can_hurry();
    if (hurries) patience = kHurried;
    if (patience == armed_) return;
    armed_ = patience;
    timer_.expires_at(since_ + *patience);
    timer_.async_wait([weak = weak_from_this(), hurries](const boost::system::error_code& error) {
      const std::shared_ptr<Session> self = weak.lock();
      if (error || !self) return;
      self->armed_.reset();
      const auto elapsed = std::chrono::duration_cast<Millis>(Steady::now() - self->since_);
      const auto learn = [&] { hurries ? self->case_.hurry() : self->case_.expire(elapsed); };
      self->go_on(std::cref(learn));
    });
  }

  Shared& shared_;
  std::optional<IpAddress> source_{};  // of the peer
  std::shared_ptr<Budget> budget_{};   // that its sessions share
  std::shared_ptr<const CountedChain> counted_;
  Case case_;
  LiveFacts facts_;
  Timer timer_;
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
  auto counted =
      std::make_shared<const CountedChain>(std::move(chain), shared_->parts.metrics, shared_->answering.services);
  const std::lock_guard lock(shared_->mutex);
  shared_->counted = std::move(counted);
}

std::string LiveJudge::impaired() const {
  std::string text;
  for (const std::string& who : shared_->answering.silent()) text += "filters have no answers: " + who + "\n";
  for (const CountedChain::Failing& each : shared_->current()->failing())
    text += "filter " + std::string(each.filter) + " fails: " + terminal_safe(each.why) + "\n";
  return text;
}

bool LiveJudge::dns_answers() const { return !shared_->answering.dns.active(); }

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
    void give_up() override { session_->give_up(); }
    Judgement judgement(About about) override { return session_->judgement(about); }
    const std::string* told(std::string_view fact) const override { return session_->told(fact); }

   private:
    std::shared_ptr<Session> session_;
  };
  return std::make_unique<LiveTrial>(std::make_shared<Session>(*shared_, loop, std::move(counted)));
}

}  // namespace maildrop::filter
