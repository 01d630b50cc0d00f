/// alias.cc: names packed as numbers, and HMAC twice.
#include "mail/alias.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <new>

#include "core/random.h"
#include "core/text.h"

namespace maildrop::mail {
namespace {

constexpr std::string_view kPrefix = "d-";
constexpr std::size_t kLeastLetters = 30;  // the shortest of ours has 32: two may be lost
constexpr std::size_t kNonce = 4;
constexpr std::size_t kTag = 4;
constexpr std::size_t kHead = 1 + kNonce + kTag;
// With the head: whole in 32, 47 and 61 letters. Names of 16, 29 and 43 characters go in.
constexpr std::array<std::size_t, 3> kContents{11, 20, 29};
constexpr std::size_t kMostContent = kContents.back();
// What the default policy allows in ASCII, and of 41 symbols the longest names would not go in: `+` is rare.
constexpr std::string_view kSymbols = "abcdefghijklmnopqrstuvwxyz0123456789._-=";
constexpr unsigned kDays = 1U << 16;
constexpr unsigned kForms = 4;  // two bits: kAsBytes and kExpiring
constexpr unsigned kAsBytes = 1;
constexpr unsigned kExpiring = 2;
constexpr std::array<std::size_t, kForms> kLongestName{43, 28, 40, 26};  // what always goes into kMostContent
constexpr std::chrono::hours kDay{24};

struct Parts {
  std::string_view local;
  std::string_view domain;  // empty with inbox.naming = local
};

Parts parts_of(std::string_view name) {
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos) return {name, {}};
  return {name.substr(0, at), name.substr(at + 1)};
}

std::string hmac(std::string_view key, std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size))
    throw std::bad_alloc();  // nothing else makes it fail
  digest.resize(size);
  return digest;
}

/// A number of kMostContent bytes, as what is enciphered.
class Number {
 public:
  Number() = default;
  explicit Number(std::string_view bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.end() - bytes.size()); }

  /// REQUIRES: it stays within kMostContent.
  void multiply_and_add(unsigned factor, unsigned more) {
    for (auto byte = bytes_.rbegin(); byte != bytes_.rend(); ++byte) {
      more += *byte * factor;
      *byte = static_cast<unsigned char>(more & 0xFF);
      more >>= 8;
    }
  }
  /// The remainder.
  unsigned divide(unsigned by) {
    unsigned rest = 0;
    for (unsigned char& byte : bytes_) {
      rest = rest << 8 | byte;
      byte = static_cast<unsigned char>(rest / by);
      rest %= by;
    }
    return rest;
  }
  /// REQUIRES: !is_zero().
  void subtract_one() {
    auto byte = bytes_.rbegin();
    while ((*byte)-- == 0) ++byte;
  }
  bool is_zero() const { return first() == bytes_.end(); }
  /// As few bytes as kContents has that hold it.
  std::string content() const {
    const auto size = static_cast<std::size_t>(bytes_.end() - first());
    const std::size_t fits = *std::lower_bound(kContents.begin(), kContents.end(), size);
    return {bytes_.end() - fits, bytes_.end()};
  }

 private:
  using Bytes = std::array<unsigned char, kMostContent>;
  Bytes::const_iterator first() const {
    return std::find_if(bytes_.begin(), bytes_.end(), [](unsigned char byte) { return byte != 0; });
  }

  Bytes bytes_{};
};

/// What stands for a name: its characters or, where one is none of kSymbols, its bytes.
struct Alphabet {
  unsigned size;
  unsigned (*digit)(char c);
  char (*letter)(unsigned digit);
};

constexpr Alphabet kOfSymbols{kSymbols.size(), [](char c) { return static_cast<unsigned>(kSymbols.find(c)); },
                              [](unsigned digit) { return kSymbols[digit]; }};
constexpr Alphabet kOfBytes{256, [](char c) -> unsigned { return static_cast<unsigned char>(c); },
                            [](unsigned digit) { return static_cast<char>(digit); }};

const Alphabet& alphabet_of(unsigned form) { return (form & kAsBytes) != 0 ? kOfBytes : kOfSymbols; }

