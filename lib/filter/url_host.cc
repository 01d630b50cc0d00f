/// url_host.cc: what browsers forgive, step by step.
#include "filter/url_host.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/net.h"
#include "core/text.h"
#include "dns/answer.h"
#include "mail/address.h"

namespace maildrop::filter {

namespace {

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_slash(char c) { return c == '/' || c == '\\'; }
bool starts_with(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && equals_ignoring_case(text.substr(0, lower.size()), lower);
}

/// Without what browsers take off: controls and blanks around it, tabs and line ends in it.
std::string cleaned(std::string_view url) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!url.empty() && is_blank(url.front())) url.remove_prefix(1);
  std::string out(url);
  while (!out.empty() && is_blank(out.back())) out.pop_back();
  std::erase_if(out, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });
  return out;
}

/// What is behind the scheme and the slashes, or nothing where no host is meant.
std::optional<std::string_view> behind_scheme(std::string_view url) {
  if (starts_with(url, "www.")) return url;
  const bool relative = url.size() > 2 && is_slash(url[0]) && is_slash(url[1]);
  for (const std::string_view scheme : {"http:", "https:"})
    if (starts_with(url, scheme)) {
      url.remove_prefix(scheme.size());
      while (!url.empty() && is_slash(url.front())) url.remove_prefix(1);
      return url;
    }
  return relative ? std::optional(url.substr(2)) : std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    out += low >= 0 ? static_cast<char>(high << 4 | low) : text[i];
    if (low >= 0) i += 2;
  }
  return out;
}

/// A part of an IPv4 address as browsers read it: decimal, `0x` hexadecimal, `0` octal.
std::optional<std::uint64_t> ip4_part(std::string_view text) {
  unsigned base = 10;
  if (starts_with(text, "0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  std::uint64_t number = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base || number > UINT32_MAX) return std::nullopt;
    number = number * base + static_cast<unsigned>(digit);
  }
  return number;
}

bool is_number(std::string_view label) {
  return !label.empty() && (label.find_first_not_of("0123456789") == std::string_view::npos ||
                            (starts_with(label, "0x") && ip4_part(label)));
}

/// Of a name that ends in a number; nothing: it is none, and so no host.
std::optional<std::string> address_of(std::string_view name) {
  const std::vector<std::string_view> parts = split(name, '.');
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::optional<std::uint64_t> number = parts[i].empty() ? std::nullopt : ip4_part(parts[i]);
    const bool last = i + 1 == parts.size();  // it stands for all bytes that are left: `192.0.513`
    const std::uint64_t most = last ? UINT32_MAX >> 8 * i : 255;
    if (!number || *number > most) return std::nullopt;
    address |= last ? *number : *number << (24 - 8 * i);
  }
  return IpAddress::from_v4(static_cast<std::uint32_t>(address)).to_string();
}

/// What may be asked of the DNS, though SMTP and IDNA would have none of it (hyphens at an end, A-labels of emoji).
bool is_lenient_name(std::string_view name) {
  if (name.size() > dns::kLongestName) return false;
  for (const std::string_view label : split(name, '.')) {
    const auto is_fit = [](char c) { return is_alnum(c) || c == '-' || c == '_'; };
    if (label.empty() || label.size() > 63 || !std::all_of(label.begin(), label.end(), is_fit)) return false;
  }
  return true;
}

/// What browsers let stand in a host though no host name has it (URL Standard 3.1).
bool is_odd(char c) { return std::string_view("!\"$&'()*+,;=`{}~").find(c) != std::string_view::npos; }

