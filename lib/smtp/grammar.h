/// grammar.h: the command lines of RFC 5321 4.1 with LHLO (RFC 2033), BDAT (RFC 3030) and STARTTLS (RFC 3207), and the
/// parameters of RFC 1870, 3030, 6152 and 6531. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "mail/address.h"
#include "smtp/reply.h"

namespace maildrop::smtp {

enum class Verb {
  helo,
  ehlo,
  lhlo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  quit,
  vrfy,
  expn,
  help,
  starttls,
  xclient,
  unimplemented,  // known words that this server does not offer: AUTH, TURN, ...
  foreign,        // another protocol's first word: GET, POST, CONNECT, ...
  unknown,
};

/// A line taken apart; views into it.
struct Command {
  Verb verb = Verb::unknown;
  std::string_view argument;  // after the word and its spaces, without spaces at the end
};

/// `line` without CRLF.
Command parse_command(std::string_view line);

/// A byte below 0x20 or 0x7f: never part of a command or a reply.
bool has_control(std::string_view line);

/// The client's name for itself: printable ASCII without spaces, at most 255 bytes, anything after a space dropped. Not
/// checked further: what a HELO is worth is a filter's opinion.
tl::expected<std::string, Reply> parse_helo(std::string_view argument);

struct MailCommand {
  mail::Address from;
  std::uint64_t size = 0;  // SIZE=; 0: not said. Beyond 64 bits: the largest number
  bool smtputf8 = false;
  bool eight_bit = false;  // BODY=8BITMIME
  bool binary = false;     // BODY=BINARYMIME
};

struct BdatCommand {
  std::uint64_t size = 0;  // beyond 64 bits: the largest number
  bool last = false;
};

/// The argument of BDAT (RFC 3030 2). Nothing: no one can tell how many octets follow.
std::optional<BdatCommand> parse_bdat(std::string_view argument);

/// The argument of MAIL. `esmtp` false (HELO): parameters are refused.
tl::expected<MailCommand, Reply> parse_mail(std::string_view argument, bool esmtp);

/// The argument of RCPT. `smtputf8`: the transaction's. `<postmaster>` needs no domain (RFC 5321 4.1.1.3).
tl::expected<mail::Address, Reply> parse_rcpt(std::string_view argument, bool smtputf8);

}  // namespace maildrop::smtp
