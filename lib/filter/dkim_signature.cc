/// dkim_signature.cc: a signature's tags, one after the other.
#include "filter/dkim_signature.h"

#include <algorithm>
#include <limits>

#include "core/text.h"
#include "filter/dkim_tags.h"
#include "mail/address.h"

namespace maildrop::filter {

namespace {

constexpr std::size_t kHashSize = 32;  // SHA-256
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

Result<std::string_view> required(const DkimTags& tags, std::string_view name) {
  const DkimTag* tag = tags.find(name);
  if (!tag || tag->value.empty()) return fail(Code::invalid, "no " + std::string(name) + "=");
  return tag->value;
}

/// A name by labels (U-labels too, RFC 8616 5), in its canonical form; empty for what is none.
std::string canonical_name(std::string_view text) {
  if (text.empty() || text.front() == '[' || text.back() == '.') return {};
  return mail::canonical_domain(text).value_or(std::string());
}

std::string domain_of(std::string_view text) {
  std::string domain = canonical_name(text);
  return domain.find('.') == std::string::npos ? std::string() : domain;  // a top-level domain is none (3.5, d=)
}

/// Numbers beyond the type are as good as endless: the RFC allows 76 digits.
Result<std::optional<std::uint64_t>> number_of(const DkimTags& tags, std::string_view name) {
  const DkimTag* tag = tags.find(name);
  if (!tag) return std::nullopt;
  const auto not_a_number = [&] { return fail(Code::invalid, std::string(name) + "= is no number"); };
  if (tag->value.empty()) return not_a_number();
  std::uint64_t number = 0;
  for (const char c : tag->value) {
    if (c < '0' || c > '9') return not_a_number();
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (kEndless - digit) / 10 ? kEndless : number * 10 + digit;
  }
  return number;
}

Result<DkimAlgorithm> algorithm_of(std::string_view text) {
  if (text == "rsa-sha256") return DkimAlgorithm::rsa_sha256;
  if (text == "ed25519-sha256") return DkimAlgorithm::ed25519_sha256;
  return invalid(text == "rsa-sha1" ? "rsa-sha1 is not accepted" : "an unknown algorithm");
}

Result<DkimCanon> canon_of(std::string_view text) {
  if (text == "simple") return DkimCanon::simple;
  if (text == "relaxed") return DkimCanon::relaxed;
  return invalid("an unknown canonicalization");
}

/// `relaxed/simple`; what is not said is simple.
Result<void> read_canons(const DkimTags& tags, DkimSignature& into) {
  const DkimTag* tag = tags.find("c");
  if (!tag) return {};
  const std::size_t slash = tag->value.find('/');
  into.header = TRY(canon_of(tag->value.substr(0, slash)));
  if (slash != std::string_view::npos) into.body = TRY(canon_of(tag->value.substr(slash + 1)));
  return {};
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

Result<void> read_names(std::string_view value, DkimSignature& into) {
  const std::vector<std::string_view> names = split_dkim_value(value);
  if (names.size() > DkimSignature::kMostNames) return invalid("too many names in h=");
  for (const std::string_view name : names) {
    if (!is_field_name(name)) return invalid("h= has what is no name");
    into.names.push_back(to_lower(name));
  }
  if (std::find(into.names.begin(), into.names.end(), "from") == into.names.end())  // 6.1.1
    return invalid("From is not signed");
  return {};
}

/// dkim-quoted-printable (2.11); what is not encoded stays.
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded =
        text[i] == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out.push_back(encoded ? static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])) : text[i]);
    if (encoded) i += 2;
  }
  return out;
}

/// i= is of the domain, or of one below it.
Result<void> read_identity(const DkimTags& tags, DkimSignature& into) {
  into.identity_domain = into.domain;
  const DkimTag* tag = tags.find("i");
  if (!tag) return {};
  const std::string identity = unquoted(tag->value);
  const std::size_t at = identity.rfind('@');
  if (at == std::string::npos) return invalid("i= has no @");
  into.identity_domain = canonical_name(std::string_view(identity).substr(at + 1));
  const std::string& domain = into.identity_domain;
  if (domain != into.domain && !domain.ends_with("." + into.domain)) return invalid("i= is not of the domain");
  return {};
}

Result<void> read_methods(const DkimTags& tags) {
  const DkimTag* tag = tags.find("q");
  if (!tag) return {};
  const std::vector<std::string_view> methods = split_dkim_value(tag->value);
  if (std::find(methods.begin(), methods.end(), "dns/txt") == methods.end()) return invalid("no known way to its key");
  return {};
}

Result<void> read_digests(const DkimTags& tags, DkimSignature& into) {
  const std::string_view bh = TRY(required(tags, "bh"));
  auto hash = decode_dkim_base64(bh);
  if (!hash || hash->size() != kHashSize) return invalid("bh= is no hash");
  into.body_hash = std::move(*hash);
  const std::string_view b = TRY(required(tags, "b"));
  auto signature = decode_dkim_base64(b);
  if (!signature) return invalid("b= is no base64");
  into.signature = std::move(*signature);
  into.raw_signature = tags.find("b")->raw;
  return {};
}

}  // namespace

Result<void> DkimSignature::parse(std::string_view value) {
  if (value.size() > kLongest) return fail(Code::invalid, "longer than " + std::to_string(kLongest) + " bytes");
  const DkimTags tags = TRY(DkimTags::parse(value));
  const std::string_view d = TRY(required(tags, "d"));
  domain = domain_of(d);
  if (domain.empty()) return invalid("d= is no domain");
  const std::string_view s = TRY(required(tags, "s"));
  selector = canonical_name(s);
  if (selector.empty()) return invalid("s= is no name");
  const std::string_view version = TRY(required(tags, "v"));
  if (version != "1") return invalid("an unknown version");
  const std::string_view a = TRY(required(tags, "a"));
  algorithm = TRY(algorithm_of(a));
  TRY(read_canons(tags, *this));
  TRY(read_methods(tags));
  const std::string_view h = TRY(required(tags, "h"));
  TRY(read_names(h, *this));
  TRY(read_identity(tags, *this));
  length = TRY(number_of(tags, "l"));
  time = TRY(number_of(tags, "t"));
  expires = TRY(number_of(tags, "x"));
  if (time && expires && *expires <= *time) return invalid("it expires before it was made");
  return read_digests(tags, *this);
}

Result<void> DkimSignature::check_time(Time now) const {
  const auto in_seconds = [](auto since_1970) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
    return seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0;
  };
  if (time && *time > in_seconds(now.time_since_epoch() + kMostSkew)) return invalid("it is of the future");
  if (expires && *expires < in_seconds(now.time_since_epoch() - kMostSkew)) return invalid("it has expired");
  return {};
}

}  // namespace maildrop::filter