/// Of a name whose first labels are odd, as a wildcard record has any, what is behind them.
std::string_view without_odd_labels(std::string_view name) {
  const auto odd = std::find_if(name.rbegin(), name.rend(), is_odd);
  if (odd == name.rend()) return name;
  const std::size_t dot = name.find('.', static_cast<std::size_t>(name.rend() - odd) - 1);
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

/// Of a host as it stands in a URL, without user and port.
std::optional<std::string> canonical_host(std::string_view written) {
  if (!written.empty() && written.front() == '[') {
    if (written.back() != ']') return std::nullopt;
    const auto address = IpAddress::parse(written.substr(1, written.size() - 2));
    return address ? std::optional(address->to_string()) : std::nullopt;
  }
  std::string host = percent_decoded(written);
  while (!host.empty() && host.back() == '.') host.pop_back();
  host = without_odd_labels(host);
  if (host.empty()) return std::nullopt;
  auto name = mail::canonical_domain(host);
  if (!name && is_lenient_name(host)) name = to_lower(host);
  if (!name || name->front() == '[' || name->size() > dns::kLongestName) return std::nullopt;
  const std::string_view last = std::string_view(*name).substr(name->rfind('.') + 1);
  return is_number(last) ? address_of(*name) : std::optional(*name);
}

/// The one in what is behind the slashes.
std::string_view host_in(std::string_view rest) {
  std::string_view authority = rest.substr(0, rest.find_first_of("/\\?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (!authority.empty() && authority.front() == '[') return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

// --- in text ---

/// A URL ends before white space, controls, quotes and angle brackets.
std::string_view written_url(std::string_view text) {
  text = text.substr(0, kLongestUrl);
  const auto ends = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '<' || c == '>' || c == '"' || c == '`';
  };
  return text.substr(0, static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends) - text.begin()));
}

/// Of a host what may be in one: what follows is the text around it.
std::string_view until_text(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host;
  const auto is_part = [](char c) {
    return is_alnum(c) || is_high(c) || c == '-' || c == '_' || c == '.' || c == '%' ||
           (is_odd(c) && std::string_view("\"(),;").find(c) == std::string_view::npos);
  };
  host = host.substr(0, static_cast<std::size_t>(std::find_if_not(host.begin(), host.end(), is_part) - host.begin()));
  return host.substr(0, host.find_last_not_of("-_.!$&'*+=`{}~") + 1);
}

bool begins_url(std::string_view text, std::size_t i) {
  const char c = text[i];
  if (c == 'h' || c == 'H') {
    std::string_view rest = text.substr(i, 8);
    if (!starts_with(rest, "http")) return false;
    rest.remove_prefix(4);
    if (!rest.empty() && (rest.front() == 's' || rest.front() == 'S')) rest.remove_prefix(1);
    return rest.size() > 2 && rest[0] == ':' && is_slash(rest[1]) && is_slash(rest[2]);
  }
  if ((c != 'w' && c != 'W') || !starts_with(text.substr(i, 4), "www.") || i + 4 == text.size()) return false;
  if (!is_alnum(text[i + 4]) && !is_high(text[i + 4]) && text[i + 4] != '%') return false;
  return i == 0 || !(is_alnum(text[i - 1]) || std::string_view("./\\-_@%").find(text[i - 1]) != std::string_view::npos);
}

class UrlSearch {
 public:
  explicit UrlSearch(const SeeUrl& see) : see_(see) {}

  bool in_text(std::string_view text, bool decodes = true) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!begins_url(text, i)) continue;
      if (++tried_ > kMostTried) return false;
      // URLs within it are found by the search itself, but for those that are encoded.
      const std::string_view url = written_url(text.substr(i));
      if (!take(url, until_text(host_in(*behind_scheme(url)))) || (decodes && !in_encoded(url))) return false;
    }
    return true;
  }

  bool one(std::string_view url) {
    const std::string clean = cleaned(url);
    const std::optional<std::string_view> rest = behind_scheme(clean);
    if (!rest) return true;
    const std::string_view host = host_in(*rest);
    std::optional<std::string> canonical = canonical_host(host);
    if (canonical && !see_(std::string_view(clean).substr(0, kLongestUrl), std::move(*canonical))) return false;
    return in_text(rest->substr(static_cast<std::size_t>(host.data() + host.size() - rest->data())), false) &&
           in_encoded(clean);
  }

 private:
  bool take(std::string_view url, std::string_view host) {
    std::optional<std::string> canonical = canonical_host(host);
    if (canonical && !see_(url, std::move(*canonical))) return false;
    const auto high = std::find_if(host.begin(), host.end(), [](char c) { return is_high(c) || is_odd(c); });
    if (high == host.begin() || high == host.end()) return true;
    const std::string_view ascii = until_text(host.substr(0, static_cast<std::size_t>(high - host.begin())));
    canonical = ascii.find('.') == std::string_view::npos ? std::nullopt : canonical_host(ascii);
    return !canonical || see_(url, std::move(*canonical));
  }

  bool in_encoded(std::string_view url) {
    return url.find("%2") == std::string_view::npos || in_text(percent_decoded(url).substr(1), false);
  }

  const SeeUrl& see_;
  std::size_t tried_ = 0;
};

}  // namespace

std::optional<std::string> url_host(std::string_view url) {
  const std::string clean = cleaned(url);
  const std::optional<std::string_view> rest = behind_scheme(clean);
  return rest ? canonical_host(host_in(*rest)) : std::nullopt;
}

bool find_urls(std::string_view text, const SeeUrl& see) { return UrlSearch(see).in_text(text); }

bool see_url(std::string_view url, const SeeUrl& see) { return UrlSearch(see).one(url); }

}  // namespace maildrop::filter
