/// dkim_key.cc: a key record, tag by tag.
#include "filter/dkim_key.h"

#include <algorithm>
#include <optional>

#include "filter/dkim_tags.h"

namespace maildrop::filter {

namespace {

/// Whether a list has one of these; one that is not there has all.
bool allows(const DkimTag* list, std::string_view value, std::string_view or_value = {}) {
  if (!list) return true;
  const std::vector<std::string_view> values = split_dkim_value(list->value);
  return std::any_of(values.begin(), values.end(),
                     [&](std::string_view each) { return each == value || (!or_value.empty() && each == or_value); });
}

bool has_flag(const DkimTag* flags, std::string_view flag) { return flags && allows(flags, flag); }

std::string_view key_type(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa" : "ed25519";
}

}  // namespace

Result<DkimKey> DkimKey::parse(std::string_view record, const DkimSignature& signature, DkimKeys& keys) {
  if (record.size() > kLongest)
    return fail(Code::invalid, "a key record of more than " + std::to_string(kLongest) + " bytes");
  const Result<DkimTags> tags = DkimTags::parse(record);
  if (!tags) return invalid("a key record that is no list of tags");
  const DkimTag* version = tags->find("v");
  if (version && (version != tags->tags.data() || version->value != "DKIM1")) return invalid("no key record");
  const DkimTag* key = tags->find("p");
  if (!key) return invalid("a key record without a key");
  if (key->value.empty()) return invalid("the key is revoked");
  const DkimTag* type = tags->find("k");
  if ((type ? type->value : "rsa") != key_type(signature.algorithm)) return invalid("the key is of another algorithm");
  if (!allows(tags->find("h"), "sha256")) return invalid("the key is not for sha256");
  if (!allows(tags->find("s"), "email", "*")) return invalid("the key is not for mail");
  const DkimTag* flags = tags->find("t");
  if (has_flag(flags, "s") && signature.identity_domain != signature.domain)
    return invalid("the key is not for domains below");
  const std::optional<std::string> bytes = decode_dkim_base64(key->value);
  if (!bytes) return invalid("p= is no base64");
  return DkimKey{TRY(keys.parse(signature.algorithm, *bytes)), has_flag(flags, "y")};
}

Result<DkimKey> DkimKey::of(const dns::Answer& answer, const DkimSignature& signature, DkimKeys& keys) {
  Result<DkimKey> first = invalid("no key");
  const std::size_t count = std::min(answer.records.size(), kMostRecords);
  for (std::size_t i = 0; i < count; ++i) {
    Result<DkimKey> key = parse(answer.records[i].text, signature, keys);
    if (key) return key;
    if (i == 0) first = std::move(key);
  }
  return first;
}

}  // namespace maildrop::filter
