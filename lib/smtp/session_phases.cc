/// session_phases.cc: asking the filters at each phase, and what their verdicts do to the dialog.
#include <charconv>

#include "smtp/session.h"

namespace maildrop::smtp {

using filter::Phase;

namespace {

/// A filter's own reply, if it is one: three digits of a refusal and one line. Anything else would break the dialog.
bool is_refusal(std::string_view reply) {
  return reply.size() > 4 && (reply[0] == '4' || reply[0] == '5') && reply[1] >= '0' && reply[1] <= '5' &&
         reply[2] >= '0' && reply[2] <= '9' && reply[3] == ' ' && reply.size() <= 500 && !has_control(reply);
}

bool is_discarded(const mail::Recipient& recipient) { return recipient.discarded; }

}  // namespace

void Session::ask(Phase phase) {
  phase_ = phase;
  ++phases_[static_cast<std::size_t>(phase)];
  const bool asked = (policy_->terms.phases & filter::bit(phase)) != 0 && !transaction_.peer.exempt;
  if (asked) {
    want_ = Want::verdict;
  } else {
    proceed();
  }
}

void Session::answer(const filter::Verdict& verdict) {
  want_ = Want::input;
  if (state_ == State::closed) return close();  // it was ended while the question was out
  if (verdict.action == filter::Action::discard && phase_ == Phase::rcpt) {
    transaction_.recipients.back().discarded = true;
    discard_copy_ = std::make_unique<Discard>(Discard{verdict.reason, verdict.by, verdict.evidence});
  } else if (verdict.action == filter::Action::discard) {
    const bool all = phase_ == Phase::connect || phase_ == Phase::helo;
    (all ? discard_all_ : discard_) = std::make_unique<Discard>(Discard{verdict.reason, verdict.by, verdict.evidence});
  }
  if (verdict.refuses()) {
    refuse_phase(verdict, standard_reply(verdict));
  } else {
    proceed();
  }
}

void Session::unjudged(std::string why) {
  want_ = Want::input;
  if (state_ == State::closed) return close();
  filter::Verdict verdict;
  verdict.action = filter::Action::defer;
  verdict.reason = std::move(why);
  refuse_phase(verdict, phase_ == Phase::connect ? reply::filter_failed_connect : reply::filter_failed);
}

void Session::proceed() {
  switch (phase_) {
    case Phase::connect:
      transaction_.peer.syn = {};  // nobody asks for it again
      return helo_was_told_ ? ask(Phase::helo) : greet();
    case Phase::helo:
      greeted_ = true;
      if (std::exchange(helo_was_told_, false)) return greet();
      if (transaction_.esmtp) {
        capabilities();
      } else {
        output_ += "250 " + policy_->hostname + "\r\n";
      }
      return count_junk();
    case Phase::mail:
      in_transaction_ = true;
      refused_mail_ = false;
      return say(reply::sender_ok);
    case Phase::rcpt:
      refused_recipient_ = false;
      ++accepted_;
      return say(reply::recipient_ok);
    case Phase::headers: return headers_judged();
    case Phase::message:
      if (discard_) return refuse_message(reply::discarded, *discard_);
      if (discard_all_) return refuse_message(reply::discarded, *discard_all_);
      if (std::all_of(transaction_.recipients.begin(), transaction_.recipients.end(), is_discarded))
        return refuse_message(reply::discarded, *discard_copy_);
      std::erase_if(transaction_.recipients, is_discarded);
      return message_judged();
  }
}

void Session::greet() {
  output_ += "220 " + policy_->hostname + (transaction_.lmtp ? " LMTP maildrop\r\n" : " ESMTP maildrop\r\n");
}

const Reply& Session::standard_reply(const filter::Verdict& verdict) const {
  const bool at_connect = phase_ == Phase::connect;
  if (verdict.action == filter::Action::defer) return at_connect ? reply::filter_defer_connect : reply::filter_defer;
  return at_connect ? reply::filter_reject_connect : reply::filter_reject;
}

void Session::refuse_phase(const filter::Verdict& verdict, const Reply& standard) {
  refusals_.push_back(refused_by_filter(verdict, standard));
  // RFC 5321 4.2.1: a 421, and so a 521, is the last that is said.
  const bool hang_up = verdict.action == filter::Action::disconnect ||
                       (is_refusal(verdict.reply) && std::string_view(verdict.reply).substr(1, 2) == "21");
  switch (phase_) {
    case Phase::connect:
      output_ += verdict_text(verdict, standard);
      if (verdict.action == filter::Action::defer) return close();  // 421: RFC 5321 3.1 has no session behind it
      state_ = State::refused;
      break;
    case Phase::helo: helo_was_told_ = false; [[fallthrough]];
    case Phase::mail:
      output_ += verdict_text(verdict, standard);
      reset();
      refused_mail_ = phase_ == Phase::mail;
      count_junk();  // or a peer could be refused for ever
      break;
    case Phase::rcpt:
      transaction_.recipients.pop_back();
      output_ += verdict_text(verdict, standard);
      count_junk();
      break;
    case Phase::headers: {
      data_refusal_ = std::make_unique<std::string>(verdict_text(verdict, standard));  // belongs behind the dot
      drop_data();
      if (hang_up) {
        repeat(*data_refusal_);
      } else {
        headers_judged();
      }
      break;
    }
    case Phase::message: answer_message(verdict_text(verdict, standard)); break;
  }
  if (hang_up) close();
}

Refusal Session::refused_by_filter(const filter::Verdict& verdict, const Reply& standard) const {
  Refusal refusal = refused_message(standard);
  if (is_refusal(verdict.reply)) std::from_chars(verdict.reply.data(), verdict.reply.data() + 3, refusal.code);
  refusal.why = verdict.reason;
  refusal.by = verdict.by;
  refusal.evidence = verdict.evidence;
  if (phase_ == Phase::headers || phase_ == Phase::message) return refusal;
  refusal.of = phase_ == Phase::rcpt ? Refusal::Of::recipient : Refusal::Of::command;
  if (phase_ == Phase::rcpt) refusal.to = transaction_.recipients.back().address.to_string();
  return refusal;
}

std::string Session::verdict_text(const filter::Verdict& verdict, const Reply& standard) const {
  if (is_refusal(verdict.reply)) return verdict.reply + " [" + id_ + "]\r\n";
  std::string text;
  append(text, standard, id_);
  return text;
}

}  // namespace maildrop::smtp
