/// connection_log.cc: what a connection counts and tells of its session and of each message.
#include <optional>

#include "core/log.h"
#include "filter/scoring.h"
#include "smtp/connection.h"
#include "smtp/reply.h"

namespace maildrop::smtp {

namespace {

/// Nearly always that comes of another refusal: no RCPT was taken, and DATA comes all the same.
constexpr std::string_view kFollows = reply::need_rcpt.reason;

}  // namespace

std::string source_name(const mail::Peer& peer) {
  return peer.local ? peer.to_string() : peer.address.source().to_string();
}

void Connection::count_refusals() {
  if (!session_.has_refusals()) return;
  for (const Refusal& refusal : session_.take_refusals()) {
    loop_.metrics.refused(refusal);
    if (refusal.of != Refusal::Of::command) log_refusal(refusal);
    report_refusal(refusal);
    if (refusal.is_discard()) continue;  // as its peer has it, nothing was refused
    refusal_due_ = is_suspect();
    ++refused_;
    if (reason_.empty() || refusal.reason != kFollows) reason_ = refusal.reason;
  }
}

void Connection::log_refusal(const Refusal& refusal) const {
  const std::string_view result = refusal.is_discard()         ? "discarded"
                                  : is_transient(refusal.code) ? "deferred"
                                                               : "refused";
  const bool message = refusal.of == Refusal::Of::message;
  const mail::Peer& peer = session_.transaction().peer;
  log::info(message ? "message" : "recipient", {log::Field::varying("session", session_.id()),
                                                log::Field::telling_kind(source_name(peer)),
                                                log::Field::varying("peer", peer.to_string()),
                                                log::Field::varying("from", refusal.from),
                                                log::Field::varying_if_any("to", refusal.to),
                                                log::Field::varying_if_any("argument", refusal.argument),
                                                {"result", result},
                                                {"code", refusal.code},
                                                {"reason", refusal.reason},
                                                log::Field::if_any("why", refusal.why)});
}

void Connection::log_message(const Record& record, const Result<store::MessageId>& stored) const {
  const auto score =
      stored && record.score ? std::optional(filter::rounded_score(*record.score)) : std::nullopt;  // was judged
  const mail::Peer& peer = session_.transaction().peer;
  if (stored) {
    log::info("message", {{"id", record.id.text()},
                          {"session", session_.id()},
                          {"peer", peer.to_string()},
                          {"from", record.from},
                          {"inbox", record.inbox},
                          {"inboxes", record.inboxes},
                          {"size", record.size},
                          log::Field::if_any("removed", record.removed),
                          {"result", "stored"},
                          log::Field::if_any("mark", score ? name_of(record.mark) : ""),
                          log::Field::if_any("score", score)});
    return;
  }
  // All that come while the store does not answer.
  const Reply& answer = answer_to(stored.error());
  log::warning("message", {log::Field::varying("id", record.id.text()),
                           log::Field::varying("session", session_.id()),
                           log::Field::telling_kind(source_name(peer)),
                           log::Field::varying("peer", peer.to_string()),
                           log::Field::varying("from", record.from),
                           log::Field::varying("inbox", record.inbox),
                           log::Field::varying("inboxes", record.inboxes),
                           log::Field::varying("size", record.size),
                           {"result", "deferred"},
                           {"code", answer.code},
                           {"reason", answer.reason},
                           {"error", stored.error().what}});
}

void Connection::count_session() const {
  if (session_.transaction().peer.health_check) return;
  loop_.metrics.session.observe(std::chrono::duration<double>(loop_.clock.monotonic() - started_).count());
  for (std::size_t i = 0; i < loop_.metrics.phases.size(); ++i)
    if (const unsigned times = session_.phases()[i]) loop_.metrics.phases[i]->add(times);
}

void Connection::log_session() const {
  const mail::Transaction& transaction = session_.transaction();
  const auto millis = std::chrono::duration_cast<Millis>(loop_.clock.monotonic() - started_).count();
  const auto level = transaction.peer.health_check ? log::Level::debug : log::Level::info;
  const auto one_of_many = [in_vain = session_.messages() == 0](std::string_view key, const auto& value) {
    return in_vain ? log::Field::varying(key, value) : log::Field(key, value);  // who brought mail is told of always
  };
  log::write(level, "session",
             {one_of_many("session", session_.id()),
              log::Field::telling_kind(source_name(transaction.peer)),
              one_of_many("peer", transaction.peer.to_string()),
              one_of_many("helo", transaction.helo),
              {"tls", transaction.tls.active() ? transaction.tls.protocol : "no"},
              {"messages", session_.messages()},
              one_of_many("commands", session_.commands()),
              one_of_many("refused", refused_),
              {"reason", reason_},
              {"end", end_},
              one_of_many("ms", millis)});
}

}  // namespace maildrop::smtp
