/// pattern.h: how an operator names peers, names and addresses in lists.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/net.h"
#include "core/result.h"
#include "mail/address.h"

namespace maildrop::filter {

/// Matched in time that is linear in the text, whatever the expression (RE2): both ends may be hostile.
class Expression {
 public:
  static constexpr std::size_t kLongest = 1000;  // bytes

  /// invalid: what is wrong with it.
  static Result<Expression> parse(const std::string& text);
  /// Anywhere in the text, in any case.
  bool matches(std::string_view text) const;

 private:
  struct Compiled;
  explicit Expression(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

/// What a pattern is held against.
enum class Subject : unsigned char { network, client, helo, from, to };

/// One element of a list:
///   192.0.2.0/24, 2001:db8::/32         the address of the client
///   client:.example.com                 its host name, confirmed (client_name.h)
///   helo:mail.example.com               what it calls itself
///   from:a@example.com, to:@example.com an envelope address
/// Of a name or domain `x` is that one, `.x` what is below it; of an address `a@x` is that one, `a@` that local part
/// anywhere, `@x` and `@.x` all of a domain. `/.../` is a regular expression (RE2's) that is found in it. Case does not
/// matter.
class Pattern {
 public:
  /// invalid: what is wrong with it.
  static Result<Pattern> parse(const std::string& text);
  /// All of a list. invalid: what is wrong with the first that is.
  static Result<std::vector<Pattern>> parse(const std::vector<std::string>& texts);

  Subject subject() const { return subject_; }
  bool matches(const IpAddress& address) const;      // of Subject::network
  bool matches(std::string_view name) const;         // of client and helo
  bool matches(const mail::Address& address) const;  // of from and to; a null sender is ``
  const std::string& text() const { return text_; }  // as it was given

 private:
  struct Name {
    std::string name;  // lower case, without a leading dot
    bool below = false;
    bool matches(std::string_view lower_case) const;
  };
  struct Mailbox {
    std::string local;  // lower case; empty: any
    Name domain;        // of an empty name: any
  };

  std::string text_;
  Subject subject_ = Subject::network;
  std::variant<Network, Name, Mailbox, Expression> what_;
};

}  // namespace maildrop::filter
