/// connection_report.cc: what a connection reports of its session, its recipients and its messages.
#include <utility>

#include "filter/message_urls.h"
#include "smtp/connection.h"

namespace maildrop::smtp {

namespace {

using report::Decision;

constexpr std::size_t kMostHosts = 50;  // of a message
constexpr std::string_view kFacts[] = {"client_name", "iprev", "spf",   "dkim", "dmarc",
                                       "country",     "asn",   "dnsbl", "uribl"};

Decision::Result result_of(int code) {
  if (code < 400) return Decision::Result::discarded;
  return is_transient(code) ? Decision::Result::deferred : Decision::Result::refused;
}

Decision::Of of(Refusal::Of what) {
  constexpr Decision::Of kOf[] = {Decision::Of::session, Decision::Of::recipient, Decision::Of::message};
  return kOf[static_cast<std::size_t>(what)];
}

bool is_reported(const LoopState& loop) { return loop.reporter && loop.reporter->wanted(); }

/// A filter, or the lack of a verdict, always says why.
filter::About about_of(const Refusal& refusal) {
  if (refusal.of != Refusal::Of::recipient) return filter::About::message;
  return refusal.why.empty() ? filter::About::unasked_recipient : filter::About::recipient;
}

}  // namespace

/// What all have in common. Of a message it takes the hosts.
Decision Connection::decision_of(Decision::Of of, filter::About about) {
  const mail::Transaction& transaction = session_.transaction();
  Decision decision;
  decision.time = loop_.clock.now();
  decision.of = of;
  decision.session = session_.id();
  decision.client = transaction.peer.to_string();
  decision.helo = transaction.helo;
  decision.tls = transaction.tls.protocol;
  if (of == Decision::Of::message) decision.hosts = std::exchange(hosts_, {});
  if (!trial_) return decision;
  filter::Judgement judgement = trial_->judgement(about);
  decision.mark = judgement.mark;
  decision.by = std::move(judgement.by);
  decision.evidence = judgement.evidence;
  decision.score = judgement.score;
  decision.trace = std::move(judgement.verdicts);
  for (const std::string_view fact : kFacts)
    if (const std::string* told = trial_->told(fact); told && !told->empty()) decision.facts.emplace_back(fact, *told);
  return decision;
}

/// While the message is there: what is said of it may be that it goes.
void Connection::note_hosts() {
  hosts_.clear();
  if (!is_reported(loop_) || session_.phase() != filter::Phase::message || !session_.policy().config.report.hosts)
    return;
  filter::UrlLimits limits;
  limits.hosts = kMostHosts;
  for (filter::MessageUrl& url : filter::message_urls(session_.transaction().data, limits).urls)
    hosts_.push_back(std::move(url.host));
}

/// Of commands only those that a filter has refused: the others are no decision about mail.
void Connection::report_refusal(const Refusal& refusal) {
  if (!is_reported(loop_) || (refusal.of == Refusal::Of::command && refusal.why.empty())) return;
  Decision decision = decision_of(of(refusal.of), about_of(refusal));
  decision.result = result_of(refusal.code);
  decision.code = refusal.code;
  decision.reason = refusal.reason;
  decision.why = refusal.why;
  decision.by = refusal.by;
  decision.evidence = refusal.evidence;
  decision.from = refusal.from;
  if (refusal.of == Refusal::Of::recipient) {
    if (!refusal.to.empty()) decision.to = {refusal.to};
    for (const mail::Recipient& other : session_.transaction().recipients)
      decision.others.push_back(other.address.to_string());
  } else {
    decision.to = refusal.recipients;
  }
  decision.size = refusal.size;
  loop_.reporter->tell(std::move(decision));
}

/// Before it goes to the store, which takes it.
void Connection::note_delivery(const store::Delivery& delivery, Record& record) {
  record.mark = delivery.summary.mark;
  record.score = delivery.summary.score;
  if (!is_reported(loop_)) return;
  Decision decision = decision_of(Decision::Of::message, filter::About::message);
  decision.helo = delivery.summary.helo;  // the transaction has gone
  for (const store::Delivery::Target& target : delivery.targets) decision.to.push_back(target.to);
  record.decision = std::make_shared<Decision>(std::move(decision));
}

void Connection::report_message(const Record& record, const Result<store::MessageId>& stored) const {
  if (!record.decision) return;
  Decision& decision = *record.decision;
  decision.result = stored ? Decision::Result::stored : Decision::Result::deferred;
  decision.code = stored ? 250 : answer_to(stored.error()).code;
  if (!stored) decision.reason = answer_to(stored.error()).reason;
  if (!stored) decision.by.clear();  // no filter has put it off
  if (!stored) decision.evidence = false;
  if (stored) decision.id = stored->text();
  decision.from = record.from;
  decision.size = record.size;
  loop_.reporter->tell(std::move(decision));
}

}  // namespace maildrop::smtp
