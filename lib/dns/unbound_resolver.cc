/// unbound_resolver.cc: settings, questions, deadlines. libunbound gives up on a dead server after 7 to 28 s, and goes
/// on until then with a question that was taken back. So whoever waits is told when dns.timeout is over, and the
/// question counts as one of dns.lookups until libunbound is done with it.
#include "dns/unbound_resolver.h"

#include <unbound-event.h>
#include <unbound.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <list>
#include <string>
#include <utility>

#include "core/log.h"
#include "core/shares.h"
#include "dns/answer_ages.h"
#include "dns/message.h"
#include "dns/unbound_events.h"

namespace maildrop::dns {

namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

constexpr int kInternetClass = 1;  // the class
constexpr int kNxDomain = 3;       // the code of NXDOMAIN
constexpr const char* kRootName = ".";
constexpr std::uint64_t kLeastCache = 768 * 1024;   // bytes of one loop, however many loops there are
constexpr std::size_t kMostSockets = 1024;          // of one loop; a question has one while a server is asked
constexpr std::chrono::seconds kForgetServers{60};  // what is known of servers, that they are dead above all: they
                                                    // come back sooner than in libunbound's 15 minutes

struct Meters {
  explicit Meters(metrics::Registry& r)
      : pending(r.gauge("maildrop_dns_pending", "Questions to the DNS that are on their way")),
        seconds(r.histogram("maildrop_dns_seconds", "Time to an answer of the DNS that was not cached")) {
    for (std::size_t i = 0; i < statuses.size(); ++i)
      statuses[i] = &r.counter("maildrop_dns_answers_total", "Answers of the DNS by what they say",
                               "status=\"" + std::string(name_of(static_cast<Status>(i))) + "\"");
    for (std::size_t i = 0; i < sources.size(); ++i)
      sources[i] =
          &r.counter("maildrop_dns_sources_total", "Answers of the DNS that say something by where they are from",
                     "source=\"" + std::string(name_of(static_cast<Source>(i))) + "\"");
  }
  void count(const Answer& answer) const {
    statuses[static_cast<std::size_t>(answer.status)]->add();
    if (is_known(answer.status)) sources[static_cast<std::size_t>(answer.source)]->add();
  }

  metrics::Gauge& pending;
  metrics::Histogram& seconds;
  std::array<metrics::Counter*, kStatuses> statuses{};
  std::array<metrics::Counter*, kSources> sources{};
};

struct DeleteContext {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};

/// `192.0.2.53@53`
std::string forwarder(const Endpoint& server) { return server.address.to_string() + "@" + std::to_string(server.port); }

class UnboundResolver final : public Resolver {
 public:
  UnboundResolver(asio::io_context& loop, const DnsSettings& settings, unsigned parts, metrics::Registry& metrics)
      : loop_(loop),
        settings_(settings),
        cache_size_(std::max(settings.cache_size / parts, kLeastCache)),
        max_ttl_(std::chrono::ceil<std::chrono::seconds>(settings.max_ttl)),
        most_(std::max(settings.lookups / parts, 1U)),
        ages_(std::max<std::size_t>(AnswerAges::kMost / parts, 1)),
        meters_(metrics),
        events_(loop),
        timer_(loop.get_executor()) {}
  ~UnboundResolver() override {
    closing_ = true;
    context_.reset();  // which answers all that it has
    meters_.pending.add(-static_cast<std::int64_t>(asked_.size()));
  }

  Lookup ask(const Question& question, const IpAddress& source, Done done) override;

 private:
  /// A question that libunbound has, or has answered.
  struct Asked {
    UnboundResolver* resolver;
    Type type;
    AnswerAges::Key key;
    IpAddress source;
    std::shared_ptr<Done> done;  // nullptr: has heard that it is too late
    Steady::time_point at;
    std::list<Asked>::iterator place{};
    Answer answer{};
    bool answered = false;
    bool given_up = false;  // in left_: nobody waits for it
  };
  using List = std::list<Asked>;
  using Context = std::unique_ptr<ub_ctx, DeleteContext>;

  Result<Context> make_context();
  bool begin();
  static void answered(void* argument, int code, void* packet, int size, int, char*, int) noexcept;
  Lookup known(Answer answer) const;
  void date(Asked& asked) noexcept;
  Answer read(Type type, int code, const void* packet, int size) const;
  void deliver();
  void tell(const std::shared_ptr<Done>& done, const Answer& answer) const;
  void watch();
  void expire();
  /// `member`, unless the resolver has gone by then.
  auto later(void (UnboundResolver::*member)()) {
    return [this, member, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) (this->*member)();
    };
  }

