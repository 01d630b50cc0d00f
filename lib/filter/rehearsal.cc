/// rehearsal.cc: the order of phases, and who has a part in the message.
#include "filter/rehearsal.h"

#include <algorithm>
#include <utility>

#include "mail/headers.h"

namespace maildrop::filter {

Result<void> Rehearsal::run(Script script, const Decided& decided) {
  mail::Transaction& whole = script.transaction;
  transaction_.peer = whole.peer;
  transaction_.lmtp = whole.lmtp;
  TRY(ask(Phase::connect, decided));
  whole.peer.syn.clear();  // as a session does
  transaction_.peer = whole.peer;
  transaction_.early = whole.early;
  transaction_.esmtp = whole.esmtp;
  transaction_.helo = whole.helo;
  if (!whole.helo.empty()) TRY(ask(Phase::helo, decided));
  transaction_ = std::move(whole);
  transaction_.recipients.clear();
  transaction_.data.clear();
  TRY(ask(Phase::mail, decided));
  for (const mail::Recipient& each : script.to) TRY(ask_about(each, decided));
  if (transaction_.recipients.empty()) transaction_.recipients = std::move(script.to);
  if (script.message) {
    transaction_.data = script.message->substr(0, mail::scan_headers(*script.message).body);
    TRY(ask(Phase::headers, decided));
    transaction_.data = std::move(*script.message);
    TRY(ask(Phase::message, decided));
  }
  session_.finish();
  return {};
}

Result<Verdict> Rehearsal::ask(Phase phase, const Decided& decided) {
  TRY(world_.run(session_, phase, transaction_));
  Verdict verdict = session_.decide();
  decided(phase, transaction_, verdict);
  return verdict;
}

Result<void> Rehearsal::ask_about(const mail::Recipient& recipient, const Decided& decided) {
  transaction_.recipients.push_back(recipient);
  const Verdict verdict = TRY(ask(Phase::rcpt, decided));
  if (!verdict.refuses() && verdict.action != Action::discard) return {};
  transaction_.recipients.back().discarded = true;
  if (verdict.refuses()) transaction_.recipients.pop_back();
  for (TraceEntry& entry : session_.findings().trace().entries)
    if (entry.phase == Phase::rcpt) refused_.push_back(std::move(entry));
  return {};
}

Trace Rehearsal::trace() const {
  Trace trace = session_.findings().trace();
  trace.entries.insert(trace.entries.end(), refused_.begin(), refused_.end());
  std::stable_sort(trace.entries.begin(), trace.entries.end(),
                   [](const TraceEntry& a, const TraceEntry& b) { return a.phase < b.phase; });
  return trace;
}

}  // namespace maildrop::filter
