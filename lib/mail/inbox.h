/// inbox.h: the name of an inbox, in the one form that SMTP, API, command line and stores all use.
#pragma once

#include <string>
#include <string_view>

#include "core/config.h"
#include "core/result.h"
#include "mail/address.h"

namespace maildrop::mail {

/// A canonical inbox name. Two spellings that SMTP would deliver to one inbox have one canonical form:
///   case folded (ASCII and Unicode), Unicode NFC, quotes of a quoted local part taken off, the +tag stripped
///   (setting), and local part, whole address or domain kept (setting `inbox.naming`).
/// Legal local parts: 1 to 64 octets after folding of `a-z 0-9 . _ + - =` and Unicode letters, marks and digits (no
/// controls, format or bidi characters, symbols or spaces); not starting with `.` or `-` (paths and options). Anything
/// else is Code::invalid, also in a +tag and where the policy drops the local part: SMTP says 553, HTTP 400, the
/// command line 67. Parsing a name gives that name again. Under Naming::domain a reserved local part keeps an inbox of
/// its own, named by the whole address: a domain's inbox is public, and what is sent to postmaster proves who owns the
/// domain.
class Inbox {
 public:
  /// From what a person or program typed: `bob`, `"Bob"`, or `bob@example.org`, whatever the naming policy; with
  /// Naming::full and no `@` the text is invalid, with Naming::domain a text without `@` is the domain itself.
  static Result<Inbox> parse(std::string_view text, const InboxSettings& settings);
  /// From a parsed recipient. `<postmaster>` without domain is the inbox postmaster under Naming::local; under the
  /// others it gets `default_domain`.
  static Result<Inbox> of(const Address& address, const InboxSettings& settings, std::string_view default_domain);
  /// From a name that a store wrote before. Not checked.
  static Inbox trusted(std::string name) { return Inbox(std::move(name)); }

  const std::string& name() const { return name_; }

  /// One of `inbox.reserved` (compared in canonical form, by local part up to a `+`, whatever the plus policy): stored,
  /// but never readable in public.
  bool is_reserved(const InboxSettings& settings) const;

  friend auto operator<=>(const Inbox&, const Inbox&) = default;

 private:
  explicit Inbox(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace maildrop::mail
