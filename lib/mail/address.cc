/// address.cc: a parser without recursion or lookahead; each production consumes from a cursor. IDNA by libidn2.
#include "mail/address.h"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/net.h"
#include "core/text.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxLocal = 64;    // RFC 5321 4.5.3.1.1
constexpr std::size_t kMaxDomain = 255;  // RFC 5321 4.5.3.1.2
constexpr std::size_t kMaxLabel = 63;    // RFC 1035 2.3.4
constexpr std::size_t kMaxPath = 512;    // RFC 5321 4.5.3.1.3 says 256, too short for what the other two allow

enum CharClass : unsigned char { kAtext = 1, kLetDig = 2 };

constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alnum) table[static_cast<std::size_t>(c)] = kAtext | kLetDig;
    if (c >= 0x80) table[static_cast<std::size_t>(c)] = kAtext;  // RFC 6531 3.3; checked as a whole later
  }
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) table[static_cast<unsigned char>(c)] = kAtext;
  return table;
}
constexpr auto kClasses = make_classes();

bool is_atext(char c) { return kClasses[static_cast<unsigned char>(c)] & kAtext; }
bool is_let_dig(char c) { return kClasses[static_cast<unsigned char>(c)] & kLetDig; }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool has_high(std::string_view text) { return std::any_of(text.begin(), text.end(), is_high); }

/// Well-formed and without C1 controls (U+0080..U+009F).
bool is_clean_utf8(std::string_view text) {
  if (!is_valid_utf8(text)) return false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return true;
}

/// RFC 5321 4.1.2 sub-domain, with underscores.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_let_dig(c) || c == '-' || c == '_'; });
}

bool is_ascii_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kMaxDomain) return false;
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

/// `lower` is in lower case; true when a label claims to be punycode, which only IDNA can check.
bool has_a_label(std::string_view lower) {
  return lower.substr(0, 4) == "xn--" || lower.find(".xn--") != std::string_view::npos;
}

