/// client_dialog.cc: what is said when, and whom a reply decides on.
#include "smtp/client_dialog.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "mail/address.h"

namespace maildrop::smtp {

namespace {

constexpr std::size_t kPiece = 64 * 1024;  // of a message, made ready at once
constexpr int kClosing = 421;              // RFC 5321 3.8: to any command, and the connection ends

Fate fate_of(int code) {
  if (code / 100 == 2) return Fate::accepted;
  return code / 100 == 4 ? Fate::deferred : Fate::refused;
}

bool is_reply_line(std::string_view line) {
  const auto digit = [&](std::size_t at, char last) { return line[at] >= '0' && line[at] <= last; };
  if (line.size() < 3 || line[0] < '2' || !digit(0, '5') || !digit(1, '9') || !digit(2, '9')) return false;
  return line.size() == 3 || line[3] == ' ' || line[3] == '-';
}

/// RFC 3461 4.
std::string xtext(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '+' && c != '=') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append("+").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

bool has_eight_bit(std::string_view data) {
  return std::any_of(data.begin(), data.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool ends_in_crlf(std::string_view data) {
  return data.empty() || (data.size() > 1 && data.substr(data.size() - 2) == "\r\n");
}

/// What is wrong with an address as it stood in a record; empty: it may be sent. `utf8` becomes true if it needs that.
std::string objection(std::string_view address, const mail::PathOptions& options, bool& utf8) {
  const std::string path = "<" + std::string(address) + ">";
  const auto parsed = mail::parse_path(path, options);
  if (!parsed) return parsed.error().what;
  if (parsed->length != path.size()) return "something behind the address";
  utf8 = utf8 || parsed->address.utf8;
  return "";
}

}  // namespace

ClientDialog::ClientDialog(ClientOptions options) : options_(std::move(options)), out_(options_.preamble) {}

ClientDialog::State ClientDialog::state() const {
  if (step_ == Step::ended) return State::ended;
  return step_ == Step::ready ? State::ready : State::busy;
}

// --- output ---

void ClientDialog::say(std::string_view line) {
  if (written_ == out_.size()) {
    out_.clear();
    written_ = 0;
  }
  out_.append(line).append("\r\n");
}

void ClientDialog::say_hello() {
  step_ = Step::hello;
  offers_ = {};
  const bool other = client_told_ && !options_.client_helo.empty();
  say((options_.lmtp ? "LHLO " : "EHLO ") + (other ? options_.client_helo : options_.helo));
}

void ClientDialog::say_xclient() {
  if (!offers_.xclient_address) return end({Fate::unsendable, "the server does not offer XCLIENT ADDR to this client"});
  step_ = Step::xclient;
  std::string line = "XCLIENT ADDR=" + xtext((options_.client->is_v4() ? "" : "IPV6:") + options_.client->to_string());
  if (offers_.xclient_helo && !options_.client_helo.empty()) line += " HELO=" + xtext(options_.client_helo);
  say(line);
}

std::string_view ClientDialog::output() {
  if (written_ == out_.size() && step_ == Step::body && at_ < message_.data.size()) stuff();
  return std::string_view(out_).substr(written_);
}

void ClientDialog::wrote(std::size_t bytes) { written_ += bytes; }

/// The next piece of the message, with a second dot before each that begins a line (RFC 5321 4.5.2).
void ClientDialog::stuff() {
  out_.clear();
  written_ = 0;
  const std::string_view data = message_.data;
  const std::size_t end = std::min(data.size(), at_ + kPiece);
  while (at_ < end) {
    if (data[at_] == '.' && ends_in_crlf(data.substr(0, at_))) out_ += '.';
    const std::string_view piece = data.substr(at_, end - at_);
    const std::size_t newline = piece.find("\n.");
    out_.append(piece.substr(0, newline == piece.npos ? newline : newline + 1));
    at_ = newline == piece.npos ? end : at_ + newline + 1;
  }
  if (at_ == data.size()) out_.append(ends_in_crlf(data) ? ".\r\n" : "\r\n.\r\n");
}

// --- input ---

void ClientDialog::consume(std::string_view bytes) {
  while (!bytes.empty() && step_ != Step::ended) {
    std::size_t used = 0;
    std::string_view line;
    const auto status = lines_.read(bytes, {kMaxReplyLine, true}, used, line);
    bytes.remove_prefix(used);
    if (status == LineReader::Status::more) return;
    if (status != LineReader::Status::line) return end({Fate::lost, "a reply line that is too long"});
    if (!take_line(line)) continue;
    ++replies_;
    handle(std::exchange(reply_, {}));
  }
}

/// true: the reply is whole.
bool ClientDialog::take_line(std::string_view line) {
  if (!is_reply_line(line)) {
    end({Fate::lost, "no SMTP reply: " + std::string(line.substr(0, 100))});
    return false;
  }
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (reply_.lines++ == 0) {
    reply_.code = code;
    reply_.text = line.substr(0, 3);
    if (line.size() > 4) reply_.text.append(" ").append(line.substr(4));
  } else if (code != reply_.code) {
    end({Fate::lost, "a reply of two codes"});
    return false;
  } else if (reply_.lines > kMaxReplyLines) {
    end({Fate::lost, "a reply of too many lines"});
    return false;
  } else if (step_ == Step::hello && line.size() > 4) {
    note_offer(line.substr(4));
  }
  return line.size() == 3 || line[3] == ' ';
}

/// A line of EHLO behind the first.
void ClientDialog::note_offer(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  const auto is = [&](std::string_view name) { return equals_ignoring_case(word, name); };
  if (is("PIPELINING")) offers_.pipelining = true;
  if (is("8BITMIME")) offers_.eight_bit = true;
  if (is("SMTPUTF8")) offers_.utf8 = true;
  if (is("SIZE")) offers_.size = true;
  if (!is("XCLIENT")) return;
  for (const std::string_view attribute : split(line, ' ')) {
    if (equals_ignoring_case(attribute, "ADDR")) offers_.xclient_address = true;
    if (equals_ignoring_case(attribute, "HELO")) offers_.xclient_helo = true;
  }
}

void ClientDialog::handle(const Reply& reply) {
  if (reply.code == kClosing) return end({Fate::deferred, reply.text});
  switch (step_) {
    case Step::greeting:
    case Step::hello:
    case Step::helo:
    case Step::xclient: return greeted(reply);
    case Step::envelope: return answered(reply);
    case Step::body: return stored(reply);
    case Step::reset:
      if (reply.code / 100 != 2) return end({Fate::lost, "RSET: " + reply.text});
      step_ = Step::ready;
      return;
    case Step::ready: return end({Fate::lost, "said without being asked: " + reply.text});
    case Step::quit: return end({Fate::accepted, reply.text});
    case Step::ended: return;
  }
}

void ClientDialog::greeted(const Reply& reply) {
  const bool taken = reply.code / 100 == 2;
  if (step_ == Step::hello && reply.code / 100 == 5 && !options_.lmtp && !client_told_) {
    step_ = Step::helo;  // RFC 5321 3.2: a server of the old days
    offers_ = {};
    return say("HELO " + options_.helo);
  }
  if (!taken) return end({fate_of(reply.code), reply.text});
  if (step_ == Step::xclient) client_told_ = true;
  if (step_ == Step::greeting || step_ == Step::xclient) return say_hello();  // XCLIENT: greeted once more
  if (options_.client && !client_told_) return say_xclient();
  step_ = Step::ready;
}

// --- a message ---

void ClientDialog::begin(ClientMessage message) {
  message_ = std::move(message);
  outcomes_.assign(message_.to.size(), std::nullopt);
  asked_.clear();
  said_ = heard_ = at_ = 0;
  mail_taken_ = all_known_ = utf8_ = false;
  eight_bit_ = has_eight_bit(message_.data);
  const std::string wrong = objection(message_.from, {.allow_null = true}, utf8_);
  for (std::size_t i = 0; i < message_.to.size(); ++i) {
    const std::string why = objection(message_.to[i], {.allow_postmaster = true}, utf8_);
    if (!why.empty()) {
      resolve(i, {Fate::unsendable, "recipient '" + std::string(message_.to[i]) + "': " + why});
    } else {
      asked_.push_back(i);
    }
  }
  if (!wrong.empty()) resolve_open({Fate::unsendable, "sender '" + std::string(message_.from) + "': " + wrong});
  if (utf8_ && !offers_.utf8) resolve_open({Fate::unsendable, "the server does not offer SMTPUTF8"});
  if (eight_bit_ && !offers_.eight_bit) resolve_open({Fate::unsendable, "the server does not offer 8BITMIME"});
  if (all_known_) return;
  step_ = Step::envelope;
  ask_next();
}

void ClientDialog::say_mail() {
  std::string line = "MAIL FROM:<" + std::string(message_.from) + ">";
  const std::size_t size = message_.data.size() + (ends_in_crlf(message_.data) ? 0 : 2);
  if (offers_.size) line += " SIZE=" + std::to_string(size);
  if (eight_bit_) line += " BODY=8BITMIME";
  if (utf8_) line += " SMTPUTF8";
  say(line);
}

/// The next command, or all of them.
void ClientDialog::ask_next() {
  const std::size_t commands = asked_.size() + 2;
  do {
    if (said_ == 0) {
      say_mail();
    } else if (said_ <= asked_.size()) {
      say("RCPT TO:<" + std::string(message_.to[asked_[said_ - 1]]) + ">");
    } else {
      say("DATA");
    }
    ++said_;
  } while (offers_.pipelining && said_ < commands);
}

/// To a command of the envelope.
void ClientDialog::answered(const Reply& reply) {
  const std::size_t command = heard_++;
  if (command > asked_.size()) return answered_data(reply);
  const bool taken = reply.code / 100 == 2;
  const Outcome refusal{fate_of(reply.code), reply.text};
  if (command == 0) {
    mail_taken_ = taken;
    if (!taken) resolve_open(refusal);
  } else if (!taken) {
    resolve(asked_[command - 1], refusal);
  }
  if (heard_ < said_) return;
  if (all_known_) return finish(mail_taken_);
  ask_next();
}

void ClientDialog::answered_data(const Reply& reply) {
  if (reply.code != 354) {
    resolve_open({reply.code / 100 == 2 ? Fate::lost : fate_of(reply.code), reply.text});
    return finish(mail_taken_);
  }
  // Behind 354 only a dot would bring us back: without one nothing is delivered, and that is what is wanted.
  if (all_known_) return end({Fate::lost, "DATA without a recipient was answered 354"});
  step_ = Step::body;
  if (message_.data.empty()) say(".");
}

/// To the final dot: one for all, or with LMTP for each recipient that was accepted.
void ClientDialog::stored(const Reply& reply) {
  const Outcome outcome{fate_of(reply.code), reply.text};
  const bool whole = at_ == message_.data.size() && written_ == out_.size();
  if (!whole)
    return end(outcome.fate == Fate::accepted ? Outcome{Fate::lost, "answered before the final dot"} : outcome);
  if (!options_.lmtp) {
    resolve_open(outcome);
  } else {
    resolve(*std::find_if(asked_.begin(), asked_.end(), [&](std::size_t i) { return !outcomes_[i]; }), outcome);
  }
  if (all_known_) finish(false);
}

void ClientDialog::resolve(std::size_t recipient, const Outcome& outcome) {
  if (outcomes_[recipient]) return;
  outcomes_[recipient] = outcome;
  all_known_ = std::all_of(outcomes_.begin(), outcomes_.end(), [](const auto& each) { return each.has_value(); });
}

void ClientDialog::resolve_open(const Outcome& outcome) {
  for (auto& each : outcomes_) {
    if (!each) each = outcome;
  }
  all_known_ = true;
}

void ClientDialog::finish(bool transaction_open) {
  step_ = transaction_open ? Step::reset : Step::ready;
  if (transaction_open) say("RSET");
}

std::optional<std::vector<Outcome>> ClientDialog::take_outcomes() {
  if (step_ == Step::envelope) return std::nullopt;  // replies are still to come, which belong to it
  if (!std::exchange(all_known_, false)) return std::nullopt;
  std::vector<Outcome> out;
  for (auto& each : std::exchange(outcomes_, {})) out.push_back(std::move(*each));
  return out;
}

void ClientDialog::quit() {
  step_ = Step::quit;
  say("QUIT");
}

void ClientDialog::lost(std::string_view why) {
  if (step_ == Step::ended) return;
  const bool sent = step_ == Step::body && at_ == message_.data.size() && written_ == out_.size();
  end({Fate::lost, std::string(why) + (sent ? " behind the final dot: it may have been stored" : "")});
}

void ClientDialog::end(Outcome why) {
  step_ = Step::ended;
  ending_ = std::move(why);
  if (!outcomes_.empty()) resolve_open(ending_);
}

}  // namespace maildrop::smtp
