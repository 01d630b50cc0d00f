/// spf_macro.h: the macros of SPF (RFC 7208 7): `%{ir}.%{v}._spf.%{d2}`. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/net.h"
#include "core/result.h"

namespace maildrop::filter {

/// What macros stand for.
struct SpfMacroValues {
  std::string local;      // l
  std::string sender;     // o: the domain of the sender
  std::string domain;     // d: the one whose policy is read; changes with include and redirect
  std::string helo;       // h
  IpAddress address{};    // i, c, v
  std::string name{};     // p: of the client, validated; empty: `unknown`
  std::string receiver;   // r
  std::int64_t time = 0;  // t: seconds since 1970
};

/// A text with macros in it, parsed.
class SpfMacroString {
 public:
  /// domain: what ends in a top-level label or a macro (`domain-spec`), without the letters c, r and t. any: a value
  /// that nobody reads; only its grammar counts. explanation: spaces are for that one alone.
  enum class Kind { domain, any, explanation };

  /// invalid: against the grammar.
  static Result<SpfMacroString> parse(std::string_view text, Kind kind);

  /// `p` costs lookups; all else is known before.
  bool needs_name() const;

  /// A name, as it is asked for: without a final dot; of one longer than 253 bytes as many labels of its end as fit
  /// (7.3). It may be empty, and no name of the DNS.
  std::string domain(const SpfMacroValues& values) const;
  /// Printable ASCII (what else comes out of a value becomes `?`), of at most `max` bytes.
  std::string explanation(const SpfMacroValues& values, std::size_t max) const;

 private:
  /// A piece of text (letter 0), or a macro.
  struct Part {
    char letter = 0;       // lower case
    bool escapes = false;  // was written in upper case
    bool reverses = false;
    unsigned labels = 0;  // of the right that are kept; 0: all
    std::string text{};   // of a macro: where its value is split
  };

  static Result<Part> parse_macro(std::string_view inside, Kind kind);
  void add_text(std::string_view text);
  bool ends_as_domain() const;
  static std::string expand(const Part& part, const SpfMacroValues& values);

  std::vector<Part> parts_;
};

}  // namespace maildrop::filter