/// Each text is a number of its own, its length included, since digits count from 1 (bijective numeration).
void pack(std::string_view text, const Alphabet& alphabet, Number& number) {
  for (const char c : text) number.multiply_and_add(alphabet.size, alphabet.digit(c) + 1);
}

std::string unpack(Number& number, const Alphabet& alphabet) {
  std::string text;
  while (!number.is_zero()) {
    number.subtract_one();
    text += alphabet.letter(number.divide(alphabet.size));
  }
  std::reverse(text.begin(), text.end());
  return text;
}

/// The day at whose beginning it expires.
Result<unsigned> day_of(Time expires) {
  const auto day = std::chrono::ceil<std::chrono::days>(expires.time_since_epoch()).count();
  if (day > 0 && day < kDays) return static_cast<unsigned>(day);
  return fail(Code::invalid, "an alias cannot expire then");
}

Result<std::string> content_of(std::string_view local, std::optional<Time> expires) {
  const bool plain = local.find_first_not_of(kSymbols) == std::string_view::npos;
  const unsigned form = (plain ? 0 : kAsBytes) | (expires ? kExpiring : 0);
  if (local.size() > kLongestName[form])
    return fail(Code::over_limit,
                "the name is too long for an alias: it may have " + std::to_string(kLongestName[form]));
  Number number;
  pack(local, alphabet_of(form), number);
  if (expires) number.multiply_and_add(kDays, TRY(day_of(*expires)));
  number.multiply_and_add(kForms, form);
  return number.content();
}

/// `domain` has no NUL, so nothing can be moved from it to what follows.
std::string tag_of(const std::string& key, std::string_view head, std::string_view domain, std::string_view content) {
  std::string text(head);
  text.append(domain).append(1, '\0').append(content);
  return hmac(key, text).substr(0, kTag);
}

/// Either way. `head`: with the tag.
void encipher(const std::string& key, std::string_view head, std::string& content) {
  static_assert(kMostContent <= 32, "one digest is long enough");
  const std::string stream = hmac(key, head);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(content[i] ^ stream[i]);
}

/// `local` at the domain of another name, if that has one. REQUIRES: it is canonical.
Inbox at_domain(std::string local, std::string_view domain) {
  if (!domain.empty()) local.append("@").append(domain);
  return Inbox::trusted(std::move(local));
}

