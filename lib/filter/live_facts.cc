/// live_facts.cc: asks the world, each part of it in its way.
#include "filter/live_facts.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace maildrop::filter {

namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

}  // namespace

std::vector<std::string> Answering::silent() const {
  std::vector<std::string> names = services.active();
  if (ledger.active()) names.insert(names.begin(), std::string(ledger.source()));
  if (dns.active()) names.insert(names.begin(), std::string(dns.source()));
  return names;
}

LiveFacts::LiveFacts(Answering& answering, const LiveParts& parts, std::size_t loop, Case& asker)
    : answering_(answering),
      bookkeeper_(parts.ledger),
      prefix_(parts.prefix),
      loop_(parts.loops.at(loop)),
      case_(asker) {}

void LiveFacts::begin(std::weak_ptr<Owner> owner, const mail::Transaction& transaction, const IpAddress& source,
                      Monotonic since) {
  owner_ = std::move(owner);
  transaction_ = &transaction;
  source_ = source;
  since_ = since;
  calls_.clear();
  answered_.clear();
  dns_ = ledger_ = {};
}

bool LiveFacts::ask() {
  bool known = false;
  for (const dns::Question& question : case_.take_questions()) known |= ask_dns(question);
  for (const Knowledge::Errand* errand : case_.take_errands()) ask_ledger(*errand);
  for (const Knowledge::Call* call : case_.take_calls()) known |= ask_service(*call);
  return known;
}

void LiveFacts::end() {
  dns_.asked |= !lookups_.empty();
  ledger_.asked |= errands_ != 0;
  const Monotonic now = Steady::now();
  if (dns_.asked) answering_.dns.count(dns_.answered, now);
  if (ledger_.asked) answering_.ledger.count(ledger_.answered, now);
  for (OpenCall& open : calls_)
    if (open.call.begun()) open.breaker.count(false, now);
  calls_.clear();
}

bool LiveFacts::has_answered(const Breaker* service) const {
  return std::find(answered_.begin(), answered_.end(), service) != answered_.end();
}

bool LiveFacts::ask_dns(const dns::Question& question) {
  const auto place = lookups_.emplace(lookups_.end());
  *place = loop_.resolver.ask(question, source_, [this, owner = owner_, question, place](const dns::Answer& answer) {
    const std::shared_ptr<Owner> whose = owner.lock();
    if (!whose) return;
    lookups_.erase(place);
    const auto learn = [&] { hear(question, answer); };
    whose->go_on(std::cref(learn));
  });
  if (!place->answer()) return false;
  hear(question, *place->answer());
  lookups_.erase(place);
  return true;
}

void LiveFacts::hear(const dns::Question& question, const dns::Answer& answer) {
  // A cache answers for long when nobody else does; and what we refuse ourselves says nothing of the DNS.
  const bool from_servers = dns::is_known(answer.status) && answer.source == dns::Source::servers;
  dns_.asked |= from_servers || answer.status == dns::Status::failed || answer.status == dns::Status::timed_out;
  dns_.answered |= from_servers;
  if (from_servers && answering_.dns.active()) answering_.dns.count(true, Steady::now());  // though it is late
  case_.know(question, answer);
}

void LiveFacts::ask_ledger(const Knowledge::Errand& errand) {
  const auto heard = [this, owner = owner_, number = errand.number](const Result<store::Answer>& answer) {
    const std::shared_ptr<Owner> whose = owner.lock();
    if (!whose) return;
    const auto learn = [&] { hear(number, answer); };
    whose->go_on(std::cref(learn));
  };
  ++errands_;
  // On the bookkeeper's thread nobody may hold the owner: its end is to be on its loop.
  store::Operation operation = errand.operation;
  operation.space.insert(0, prefix_);
  bookkeeper_.ask(std::move(operation), [&context = loop_.context, heard](Result<store::Answer> answer) {
    asio::post(context, [heard, answer = std::move(answer)] { heard(answer); });
  });
}

void LiveFacts::hear(std::size_t errand, const Result<store::Answer>& answer) {
  --errands_;
  ledger_.asked = true;
  ledger_.answered |= answer.has_value();
  case_.know(errand, answer);
}

/// true: it is known already that there is no answer.
bool LiveFacts::ask_service(const Knowledge::Call& call) {
  const Monotonic now = Steady::now();
  // In less than an eighth of its time none answers, and that would count as a failure of its own.
  if (since_ + call.timeout - call.timeout / 8 <= now) {
    case_.know_call(call.number, fail(Code::timed_out, "the header took all the time there is"));
    return true;
  }
  Breaker& breaker = answering_.services.of(service::endpoint_of(*call.request).to_string());
  if (!breaker.admits(now)) {
    case_.know_call(call.number, fail(Code::unavailable, "it did not answer the last calls"));
    return true;
  }
  const auto place = calls_.emplace(calls_.end(), OpenCall{breaker, {}});
  place->call = loop_.services.ask(call.request, &transaction_->data, source_, since_ + call.timeout,
                                   [this, place, number = call.number](Result<service::Answer> answer) {
                                     const std::shared_ptr<Owner> whose = owner_.lock();
                                     if (!whose) return;
                                     hear(place->breaker, answer);
                                     calls_.erase(place);
                                     const auto learn = [&] { case_.know_call(number, std::move(answer)); };
                                     whose->go_on(std::cref(learn));
                                   });
  return false;
}

/// What is wrong with an answer is no silence, and a request that was never put to a service says nothing of it.
void LiveFacts::hear(Breaker& breaker, const Result<service::Answer>& answer) {
  const bool answered = answer || answer.error().code == Code::invalid;
  if (!answered && answer.error().code != Code::unavailable && answer.error().code != Code::timed_out) return;
  breaker.count(answered, Steady::now());
  if (answered) answered_.push_back(&breaker);
}

}  // namespace maildrop::filter