  asio::io_context& loop_;
  const DnsSettings settings_;
  const std::uint64_t cache_size_;
  const std::chrono::seconds max_ttl_;
  const std::size_t most_;
  AnswerAges ages_;
  const Meters meters_;
  UnboundEvents events_;
  Context context_;  // nullptr: nothing was asked yet
  Timer timer_;
  // What libunbound has: first those who have heard that it is too late, then those who wait, the oldest first.
  List asked_;
  List::iterator waiting_ = asked_.end();
  Shares shares_{most_};           // of these
  List left_;                      // what libunbound may have, though it said that it failed
  List ready_;                     // have their answer, and are told when libunbound is not at work
  const Asked* asking_ = nullptr;  // within ub_resolve_event()
  bool closing_ = false;           // nobody is told any more
  bool watched_ = false;           // the timer runs
  bool posted_ = false;            // deliver() will be called
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

Result<UnboundResolver::Context> UnboundResolver::make_context() {
  Context context(ub_ctx_create_ub_event(events_.base()));
  if (!context) return fail(Code::unavailable, "no memory");
  ub_ctx_debugout(context.get(), nullptr);  // it would write lines of its own to standard error
  // Rounded up: 0 would mean for ever.
  const auto seconds = [](Millis time) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
  };
  const std::string most = std::to_string(most_);
  const bool forwards = !settings_.servers.empty();
  const bool local = std::any_of(settings_.servers.begin(), settings_.servers.end(),
                                 [](const Endpoint& server) { return server.address.is_loopback(); });
  const std::pair<const char*, std::string> options[] = {
      {"module-config:", "iterator"},
      {"msg-cache-size:", std::to_string(cache_size_ / 3)},
      {"rrset-cache-size:", std::to_string(cache_size_ - cache_size_ / 3)},
      {"msg-cache-slabs:", "1"},
      {"rrset-cache-slabs:", "1"},
      {"infra-cache-slabs:", "1"},
      {"infra-host-ttl:", std::to_string(kForgetServers.count())},
      {"cache-max-ttl:", std::to_string(max_ttl_.count())},
      {"cache-max-negative-ttl:", seconds(settings_.max_negative_ttl)},
      {"serve-expired:", settings_.stale > Millis(0) ? "yes" : "no"},
      {"serve-expired-ttl:", seconds(settings_.stale)},
      {"serve-expired-reply-ttl:", std::to_string(max_ttl_.count() + 1)},                // so that read() knows them
      {"serve-expired-client-timeout:", std::to_string(settings_.timeout.count() / 2)},  // the servers come first
      {"num-queries-per-thread:", most},
      {"outgoing-range:", std::to_string(std::min(most_, kMostSockets))},
      // It has answers of its own for names of private networks; a server that was set may have better ones.
      {"unblock-lan-zones:", forwards ? "yes" : "no"},
      {"do-not-query-localhost:", local ? "no" : "yes"},
  };
  for (const auto& [name, value] : options)
    if (const int error = ub_ctx_set_option(context.get(), name, value.c_str()); error != 0)
      return fail(Code::invalid, "libunbound refuses '" + std::string(name) + " " + value + "': " + ub_strerror(error));
  for (const Endpoint& server : settings_.servers)
    if (const int error = ub_ctx_set_fwd(context.get(), forwarder(server).c_str()); error != 0)
      return fail(Code::invalid, "libunbound refuses '" + server.to_string() + "': " + ub_strerror(error));
  // With the first question it begins to work: one that it answers by itself.
  const auto ignore = [](void*, int, void*, int, int, char*, int) {};
  const int error =
      ub_resolve_event(context.get(), "localhost", static_cast<int>(Type::a), kInternetClass, nullptr, ignore, nullptr);
  if (error != 0) return fail(Code::unavailable, ub_strerror(error));
  return context;
}

bool UnboundResolver::begin() {
  Result<Context> made = make_context();
  if (made) {
    context_ = std::move(*made);
  } else {
    log::error("the resolver does not begin", {{"error", made.error().what}});
  }
  return made.has_value();
}

Lookup UnboundResolver::ask(const Question& question, const IpAddress& source, Done done) {
  // libunbound goes on for half a minute with what nobody answers: others are to have some of that time, too.
  if (!shares_.admits(source)) {
    Answer refused;
    refused.status = Status::refused;
    return known(std::move(refused));
  }
  if (!context_ && !begin()) return known(Answer());
  // All that may fail for lack of memory comes before libunbound knows of the question: it calls back without fail.
  std::list<Asked> fresh;
  Asked& asked = fresh.emplace_back(Asked{this, question.type, AnswerAges::key_of(question), source,
                                          std::make_shared<Done>(std::move(done)), Steady::now()});
  shares_.take(source);
  asked_.splice(asked_.end(), fresh);
  asked.place = std::prev(asked_.end());
  asking_ = &asked;
  const char* name = question.name.empty() ? kRootName : question.name.c_str();
  const int error = ub_resolve_event(context_.get(), name, static_cast<int>(question.type), kInternetClass, &asked,
                                     answered, nullptr);
  asking_ = nullptr;
  if (error != 0 && !asked.answered) {
    // Its memory ran out amid its work, and it may have the question all the same.
    asked.given_up = true;
    asked.done.reset();
    shares_.give_back(source);
    left_.splice(left_.end(), asked_, asked.place);
    return known(Answer());
  }
  if (asked.answered) {
    Answer answer = std::move(asked.answer);
    if (answer.source == Source::servers) answer.source = Source::cache;
    if (is_known(answer.status)) answer.age = ages_.age(asked.key, answer.ttl, asked.at);
    shares_.give_back(source);
    asked_.erase(asked.place);
    return known(std::move(answer));
  }
  meters_.pending.add(1);
  if (waiting_ == asked_.end()) waiting_ = asked.place;
  watch();
  return Lookup(asked.done);
}

