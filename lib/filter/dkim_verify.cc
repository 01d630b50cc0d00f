/// dkim_verify.cc: the hash of the body first, then what is signed of the header.
#include "filter/dkim_verify.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "core/text.h"
#include "filter/dkim_body.h"
#include "filter/dkim_canon.h"

namespace maildrop::filter {

std::string_view name_of(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return "pass";
    case DkimResult::fail: return "fail";
    case DkimResult::policy: return "policy";
    case DkimResult::permerror: return "permerror";
    case DkimResult::temperror: return "temperror";
  }
  return "";
}

namespace {

std::string_view whole(const mail::HeaderField& field) {
  return {field.name.data(), static_cast<std::size_t>(field.value.data() + field.value.size() - field.name.data())};
}

/// The fields of a header by their names, for all signatures.
class SignedFields {
 public:
  explicit SignedFields(const mail::Headers& headers) {
    for (const mail::HeaderField& field : headers.fields) fields_[to_lower(field.name)].push_back(whole(field));
  }

  std::size_t count(const std::string& name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? 0 : found->second.size();
  }

  /// What the signature is of (RFC 6376 3.7): of a name each time it is there the next field, from the bottom up
  /// (5.4.2); where none is left, nothing, and so none may have been added.
  std::string digest(const DkimClaim& claim) const {
    const DkimSignature& signature = claim.signature;
    DkimDigest digest;
    std::unordered_map<std::string_view, std::size_t> taken;
    for (const std::string& name : signature.names) {
      const auto found = fields_.find(name);
      if (found == fields_.end()) continue;
      const std::vector<std::string_view>& same = found->second;
      std::size_t& at = taken[name];
      if (at < same.size() && same[same.size() - 1 - at].data() == claim.field.data())
        ++at;  // when it was made it was not there
      if (at == same.size()) continue;
      digest.add(canonical_field(signature.header, same[same.size() - 1 - at++]));
      digest.add("\r\n");
    }
    digest.add(canonical_field(signature.header, claim.field, signature.raw_signature));
    return digest.value();
  }

 private:
  std::unordered_map<std::string, std::vector<std::string_view>> fields_;
};

void decide(DkimClaim& claim, const DkimBodyHashes& hashes, const SignedFields& fields) {
  const DkimSignature& signature = claim.signature;
  const std::string* hash = hashes.find(signature.length);
  if (!hash) return claim.decide(DkimResult::fail, "the body is shorter than l=");
  if (*hash != signature.body_hash) return claim.decide(DkimResult::fail, "the body does not match");
  if (!claim.key->key.verifies(fields.digest(claim), signature.signature))
    return claim.decide(DkimResult::fail, "the signature does not match");
  const auto from = std::count(signature.names.begin(), signature.names.end(), "from");
  if (static_cast<std::size_t>(from) < fields.count("from"))
    return claim.decide(DkimResult::policy, "not each From is signed");
  if (signature.length && *signature.length < hashes.size())
    return claim.decide(DkimResult::policy,
                        std::to_string(hashes.size() - *signature.length) + " bytes of the body are not signed");
  claim.decide(DkimResult::pass, {});
}

}  // namespace

DkimMessage::DkimMessage(std::string_view data, Time now) : headers_(mail::scan_headers(data, kHeader)) {
  body_ = data.substr(headers_.body);
  for (const mail::HeaderField& field : headers_.fields) {
    if (!equals_ignoring_case(field.name, "DKIM-Signature")) continue;
    if (claims_.size() == kMostSignatures) break;
    DkimClaim& claim = claims_.emplace_back(DkimClaim{whole(field)});
    Result<void> parsed = claim.signature.parse(field.value);
    if (parsed && headers_.truncated) parsed = fail(Code::over_limit, "the header is too large");
    if (!parsed) {
      claim.decide(DkimResult::permerror, parsed.error().what);
      continue;
    }
    const Result<void> in_time = claim.signature.check_time(now);
    if (!in_time) claim.decide(DkimResult::fail, in_time.error().what);
  }
}

void take_key(DkimClaim& claim, const dns::Answer& answer, DkimKeys& keys) {
  if (!dns::is_known(answer.status))
    return claim.decide(DkimResult::temperror, "no answer for its key: " + std::string(name_of(answer.status)));
  Result<DkimKey> key = DkimKey::of(answer, claim.signature, keys);
  if (!key) return claim.decide(DkimResult::permerror, key.error().what);
  claim.key = std::move(*key);
}

void DkimMessage::verify(std::vector<DkimClaim>& claims) const {
  std::map<DkimCanon, std::set<DkimBodyHashes::Length>> wanted;
  for (const DkimClaim& claim : claims)
    if (!claim.result) wanted[claim.signature.body].insert(claim.signature.length);
  if (wanted.empty()) return;
  const SignedFields fields(headers_);
  for (const auto& [canon, lengths] : wanted) {
    const DkimBodyHashes hashes(canon, body_, lengths);
    for (DkimClaim& claim : claims)
      if (!claim.result && claim.signature.body == canon) decide(claim, hashes, fields);
  }
}

}  // namespace maildrop::filter