Result<std::string> to_a_labels(std::string domain) {
  char* out = nullptr;
  const int status = idn2_to_ascii_8z(domain.c_str(), &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  const std::unique_ptr<char, void (*)(void*)> owner(out, idn2_free);
  // The mapping can bring in what the grammar refuses (a full-width `@` or `>`), so its result is checked again.
  if (status != IDN2_OK || !is_ascii_domain(out))
    return fail(Code::invalid, "domain is not a valid internationalised name");
  return std::string(out);
}

Result<std::string> canonical_literal(std::string_view literal) {
  constexpr std::string_view kTag = "IPv6:";
  std::string_view text = literal.substr(1, literal.size() - 2);
  const bool tagged = equals_ignoring_case(text.substr(0, kTag.size()), kTag);
  if (tagged) text.remove_prefix(kTag.size());
  const auto address = IpAddress::parse(text);
  const bool v6_form = text.find(':') != std::string_view::npos;
  if (!address || tagged != v6_form) return fail(Code::invalid, "address literal is neither IPv4 nor IPv6");
  if (!tagged) return "[" + address->to_string() + "]";
  return (address->is_v4() ? "[IPv6:::ffff:" : "[IPv6:") + address->to_string() + "]";
}

Result<std::string> canonical_name(std::string_view domain) {
  if (domain.size() > kMaxDomain) return fail(Code::invalid, "domain is too long");
  if (!has_high(domain)) {
    if (!is_ascii_domain(domain)) return fail(Code::invalid, "domain is not valid");
    std::string lower = to_lower(domain);
    return has_a_label(lower) ? to_a_labels(std::move(lower)) : lower;
  }
  if (!is_clean_utf8(domain) || domain.find('\0') != std::string_view::npos) {
    return fail(Code::invalid, "domain is not valid UTF-8");
  }
  return to_a_labels(std::string(domain));
}

bool is_literal_text(std::string_view text) { return text.size() > 2 && text.front() == '[' && text.back() == ']'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t position() const { return at_; }
  bool peek(char c) const { return !at_end() && text_[at_] == c; }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }

  /// A-d-l of RFC 5321 4.1.2: parsed so that nonsense is refused, then dropped.
  Result<void> source_route() {
    if (!peek('@')) return {};
    do {
      if (!take('@')) return fail(Code::invalid, "source route is not valid");
      TRY(domain());
    } while (take(','));
    if (!take(':')) return fail(Code::invalid, "source route is not valid");
    return {};
  }

  Result<std::string> local_part() {
    auto local = peek('"') ? quoted_string() : dot_string();
    if (!local) return local;
    if (local->empty()) return fail(Code::invalid, "local part is empty");
    if (local->size() > kMaxLocal) return fail(Code::invalid, "local part is too long");
    if (has_high(*local) && !is_clean_utf8(*local)) return fail(Code::invalid, "local part is not valid UTF-8");
    return local;
  }

  Result<std::string> domain() {
    const std::size_t start = at_;
    if (take('[')) {
      while (!at_end() && (is_let_dig(text_[at_]) || text_[at_] == '.' || text_[at_] == ':')) ++at_;
      if (!take(']')) return fail(Code::invalid, "address literal is neither IPv4 nor IPv6");
      return canonical_literal(text_.substr(start, at_ - start));
    }
    while (!at_end() && (is_let_dig(text_[at_]) || is_high(text_[at_]) || text_[at_] == '-' || text_[at_] == '_' ||
                         text_[at_] == '.')) {
      ++at_;
    }
    if (at_ == start) return fail(Code::invalid, "domain is missing");
    return canonical_name(text_.substr(start, at_ - start));
  }

  Result<Address> mailbox() {
    const std::size_t start = at_;
    Address address;
    address.local = TRY(local_part());
    if (!take('@')) return fail(Code::invalid, "address has no domain");
    address.domain = TRY(domain());
    address.utf8 = has_high(text_.substr(start, at_ - start));
    return address;
  }

 private:
  Result<std::string> dot_string() {
    const std::size_t start = at_;
    while (!at_end() && (is_atext(text_[at_]) || text_[at_] == '.')) ++at_;
    const std::string_view local = text_.substr(start, at_ - start);
    if (!local.empty() && (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos)) {
      return fail(Code::invalid, "local part has a misplaced dot");
    }
    return std::string(local);
  }

  Result<std::string> quoted_string() {
    std::string local;
    for (++at_; !at_end(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return local;
      }
      const bool pair = c == '\\';
      if (pair && ++at_ == text_.size()) break;
      c = text_[at_];
      if (is_high(c) ? pair : (c < ' ' || c == 0x7F)) return fail(Code::invalid, "quoted local part holds a control");
      local += c;
    }
    return fail(Code::invalid, "quoted local part does not end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Address> path_content(Parser& parser, std::string_view text, const PathOptions& options) {
  constexpr std::string_view kPostmaster = "postmaster>";
  if (parser.peek('>')) {
    if (options.allow_null) return Address{};
    return fail(Code::invalid, "null path is not allowed here");
  }
  // RFC 5321 4.1.1.3: the one address that needs no domain.
  if (options.allow_postmaster && equals_ignoring_case(text.substr(1, kPostmaster.size()), kPostmaster)) {
    Address address;
    address.local = TRY(parser.local_part());
    return address;
  }
  TRY(parser.source_route());
  return parser.mailbox();
}

bool is_dot_string(std::string_view local) {
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char c) { return is_atext(c) || c == '.'; });
}

}  // namespace

std::string Address::to_string() const {
  if (is_null()) return {};
  std::string out;
  if (is_dot_string(local)) {
    out = local;
  } else {
    out = "\"";
    for (const char c : local) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  if (!domain.empty()) out.append("@").append(domain);
  return out;
}

Result<ParsedPath> parse_path(std::string_view text, const PathOptions& options) {
  const std::string_view head = text.substr(0, kMaxPath);
  Parser parser(head);
  if (!parser.take('<')) return fail(Code::invalid, "path does not begin with <");
  Address address = TRY(path_content(parser, head, options));
  if (!parser.take('>')) {
    return fail(Code::invalid,
                text.size() > kMaxPath && parser.at_end() ? "path is too long" : "path does not end with >");
  }
  return ParsedPath{std::move(address), parser.position()};
}

Result<Address> parse_address(std::string_view text) {
  Parser parser(text.substr(0, kMaxPath));
  Address address = TRY(parser.mailbox());
  if (!parser.at_end() || text.size() > kMaxPath) return fail(Code::invalid, "address does not end after its domain");
  return address;
}

Result<std::string> canonical_domain(std::string_view domain) {
  if (is_literal_text(domain)) return canonical_literal(domain);
  if (domain.size() > 1 && domain.back() == '.') domain.remove_suffix(1);
  return canonical_name(domain);
}

}  // namespace maildrop::mail