Lookup UnboundResolver::known(Answer answer) const {
  meters_.count(answer);
  return Lookup(std::move(answer));
}

/// Called by libunbound, which is amid its work: nobody is told from here.
void UnboundResolver::answered(void* argument, int code, void* packet, int size, int, char*, int) noexcept {
  Asked& asked = *static_cast<Asked*>(argument);
  UnboundResolver& self = *asked.resolver;
  if (self.closing_) return;
  if (asked.given_up) {
    self.left_.erase(asked.place);
    return;
  }
  asked.answered = true;
  try {
    asked.answer = self.read(asked.type, code, packet, size);
  } catch (const std::exception&) {  // no memory: it failed
  }
  if (self.asking_ == &asked) return;
  self.date(asked);
  self.meters_.pending.add(-1);
  self.shares_.give_back(asked.source);
  self.meters_.seconds.observe(std::chrono::duration<double>(Steady::now() - asked.at).count());
  if (self.waiting_ == asked.place) ++self.waiting_;
  self.ready_.splice(self.ready_.end(), self.asked_, asked.place);
  try {
    if (!self.posted_) asio::post(self.loop_, self.later(&UnboundResolver::deliver));
    self.posted_ = true;
  } catch (const std::exception&) {  // no memory: they are told with the next
  }
}

/// Of an answer that was not known at once: it was waited for until servers gave it, or until it was time for a stale
/// one.
void UnboundResolver::date(Asked& asked) noexcept {
  Answer& answer = asked.answer;
  if (!is_known(answer.status)) return;
  const Steady::time_point now = Steady::now();
  const bool said_now = answer.source == Source::servers;
  if (said_now) ages_.said(asked.key, answer.ttl, now);
  answer.age = said_now ? std::chrono::seconds(0) : ages_.age(asked.key, answer.ttl, now);
}

Answer UnboundResolver::read(Type type, int code, const void* packet, int size) const {
  Answer answer;
  if (code == kNxDomain) answer.status = Status::no_name;
  if (code != 0 || size <= 0) return answer;  // the packet is none then
  const std::span message(static_cast<const std::uint8_t*>(packet), static_cast<std::size_t>(size));
  Result<Answer> parsed = parse_message(message, type, static_cast<unsigned>(max_ttl_.count()) + 1);
  return parsed ? std::move(*parsed) : answer;
}

void UnboundResolver::deliver() {
  posted_ = false;
  const std::weak_ptr<char> alive(alive_);  // who is told may end the resolver
  while (!alive.expired() && !ready_.empty()) {
    List one;
    one.splice(one.end(), ready_, ready_.begin());
    if (one.front().done) tell(one.front().done, one.front().answer);
  }
}

void UnboundResolver::tell(const std::shared_ptr<Done>& done, const Answer& answer) const {
  if (!*done) return;
  meters_.count(answer);
  const Done call = std::exchange(*done, nullptr);
  try {
    call(answer);
  } catch (const std::exception& error) {
    log::error("an answer of the DNS was not taken", {{"error", error.what()}});
  }
}

/// Has expire() called when the one that has waited longest has waited long enough.
void UnboundResolver::watch() {
  if (watched_ || waiting_ == asked_.end()) return;
  try {
    timer_.expires_at(waiting_->at + settings_.timeout);
    timer_.async_wait([run = later(&UnboundResolver::expire)](boost::system::error_code) { run(); });
    watched_ = true;
  } catch (const std::exception&) {  // no memory: the next question tries again
  }
}

void UnboundResolver::expire() {
  watched_ = false;
  Answer late;
  late.status = Status::timed_out;
  const Steady::time_point since = Steady::now() - settings_.timeout;
  const std::weak_ptr<char> alive(alive_);
  while (!alive.expired() && waiting_ != asked_.end() && waiting_->at <= since) {
    const std::shared_ptr<Done> done = std::exchange(waiting_->done, nullptr);
    ++waiting_;
    tell(done, late);
  }
  if (!alive.expired()) deliver();
  if (!alive.expired()) watch();
}

}  // namespace

std::unique_ptr<Resolver> make_unbound_resolver(asio::io_context& loop, const DnsSettings& settings, unsigned parts,
                                                metrics::Registry& metrics) {
  return std::make_unique<UnboundResolver>(loop, settings, std::max(parts, 1U), metrics);
}

}  // namespace maildrop::dns
