/// dkim_key.h: the key that a domain publishes for its signatures (RFC 6376 3.6.1). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"
#include "dns/answer.h"
#include "filter/dkim_crypto.h"
#include "filter/dkim_keys.h"
#include "filter/dkim_signature.h"

namespace maildrop::filter {

struct DkimKey {
  /// Bytes of a record: an RSA key of 4,096 bits takes 736, and notes are short.
  static constexpr std::size_t kLongest = 4096;

  DkimPublicKey key;
  bool testing = false;  // t=y: what fails is as if it was not signed

  /// For that signature, by the flags of the record, too; made by `keys`.
  ///   invalid   no such record, revoked, not for mail, not for that signature, or no key; `what` is short and has
  ///             nothing of the text
  static Result<DkimKey> parse(std::string_view record, const DkimSignature& signature, DkimKeys& keys);
  /// Of several records the first that will do, and without one what is wrong with the first.
  /// REQUIRES: the DNS knows (dns::is_known).
  static Result<DkimKey> of(const dns::Answer& answer, const DkimSignature& signature, DkimKeys& keys);
  static constexpr std::size_t kMostRecords = 4;  // that are looked at; there should be one (3.6.2.2)
};

}  // namespace maildrop::filter
