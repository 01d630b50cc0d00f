/// grammar.cc: taking command lines apart.
#include "smtp/grammar.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/text.h"

namespace maildrop::smtp {

namespace {

struct Word {
  std::string_view text;
  Verb verb;
};

constexpr Word kWords[] = {
    {"MAIL", Verb::mail},          {"RCPT", Verb::rcpt},          {"DATA", Verb::data},
    {"EHLO", Verb::ehlo},          {"QUIT", Verb::quit},          {"RSET", Verb::rset},
    {"HELO", Verb::helo},          {"NOOP", Verb::noop},          {"VRFY", Verb::vrfy},
    {"EXPN", Verb::expn},          {"HELP", Verb::help},          {"STARTTLS", Verb::starttls},
    {"AUTH", Verb::unimplemented}, {"BDAT", Verb::bdat},          {"TURN", Verb::unimplemented},
    {"ETRN", Verb::unimplemented}, {"ATRN", Verb::unimplemented}, {"SEND", Verb::unimplemented},
    {"SOML", Verb::unimplemented}, {"SAML", Verb::unimplemented}, {"XCLIENT", Verb::xclient},
    {"LHLO", Verb::lhlo},          {"GET", Verb::foreign},        {"POST", Verb::foreign},
    {"PUT", Verb::foreign},        {"HEAD", Verb::foreign},       {"DELETE", Verb::foreign},
    {"OPTIONS", Verb::foreign},    {"CONNECT", Verb::foreign},    {"PATCH", Verb::foreign},
    {"TRACE", Verb::foreign},      {"PRI", Verb::foreign},        {"PROXY", Verb::foreign},
    {"USER", Verb::foreign},
};

constexpr std::size_t kMaxHelo = 255;  // RFC 5321 4.5.3.1.2

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// Takes `FROM:` or `TO:` and the spaces that many clients put behind it.
bool take_keyword(std::string_view& text, std::string_view keyword) {
  if (text.size() < keyword.size() || !equals_ignoring_case(text.substr(0, keyword.size()), keyword)) return false;
  text.remove_prefix(keyword.size());
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return true;
}

/// Up to 20 digits (RFC 1870 3); what does not fit in 64 bits is larger than any limit.
bool parse_size_value(std::string_view text, std::uint64_t& size) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (text.empty() || text.size() > 20) return false;
  size = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    size = size > (kMax - digit) / 10 ? kMax : size * 10 + digit;
  }
  return true;
}

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};

/// The next ` NAME[=VALUE]` of `text`; false when there is none left.
bool next_parameter(std::string_view& text, Parameter& parameter) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (text.empty()) return false;
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  const std::size_t equals = word.find('=');
  parameter.name = word.substr(0, equals);
  parameter.has_value = equals != std::string_view::npos;
  parameter.value = parameter.has_value ? word.substr(equals + 1) : std::string_view();
  return true;
}

class MailParameters {
 public:
  explicit MailParameters(MailCommand& command) : command_(command) {}

  /// nullptr: taken.
  const Reply* take(const Parameter& parameter) {
    if (equals_ignoring_case(parameter.name, "SIZE")) return take_size(parameter);
    if (equals_ignoring_case(parameter.name, "BODY")) return take_body(parameter);
    if (equals_ignoring_case(parameter.name, "SMTPUTF8")) return take_utf8(parameter);
    return &reply::unknown_parameter;
  }

 private:
  const Reply* take_size(const Parameter& parameter) {
    if (has_size_ || !parse_size_value(parameter.value, command_.size)) return &reply::bad_parameter;
    has_size_ = true;
    return nullptr;
  }

  const Reply* take_body(const Parameter& parameter) {
    if (has_body_) return &reply::bad_parameter;
    has_body_ = true;
    command_.eight_bit = equals_ignoring_case(parameter.value, "8BITMIME");
    command_.binary = equals_ignoring_case(parameter.value, "BINARYMIME");
    const bool known = command_.eight_bit || command_.binary || equals_ignoring_case(parameter.value, "7BIT");
    return known ? nullptr : &reply::bad_parameter;
  }

  const Reply* take_utf8(const Parameter& parameter) {
    if (command_.smtputf8 || parameter.has_value) return &reply::bad_parameter;
    command_.smtputf8 = true;
    return nullptr;
  }

  MailCommand& command_;
  bool has_size_ = false;
  bool has_body_ = false;
};

/// The path at the start of `text`, which is shortened by it. A path is followed by a space or nothing.
Result<mail::Address> take_path(std::string_view& text, const mail::PathOptions& options) {
  mail::ParsedPath path = TRY(mail::parse_path(text, options));
  text.remove_prefix(path.length);
  if (!text.empty() && text.front() != ' ') return fail(Code::invalid, "text after the path");
  return std::move(path.address);
}

}  // namespace

Command parse_command(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  std::string_view argument = line.substr(word.size());
  while (!argument.empty() && argument.front() == ' ') argument.remove_prefix(1);
  while (!argument.empty() && argument.back() == ' ') argument.remove_suffix(1);
  for (const Word& known : kWords)
    if (equals_ignoring_case(word, known.text)) return {known.verb, argument};
  if (word.starts_with("SSH-")) return {Verb::foreign, argument};  // its version goes on in the same word
  return {Verb::unknown, argument};
}

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

tl::expected<std::string, Reply> parse_helo(std::string_view argument) {
  const std::string_view name = argument.substr(0, argument.find(' '));
  if (name.empty() || name.size() > kMaxHelo || !is_printable_ascii(name))
    return tl::unexpected<Reply>(reply::helo_syntax);
  return std::string(name);
}

tl::expected<MailCommand, Reply> parse_mail(std::string_view argument, bool esmtp) {
  if (!take_keyword(argument, "FROM:")) return tl::unexpected<Reply>(reply::mail_syntax);
  MailCommand command;
  // SMTPUTF8 comes behind the path that needs it, so the path is parsed as if it were there.
  Result<mail::Address> from = take_path(argument, {.allow_null = true, .allow_postmaster = false});
  if (!from) return tl::unexpected<Reply>(reply::bad_sender);
  command.from = std::move(*from);

  MailParameters parameters(command);
  Parameter parameter;
  while (next_parameter(argument, parameter)) {
    const Reply* refusal = esmtp ? parameters.take(parameter) : &reply::unknown_parameter;
    if (refusal) return tl::unexpected<Reply>(*refusal);
  }
  if (command.from.utf8 && !command.smtputf8) return tl::unexpected<Reply>(reply::needs_utf8);
  return command;
}

std::optional<BdatCommand> parse_bdat(std::string_view argument) {
  const std::string_view size = argument.substr(0, argument.find(' '));
  std::string_view rest = argument.substr(size.size());
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  BdatCommand command;
  command.last = equals_ignoring_case(rest, "LAST");
  if (!parse_size_value(size, command.size) || !(rest.empty() || command.last)) return std::nullopt;
  return command;
}

tl::expected<mail::Address, Reply> parse_rcpt(std::string_view argument, bool smtputf8) {
  if (!take_keyword(argument, "TO:")) return tl::unexpected<Reply>(reply::rcpt_syntax);
  Result<mail::Address> to = take_path(argument, {.allow_null = false, .allow_postmaster = true});
  if (!to) return tl::unexpected<Reply>(reply::bad_recipient);
  Parameter parameter;
  if (next_parameter(argument, parameter)) return tl::unexpected<Reply>(reply::unknown_parameter);
  if (to->utf8 && !smtputf8) return tl::unexpected<Reply>(reply::needs_utf8);
  return std::move(*to);
}

}  // namespace maildrop::smtp
