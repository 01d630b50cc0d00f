/// dkim_verify.h: the signatures of a message, and whether they are true (RFC 6376 6.1). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "dns/answer.h"
#include "filter/dkim_key.h"
#include "filter/dkim_signature.h"
#include "mail/headers.h"

namespace maildrop::filter {

/// As RFC 8601 2.7.1 has them. policy: it is true, yet a part of the message that matters is not signed, so that
/// anybody who has a message of that domain can say by it what he likes (RFC 6376 8.2, 8.15).
enum class DkimResult : std::uint8_t { pass, fail, policy, permerror, temperror };
std::string_view name_of(DkimResult result);

/// A signature of a message, and what is known of it.
struct DkimClaim {
  std::string_view field;  // the whole one, without its line end
  DkimSignature signature{};
  std::optional<DkimKey> key{};
  std::optional<DkimResult> result{};  // nothing: not decided
  std::string reason{};                // why it is no pass; short, and nothing of the message

  void decide(DkimResult as, std::string why) {
    result = as;
    reason = std::move(why);
  }
  bool testing() const { return key && key->testing; }
};

/// What the DNS says of its key, which is made by `keys`.
void take_key(DkimClaim& claim, const dns::Answer& answer, DkimKeys& keys);

/// Of a message; `data` outlives it.
class DkimMessage {
 public:
  static constexpr std::size_t kMostSignatures = 10;  // that are looked at: the first
  /// A header beyond is not searched for what is signed: its signatures are permerror.
  static constexpr mail::HeaderLimits kHeader{.fields = 1000, .field_size = 512 * 1024, .size = 512 * 1024};

  DkimMessage(std::string_view data, Time now);

  /// In order. Those whose result is not there need their key (DkimSignature::key_name, TXT): take_key().
  const std::vector<DkimClaim>& claims() const { return claims_; }
  /// Decides what of them has no result yet. The body is hashed at most twice, and the header once a signature.
  /// REQUIRES: they are those of claims(), and each of them that has no result has a key.
  void verify(std::vector<DkimClaim>& claims) const;

 private:
  mail::Headers headers_;
  std::string_view body_;
  std::vector<DkimClaim> claims_;
};

}  // namespace maildrop::filter
