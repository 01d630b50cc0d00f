/// session.cc: the dialog of commands. For every one alike: check, ask the filters (session_phases.cc), then proceed;
/// the message itself is in session_message.cc.
#include "smtp/session.h"

#include <algorithm>

#include "core/text.h"
#include "smtp/xclient.h"

namespace maildrop::smtp {

using filter::Phase;
using service::Flood;

namespace {

constexpr std::uint64_t kLeastRoom = 64 * 1024;  // bytes of limits.memory that must be left when a message begins

}  // namespace

Session::Session(std::shared_ptr<const Policy> policy, std::string id, Opening opening, Means means)
    : policy_(std::move(policy)),
      id_(std::move(id)),
      means_(std::move(means)),
      transcript_(policy_->config.smtp.transcript_size),
      tls_(opening.tls) {
  transaction_.peer = std::move(opening.peer);
  transaction_.tls = std::move(opening.balancer_tls);
  transaction_.lmtp = opening.lmtp;
  transaction_.session = id_;
  const mail::Peer& peer = transaction_.peer;
  may_tell_client_ = !peer.local && !peer.health_check && contains(policy_->config.xclient.networks, peer.address);
  if (means_.memory) transaction_.memory = BudgetShare(*means_.memory);
  share_memory();
  transcript_.begin(id_, 1);
  if (tls_ == TlsUse::first) {
    want_ = Want::tls;
  } else {
    ask(Phase::connect);
  }
}

void Session::share_memory() {
  for (std::size_t i = 0; i < smaller_.size(); ++i)
    smaller_[i] = means_.smaller[i] ? BudgetShare(*means_.smaller[i]) : BudgetShare();
}

// --- bytes in ---

std::size_t Session::consume(std::string_view bytes) {
  std::size_t used = 0;
  while (want_ == Want::input && used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    switch (state_) {
      case State::data: used += consume_data(rest); break;
      case State::chunk: used += consume_chunk(rest); break;
      default: used += consume_line(rest); break;
    }
  }
  return used;
}

std::size_t Session::consume_line(std::string_view bytes) {
  if (lines_.at_start() && hears_another_protocol(bytes.front())) return 0;
  std::size_t used = 0;
  std::string_view line;
  const LineReader::Limits limits{policy_->config.limits.command_line,
                                  policy_->config.smtp.bare_newline == SmtpSettings::BareNewline::tolerate};
  switch (lines_.read(bytes, limits, used, line)) {
    case LineReader::Status::more: break;
    case LineReader::Status::line:
      followed_ = used < bytes.size();
      run(line);
      break;
    case LineReader::Status::too_long:
      ++commands_;
      refuse_line(line, reply::line_too_long);
      break;
    case LineReader::Status::endless: refuse_and_close(reply::line_too_long); break;
    case LineReader::Status::bare_newline:
      // Nothing behind it is run: which line it belongs to is what an attacker wants us to guess.
      refuse_and_close(reply::bare_newline_command);
      break;
  }
  return used;
}

// --- commands ---

void Session::run(std::string_view line) {
  ++commands_;
  const Command command = parse_command(line);
  note_replies();
  transcript_.client(line, command.verb != Verb::unknown);
  if (has_control(line)) return refuse_line(line, reply::control_character);
  if (state_ == State::refused) {
    // RFC 5321 3.1: after a 554 greeting only QUIT works.
    if (command.verb == Verb::quit) {
      quit_ = true;
      say(reply::bye);
      return close();
    }
    refuse(reply::filter_reject_connect);
    if (command.verb == Verb::bdat) close();  // its octets are no commands
    return;
  }
  switch (command.verb) {
    case Verb::helo:
    case Verb::ehlo:
      // RFC 2033 4.1: who takes this for SMTP would misread the replies to a message.
      if (transaction_.lmtp) return refuse(reply::only_lhlo);
      return run_helo(command.argument, command.verb == Verb::ehlo);
    case Verb::lhlo:
      if (!transaction_.lmtp) return refuse(reply::not_implemented);
      return run_helo(command.argument, true);
    case Verb::mail: return run_mail(command.argument);
    case Verb::rcpt: return run_rcpt(command.argument);
    case Verb::data: return run_data(command.argument);
    case Verb::bdat: return run_bdat(command.argument);
    case Verb::starttls: return run_starttls(command.argument);
    case Verb::xclient: return run_xclient(command.argument);
    case Verb::rset: return run_rset(command.argument);
    case Verb::quit:
      if (!command.argument.empty()) return refuse(reply::no_arguments);
      quit_ = true;
      say(reply::bye);
      return close();
    case Verb::noop: say(reply::ok); return count_junk();
    case Verb::vrfy:
      if (command.argument.empty()) return refuse(reply::bad_recipient);
      say(reply::cannot_verify);
      return count_junk();
    case Verb::help: return run_help();
    case Verb::expn:
    case Verb::unimplemented: return refuse(reply::not_implemented);
    case Verb::foreign: return refuse_and_close(reply::not_smtp);
    case Verb::unknown: break;
  }
  refuse(reply::unknown_command);
  if (want_ == Want::close || ++unknown_ < policy_->config.limits.unknown_commands) return;
  say(reply::too_many_unknown);
  close();
}

void Session::run_helo(std::string_view argument, bool esmtp) {
  tl::expected<std::string, Reply> name = parse_helo(argument);
  if (!name) return refuse(name.error());
  reset();  // RFC 5321 4.1.4: a new EHLO ends the transaction
  greeted_ = false;
  transaction_.helo = std::move(*name);
  transaction_.esmtp = esmtp;
  transaction_.early.helo |= followed_;
  ask(Phase::helo);
}

void Session::run_mail(std::string_view argument) {
  if (!greeted_) return refuse(transaction_.lmtp ? reply::need_lhlo : reply::need_helo);
  if (in_transaction_) return refuse(reply::nested_mail);
  tl::expected<MailCommand, Reply> mail = parse_mail(argument, transaction_.esmtp);
  if (!mail) return refuse(mail.error());
  refused_mail_ = true;  // until it is accepted
  if (mail->size > policy_->config.mail.max_size) return refuse(reply::too_large);
  // No promise, but who would surely be refused after sending it all is told before.
  const auto is_full = [&](const Budget* memory) {
    return memory && memory->used() + std::max(mail->size, kLeastRoom) > memory->limit();
  };
  const bool full = is_full(means_.memory) || is_full(means_.smaller[0].get()) || is_full(means_.smaller[1].get()) ||
                    !leaves_enough();
  if (full || !take(Flood::Of::message)) {
    say(full ? reply::no_memory : reply::message_rate);
    return count_junk();  // or he could ask for ever
  }
  transaction_.from = std::move(mail->from);
  transaction_.smtputf8 = mail->smtputf8;
  transaction_.eight_bit = mail->eight_bit;
  transaction_.binary = mail->binary;
  transaction_.declared_size = mail->size;
  ask(Phase::mail);
}

void Session::run_rcpt(std::string_view argument) {
  if (!in_transaction_) return refuse_order(reply::need_mail);
  if (chunks_) return refuse(reply::chunks_begun);
  refused_recipient_ = true;  // until it is accepted
  tl::expected<mail::Address, Reply> to = parse_rcpt(argument, transaction_.smtputf8);
  if (!to) return refuse_recipient(to.error(), {}, argument);
  if (!take(Flood::Of::recipient)) return put_off_recipient(reply::recipient_rate);
  if (!policy_->accepts(*to)) return refuse_recipient(reply::relaying_denied, to->to_string());
  Result<mail::Inbox> inbox = mail::Inbox::of(*to, policy_->config.inbox, policy_->hostname);
  if (!inbox) return refuse_recipient(reply::bad_inbox, to->to_string());
  const mail::Inbox named = *inbox;
  inbox = mail::destination(policy_->aliases, std::move(*inbox), means_.clock ? means_.clock->now() : Time{});
  if (!inbox) return refuse_recipient(reply::no_such_alias, to->to_string());
  std::vector<mail::Recipient>& recipients = transaction_.recipients;
  // By the names alone: that one of them is an alias of another would be heard by who guesses at it.
  const bool known = std::any_of(recipients.begin(), recipients.end(), [&](const mail::Recipient& other) {
    return other.alias.value_or(other.inbox) == named;
  });
  if (known && ++surplus_ <= policy_->config.limits.recipient_overshoot) {
    refused_recipient_ = false;  // two spellings of one inbox: it gets the message once
    ++accepted_;
    return say(reply::recipient_ok);
  }
  if (known || recipients.size() >= policy_->config.limits.recipients)
    return put_off_recipient(reply::too_many_recipients);
  const bool is_alias = *inbox != named;
  recipients.push_back({std::move(*to), std::move(*inbox)});
  if (is_alias) recipients.back().alias = named;
  if (!hold(bytes_beside_data())) {
    recipients.pop_back();
    return put_off_recipient(reply::no_memory);
  }
  ask(Phase::rcpt);
}

/// Who has more recipients than we take now tries again with the rest (RFC 5321 4.5.3.1.10): no error, up to a point.
void Session::put_off_recipient(const Reply& reply) {
  if (++surplus_ > policy_->config.limits.recipient_overshoot) return refuse(reply);
  say(reply);
}

/// Why a message cannot begin.
const Reply& Session::no_recipients() const {
  // RFC 2033 4.2 has but one code for it.
  return refused_recipient_ && !transaction_.lmtp ? reply::no_valid_recipients : reply::need_rcpt;
}

/// An estimate: of recipients four texts beside the list itself.
std::size_t Session::bytes_beside_data() const {
  constexpr std::size_t kTexts = 256;
  return transaction_.recipients.capacity() * sizeof(mail::Recipient) + transaction_.recipients.size() * kTexts +
         (in_transaction_ ? transcript_.text().capacity() : 0);
}

void Session::run_data(std::string_view argument) {
  if (!argument.empty()) return refuse(reply::no_arguments);
  if (!in_transaction_) return refuse_order(reply::need_mail);
  if (chunks_) return refuse(reply::chunks_begun);
  if (transaction_.recipients.empty()) return refuse(no_recipients());
  if (transaction_.binary) return refuse(reply::need_bdat);
  data_ = std::make_unique<DataReader>(policy_->config.smtp.bare_newline == SmtpSettings::BareNewline::tolerate);
  discarded_ = 0;
  ++begun_;
  transaction_.early.data = followed_;
  state_ = State::data;
  say(reply::go_ahead);
}

void Session::run_rset(std::string_view argument) {
  if (!argument.empty()) return refuse(reply::no_arguments);
  reset();
  say(reply::ok);
  count_junk();
}

void Session::run_help() {
  output_ += "214-2.0.0 maildrop takes mail for its inboxes and sends nothing on\r\n";
  output_ += transaction_.lmtp ? "214 2.0.0 LHLO" : "214 2.0.0 EHLO HELO";
  if (offers_tls()) output_ += " STARTTLS";
  output_ += " MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT\r\n";
  count_junk();
}

void Session::capabilities() {
  output_ += "250-" + policy_->hostname + "\r\n";
  output_ += "250-PIPELINING\r\n250-SIZE " + std::to_string(policy_->config.mail.max_size) + "\r\n";
  output_ += "250-8BITMIME\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n";
  if (offers_tls()) output_ += "250-STARTTLS\r\n";
  if (may_tell_client_) output_ += "250-XCLIENT " + std::string(kXclientAttributes) + "\r\n";
  output_ += "250-LIMITS RCPTMAX=" + std::to_string(policy_->config.limits.recipients) + "\r\n250 HELP\r\n";
}

// --- replies and ends ---

void Session::say(const Reply& reply) {
  if (!reply.reason.empty()) refusals_.push_back({reply.code, reply.reason});
  append(output_, reply, id_);
}

/// Ends a transaction: the answer to its message, in LMTP one for each recipient that was accepted (RFC 2033 4.2).
void Session::answer_message(std::string_view text) {
  repeat(text);
  reset();
}

void Session::repeat(std::string_view text) {
  const unsigned times = transaction_.lmtp ? std::max(1U, accepted_) : 1;
  for (unsigned i = 0; i < times; ++i) output_ += text;
}

void Session::answer_message(const Reply& reply) {
  if (!reply.reason.empty()) refusals_.push_back({reply.code, reply.reason});
  std::string text;
  append(text, reply, id_);
  answer_message(text);
}

void Session::refuse_recipient(const Reply& reply, std::string to, std::string_view argument) {
  const std::size_t at = refusals_.size();
  refuse(reply);
  Refusal& said = refusals_[at];  // every refusal has a reason, so it is there; a 421 may be behind it
  said.of = Refusal::Of::recipient;
  said.from = transaction_.from.is_null() ? std::string() : transaction_.from.to_string();
  said.to = std::move(to);
  said.argument = argument;
}

Refusal Session::refused_message(const Reply& reply) const {
  Refusal refusal{reply.code, reply.reason, Refusal::Of::message};
  if (!transaction_.from.is_null()) refusal.from = transaction_.from.to_string();
  if (!transaction_.recipients.empty()) refusal.to = transaction_.recipients.front().address.to_string();
  for (const mail::Recipient& each : transaction_.recipients) refusal.recipients.push_back(each.address.to_string());
  refusal.size = transaction_.data.size();
  return refusal;
}

void Session::refuse(const Reply& reply) {
  say(reply);
  const bool outcast = !take(Flood::Of::error);
  if (!outcast && ++errors_ < policy_->config.limits.errors) return;
  say(outcast ? reply::error_rate : reply::too_many_errors);
  close();
}

/// A line that cannot be read. How many octets follow if it was a BDAT nobody knows: they must not be taken for
/// commands.
void Session::refuse_line(std::string_view begin, const Reply& reply) {
  if (!equals_ignoring_case(begin.substr(0, 4), "BDAT")) return refuse(reply);
  refuse_and_close(reply::bdat_syntax);
}

void Session::refuse_and_close(const Reply& reply) {
  say(reply);
  take(Flood::Of::error);
  close();
}

/// Who pipelines goes on behind a MAIL that was refused: each further command of his is no error of its own.
void Session::refuse_order(const Reply& reply) {
  if (!refused_mail_) return refuse(reply);
  say(reply);
  count_junk();
}

void Session::count_junk() {
  if (++junk_ <= policy_->config.limits.junk_commands) return;
  say(reply::too_much_junk);
  close();
}

void Session::end(const Reply& reply) {
  say(reply);
  close();
}

void Session::close() {
  want_ = Want::close;
  state_ = State::closed;
  drop_data();
}

/// Gives the memory back, too: an assignment of an empty string would keep it.
void Session::drop_data() {
  std::string().swap(transaction_.data);
  hold(bytes_beside_data());
}

void Session::reset() {
  transaction_.from = {};
  transaction_.smtputf8 = false;
  transaction_.eight_bit = false;
  transaction_.binary = false;
  transaction_.declared_size = 0;
  transaction_.early.data = false;
  std::vector<mail::Recipient>().swap(transaction_.recipients);  // its memory, too
  in_transaction_ = false;
  drop_data();
  data_refusal_.reset();
  chunks_.reset();
  refused_mail_ = false;
  refused_recipient_ = false;
  accepted_ = 0;
  surplus_ = 0;
  discard_.reset();
}

}  // namespace maildrop::smtp
