/// dkim_signature.h: what a DKIM-Signature field says (RFC 6376 3.5, RFC 8301, RFC 8463, RFC 8616). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop::filter {

/// Both go by SHA-256. rsa-sha1 is none any more (RFC 8301 3.1).
enum class DkimAlgorithm : std::uint8_t { rsa_sha256, ed25519_sha256 };
enum class DkimCanon : std::uint8_t { simple, relaxed };

struct DkimSignature {
  static constexpr std::size_t kLongest = 16 * 1024;  // bytes of the field; z= may hold a whole header
  static constexpr std::size_t kMostNames = 1000;     // in h=
  /// Clocks may differ that much (RFC 6376 3.5, x=).
  static constexpr std::chrono::minutes kMostSkew{5};

  DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;
  DkimCanon header = DkimCanon::simple;
  DkimCanon body = DkimCanon::simple;
  std::string domain{};                   // d=, as mail::canonical_domain()
  std::string selector{};                 // s=, the same
  std::string identity_domain{};          // that of i=, the same
  std::vector<std::string> names{};       // h= in lower case; `from` is among them
  std::optional<std::uint64_t> length{};  // l=; what is too large for the type is its largest
  std::optional<std::uint64_t> time{};    // t= and x=, seconds of Unix; the same
  std::optional<std::uint64_t> expires{};
  std::string body_hash{};           // bh=, 32 bytes
  std::string signature{};           // b=, any bytes
  std::string_view raw_signature{};  // b= as it stands in the field: what is not signed itself

  /// `value` is that of the field, and outlives the signature. What was read until it failed is there: domain and
  /// selector first, so that it can be said whose signature it is.
  ///   invalid   against the grammar or the rules, or longer than kLongest; `what` has nothing of the text
  Result<void> parse(std::string_view value);
  /// Whether it counts at that time; `what` as above.
  Result<void> check_time(Time now) const;
  /// Where its key is: `selector._domainkey.domain`.
  std::string key_name() const { return selector + "._domainkey." + domain; }
};

}  // namespace maildrop::filter
