/// inbox.cc: the one function that turns what somebody wrote into an inbox name.
#include "mail/inbox.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "mail/unicode.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxName = 64;    // octets of the local part after folding
constexpr std::size_t kMaxText = 1024;  // octets looked at; a quoted local part, an `@` and a domain fit well

using Naming = InboxSettings::Naming;
using PlusTag = InboxSettings::PlusTag;

/// What an ASCII byte becomes in a name; 0: it is not allowed there.
constexpr std::array<char, 128> make_folds() {
  std::array<char, 128> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = static_cast<char>(c - 'A' + 'a');
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (const char c : {'.', '_', '+', '-', '='}) table[static_cast<std::size_t>(c)] = c;
  return table;
}
constexpr auto kFolds = make_folds();

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
char fold_ascii(char c) { return kFolds[static_cast<unsigned char>(c) & 0x7F]; }

tl::unexpected<Error> not_a_name() { return fail(Code::invalid, "not a valid inbox name"); }

/// Folded, with only legal characters in it, of any length.
Result<std::string> fold(std::string_view local) {
  std::string name;
  if (std::all_of(local.begin(), local.end(), is_ascii)) {
    name = local;
  } else {
    name = TRY(fold_name(local));  // Unicode can fold to ASCII (the Kelvin sign), so the ASCII rules come after it
  }
  std::string beyond_ascii;
  for (char& c : name) {
    if (!is_ascii(c)) {
      beyond_ascii += c;
    } else if ((c = fold_ascii(c)) == 0) {
      return not_a_name();
    }
  }
  if (!beyond_ascii.empty() && !is_word(beyond_ascii)) return not_a_name();
  return name;
}

/// The part of a folded local part that names a person: what stands before the first `+`.
std::string_view without_tag(std::string_view local) { return local.substr(0, local.find('+')); }

Result<std::string> canonical_local(std::string_view local, PlusTag plus_tag) {
  std::string name = TRY(fold(local));
  if (plus_tag == PlusTag::strip) name.resize(without_tag(name).size());
  if (name.empty() || name.size() > kMaxName || name.front() == '.' || name.front() == '-') return not_a_name();
  return name;
}

bool is_reserved_local(std::string_view local, const InboxSettings& settings) {
  const std::string_view name = without_tag(local);
  return std::any_of(settings.reserved.begin(), settings.reserved.end(), [name](const std::string& entry) {
    const auto folded = fold(entry);
    return folded && *folded == name;
  });
}

/// `local` without its quotes, `domain` canonical and empty only under Naming::local.
Result<std::string> canonical_name(std::string_view local, std::string_view domain, const InboxSettings& settings) {
  std::string name = TRY(canonical_local(local, settings.plus_tag));
  // Under Naming::domain everybody may read a domain's mail, but not what proves that one owns it: reserved names
  // keep an inbox of their own there.
  if (settings.naming == Naming::domain && !is_reserved_local(name, settings)) return std::string(domain);
  if (settings.naming != Naming::local) name.append("@").append(domain);
  return name;
}

/// The content of a quoted string; any other text as it is.
std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

Result<Inbox> Inbox::parse(std::string_view text, const InboxSettings& settings) {
  if (text.empty() || text.size() > kMaxText) return not_a_name();
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) {
    if (settings.naming == Naming::full) return fail(Code::invalid, "not a whole address, as inbox.naming asks");
    if (settings.naming == Naming::domain) return Inbox(TRY(canonical_domain(text)));
    return Inbox(TRY(canonical_name(unquote(text), {}, settings)));
  }
  const std::string domain = TRY(canonical_domain(text.substr(at + 1)));
  return Inbox(TRY(canonical_name(unquote(text.substr(0, at)), domain, settings)));
}

Result<Inbox> Inbox::of(const Address& address, const InboxSettings& settings, std::string_view default_domain) {
  if (settings.naming == Naming::local || !address.domain.empty()) {
    return Inbox(TRY(canonical_name(address.local, address.domain, settings)));
  }
  const std::string domain = TRY(canonical_domain(default_domain));
  return Inbox(TRY(canonical_name(address.local, domain, settings)));
}

bool Inbox::is_reserved(const InboxSettings& settings) const {
  const std::size_t at = name_.rfind('@');
  if (settings.naming == Naming::domain && at == std::string::npos) return false;  // a domain, not a local part
  return is_reserved_local(std::string_view(name_).substr(0, at), settings);
}

}  // namespace maildrop::mail