bool same(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

bool is_like_alias(const Inbox& name) {
  std::string_view local = parts_of(name.name()).local;
  local = local.substr(0, local.find('+'));
  if (!local.starts_with(kPrefix) || local.size() < kPrefix.size() + kLeastLetters) return false;
  return std::all_of(local.begin() + kPrefix.size(), local.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

Result<Aliases> Aliases::make(const InboxSettings& settings) {
  if (!settings.has_aliases()) return fail(Code::invalid, "aliases are off (inbox.alias)");
  if (settings.naming == InboxSettings::Naming::domain)
    return fail(Code::invalid, "with inbox.naming = domain an alias hides nothing");
  Aliases aliases(settings);
  if (!settings.classic_alias_modifier.empty())
    aliases.classic_ = TRY(ClassicAliases::make(settings.classic_alias_modifier));
  if (!settings.alias) return aliases;
  for (const std::string_view line : split(settings.alias_key, '\n')) {
    if (trim(line).empty()) continue;
    const std::string key = TRY(from_hex(trim(line)));
    if (key.size() != kAliasKey) return fail(Code::invalid, "inbox.alias_key has a key of another length");
    aliases.keys_.push_back({static_cast<std::uint8_t>(hmac(key, "maildrop alias id").front()),
                             hmac(key, "maildrop alias tag"), hmac(key, "maildrop alias cipher")});
  }
  if (aliases.keys_.empty()) return fail(Code::invalid, "inbox.alias needs a key: set inbox.alias_key");
  return aliases;
}

Result<Inbox> Aliases::make_alias(const Inbox& inbox, std::optional<Time> expires) const {
  if (keys_.empty()) return fail(Code::invalid, "aliases are off (inbox.alias)");
  if (is_like_alias(inbox)) return fail(Code::invalid, "it looks like an alias itself");
  if (open_classic(inbox)) return fail(Code::invalid, "it is a classic alias itself");
  const Parts parts = parts_of(inbox.name());
  std::string content = TRY(content_of(parts.local, expires));
  const Key& key = keys_.front();
  std::string alias(1 + kNonce, static_cast<char>(key.id));
  random_bytes({alias.data() + 1, kNonce});
  alias += tag_of(key.tag, alias, parts.domain, content);
  encipher(key.cipher, alias, content);
  std::string name(kPrefix);
  name += base32(alias + content);
  return at_domain(std::move(name), parts.domain);
}

Result<Inbox> Aliases::make_classic_alias(const Inbox& inbox) const {
  if (!classic_) return fail(Code::invalid, "classic aliases are off (inbox.classic_alias_modifier)");
  const Parts parts = parts_of(inbox.name());
  Inbox alias = at_domain(TRY(classic_->encode(parts.local)), parts.domain);
  if (keys_.empty() || !is_like_alias(alias)) return alias;
  return fail(Code::over_limit,
              "the name is too long for a classic alias while inbox.alias is on: nobody could tell "
              "it from a forged one of those");
}

Result<Inbox> Aliases::open_classic(const Inbox& alias) const {
  if (!classic_) return fail(Code::not_found, "classic aliases are off (inbox.classic_alias_modifier)");
  const Parts parts = parts_of(alias.name());
  return at_domain(TRY(classic_->decode(parts.local)), parts.domain);
}

Result<Aliases::Opened> Aliases::open(const Inbox& alias) const {
  const Parts parts = parts_of(alias.name());
  if (keys_.empty() || !is_like_alias(alias)) {
    auto classic = open_classic(alias);
    if (classic) return Opened{std::move(*classic), 0, 0, {}, true};
    return fail(Code::not_found, classic_ ? classic.error().what : "it does not look like an alias");
  }
  const auto bytes = from_base32(parts.local.substr(kPrefix.size()));
  const bool sized = bytes && std::any_of(kContents.begin(), kContents.end(),
                                          [&](std::size_t size) { return bytes->size() == kHead + size; });
  if (!sized) return fail(Code::not_found, "it is mistyped: no alias is so long, or has all of these letters");
  const std::string_view head = std::string_view(*bytes).substr(0, kHead);
  const auto id = static_cast<std::uint8_t>(head.front());
  bool known = false;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].id != id) continue;
    known = true;
    std::string content = bytes->substr(kHead);
    encipher(keys_[i].cipher, head, content);
    if (!same(tag_of(keys_[i].tag, head.substr(0, 1 + kNonce), parts.domain, content), head.substr(1 + kNonce)))
      continue;
    Opened opened = TRY(read(content, parts.domain));
    opened.key = i;
    opened.key_id = id;
    return opened;
  }
  if (!known) return fail(Code::not_found, "its key is none of ours, or not any more: key id " + std::to_string(id));
  return fail(Code::not_found, "it is mistyped or forged, or written with another domain");
}

/// REQUIRES: the tag is right, so that we wrote it.
Result<Aliases::Opened> Aliases::read(std::string_view content, std::string_view domain) const {
  Number number(content);
  const unsigned form = number.divide(kForms);
  std::optional<Time> expires;
  if ((form & kExpiring) != 0) expires = Time(kDay * number.divide(kDays));
  std::string name = unpack(number, alphabet_of(form));
  if (!domain.empty()) name.append("@").append(domain);
  // By the policy of today, which may have become a stricter one.
  Result<Inbox> inbox = Inbox::parse(name, settings_);
  if (!inbox) return fail(Code::not_found, "its inbox has no legal name any more");
  return Opened{std::move(*inbox), 0, 0, expires};
}

Result<Inbox> Aliases::destination(Inbox name, Time now) const {
  if (keys_.empty() || !is_like_alias(name)) return classic_ ? open_classic(name).value_or(name) : std::move(name);
  Opened opened = TRY(open(name));
  if (opened.expires && *opened.expires <= now) return fail(Code::not_found, "it has expired");
  return std::move(opened.inbox);
}

Result<Inbox> destination(const std::optional<Aliases>& aliases, Inbox name, Time now) {
  return aliases ? aliases->destination(std::move(name), now) : std::move(name);
}

}  // namespace maildrop::mail
