/// spf_record.h: a policy as a domain publishes it: `v=spf1 mx -all` (RFC 7208 4.5, 4.6.1, 5, 6). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net.h"
#include "core/result.h"
#include "filter/spf_macro.h"

namespace maildrop::filter {

/// What is said of a client (RFC 7208 2.6).
enum class SpfResult : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };
std::string_view name_of(SpfResult result);  // `softfail`

/// `~a:%{d}/24//64`
struct SpfDirective {
  enum class Mechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

  SpfResult qualifier = SpfResult::pass;  // what a match means: pass, fail, softfail, neutral
  Mechanism mechanism = Mechanism::all;
  std::optional<SpfMacroString> domain{};  // nothing: the domain that is checked
  IpAddress network{};                     // of ip4 and ip6
  unsigned bits4 = 32, bits6 = 128;        // how much of an address counts
  std::string_view text{};                 // as published: printable ASCII; within what was parsed
};

struct SpfRecord {
  static constexpr std::size_t kLongest = 8192;  // bytes; the RFC hopes for 512 (3.4), 4,096 have been seen

  std::vector<SpfDirective> directives{};
  std::optional<SpfMacroString> redirect{};
  std::optional<SpfMacroString> explanation{};

  /// Is that text a policy, good or bad? By its first word alone.
  static bool is_one(std::string_view text);
  /// REQUIRES: is_one(text).
  ///   invalid   against the grammar anywhere, or longer than kLongest; `what` is printable ASCII and short
  static Result<SpfRecord> parse(std::string_view text);
};

}  // namespace maildrop::filter
