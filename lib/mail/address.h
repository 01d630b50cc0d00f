/// address.h: the path grammar of RFC 5321 4.1.2 with RFC 6531 (SMTPUTF8). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::mail {

/// A mailbox as it stood in MAIL or RCPT.
struct Address {
  std::string local;   // quotes and backslashes of a quoted string taken off; case kept; empty for <>
  std::string domain;  // canonical_domain(): always ASCII; `[192.0.2.1]` or `[IPv6:2001:db8::1]` for a literal;
                       // empty for <> and <postmaster>
  bool utf8 = false;   // was written with bytes beyond ASCII: only legal with SMTPUTF8

  bool is_null() const { return local.empty() && domain.empty(); }
  /// As it goes into a Return-Path or Received field: the local part quoted again when it needs it; `<>` is "".
  std::string to_string() const;
  friend bool operator==(const Address&, const Address&) = default;
};

struct PathOptions {
  bool allow_null = false;        // `<>`: MAIL only
  bool allow_postmaster = false;  // `<postmaster>` without domain: RCPT only
};

struct ParsedPath {
  Address address;
  std::size_t length = 0;  // bytes of the text that were the path, angle brackets included
};

/// Parses the path at the start of `text`, which begins with `<`. A source route (`@a,@b:`) is accepted and dropped
/// (RFC 5321 C). Limits: 64 octets local part, 255 domain, 63 a label, 512 the path; UTF-8 must be well-formed, and
/// controls are refused, as is a final dot of the domain. Underscores in labels are tolerated: real senders have them.
/// Domains with UTF-8 or `xn--` are checked by IDNA2008 and kept as A-labels. Literals other than IPv4 and IPv6 are
/// refused.
/// Errors are Code::invalid; `what` is a phrase fit for a 501/553 reply (no bytes of the peer in it). Whether bytes
/// beyond ASCII were allowed there is the caller's to ask: Address::utf8.
Result<ParsedPath> parse_path(std::string_view text, const PathOptions& options);

/// `bob@example.org` without brackets, as typed by a person; UTF-8 allowed.
Result<Address> parse_address(std::string_view text);

/// A domain or literal in its canonical form: lower case, A-labels (punycode) for UTF-8 names; one final dot is taken
/// off. Code::invalid if it is not one.
Result<std::string> canonical_domain(std::string_view domain);

}  // namespace maildrop::mail
