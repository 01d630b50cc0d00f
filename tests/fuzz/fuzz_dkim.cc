/// fuzz_dkim.cc: a key record, and behind the first NUL a message with signatures.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "filter/dkim_canon.h"
#include "filter/dkim_verify.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

/// What is in the canonical form is in it as it is.
void check_canon(DkimCanon canon, std::string_view body) {
  const auto canonical = [canon](std::string_view text) {
    std::string out;
    canonicalise_body(canon, text, [&](std::string_view piece) { out += piece; });
    return out;
  };
  const std::string once = canonical(body);
  if (once != canonical(once)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\0'), size);
  const std::string_view message = text.substr(std::min(end + 1, size));
  const dns::Answer answer{.status = dns::Status::found,
                           .records = {dns::Record{.text = std::string(text.substr(0, end))}}};
  const DkimMessage dkim(message, from_millis(1'700'000'000'000));
  std::vector<DkimClaim> claims = dkim.claims();
  if (claims.size() > DkimMessage::kMostSignatures) std::abort();
  static DkimKeys keys;
  for (DkimClaim& claim : claims)
    if (!claim.result) take_key(claim, answer, keys);
  dkim.verify(claims);
  for (const DkimClaim& claim : claims) {
    if (!claim.result) std::abort();
    for (const std::string& shown : {claim.signature.domain, claim.signature.selector, claim.reason})
      for (const char c : shown)
        if (c < ' ' || c > '~') std::abort();  // it is shown as it is
  }
  check_canon(DkimCanon::simple, message);
  check_canon(DkimCanon::relaxed, message);
  return 0;
}
