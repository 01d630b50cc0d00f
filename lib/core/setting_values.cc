/// setting_values.cc: what may stand for a domain, a host, an origin, a name, a file, a store.
#include "core/setting_values.h"

#include <algorithm>
#include <vector>

#include "core/config.h"
#include "core/net.h"
#include "core/text.h"

namespace maildrop {

namespace {

bool is_label(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

/// `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 4.1.3).
bool is_address_literal(std::string_view text) {
  static constexpr std::string_view kIpv6 = "[IPv6:";
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  const bool v6 = text.substr(0, kIpv6.size()) == kIpv6;
  text.remove_prefix(v6 ? kIpv6.size() : 1);
  const std::string_view inside = text.substr(0, text.size() - 1);
  return IpAddress::parse(inside) && (inside.find(':') != std::string_view::npos) == v6;
}

}  // namespace

Result<std::string> parse_domain(const std::string& text) {
  const auto wrong = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || std::string_view("@<>,;()\"\\/").find(c) != std::string_view::npos;
  };
  const bool literal = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const bool star = text.find('*') != std::string::npos && text != "*";
  if (text.empty() || text.size() > 255 || star || std::any_of(text.begin(), text.end(), wrong) ||
      (!literal && (text.front() == '.' || text.back() == '.' || text.find("..") != std::string::npos)))
    return fail(Code::invalid,
                "'" + text + "' is no domain (a name, an address literal like [192.0.2.1], or * for any)");
  return to_lower(text);
}

Result<std::string> parse_host(const std::string& text) {
  const bool literal = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const bool plain = std::all_of(text.begin(), text.end(), [literal](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(literal ? ".:[]" : ".-_").find(c) != std::string_view::npos;
  });
  if (text == "*" || (plain && !text.empty() && text.size() <= 255)) return to_lower(text);
  return fail(Code::invalid, "'" + text + "' is no host (a name, an address, [::1], without a port, or * for any)");
}

Result<std::string> parse_origin(const std::string& text) {
  const std::size_t host = text.find("://");
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != '*' && c != '\"'; });
  if (text == "*" || (plain && text.size() <= 255 && host != std::string::npos && host > 0 && host + 3 < text.size() &&
                      text.find('/', host + 3) == std::string::npos))
    return to_lower(text);
  return fail(Code::invalid, "'" + text + "' is no origin (https://example.org, without a path, or * for any)");
}

Result<std::string> parse_name(const std::string& text) {
  if (text.empty() || text.size() > 64 || text.find('@') != std::string::npos)
    return fail(Code::invalid, "'" + text + "' is no inbox name");
  return to_lower(text);
}

/// It stands in the greeting and in Received fields, where clients and readers of traces take it apart.
Result<void> check_hostname(std::string_view text) {
  if (text.empty() || is_address_literal(text)) return {};
  const std::vector<std::string_view> labels = split(text, '.');
  if (text.size() <= 255 && std::all_of(labels.begin(), labels.end(), is_label)) return {};
  return fail(Code::invalid, "'" + std::string(text) +
                                 "' is no host name (letters, digits and inner hyphens between dots, or an address "
                                 "literal like [192.0.2.1])");
}

Result<std::string> parse_file(const std::string& text) {
  if (!text.empty() && text.front() == '/') return text;
  return fail(Code::invalid, "'" + text + "' is no absolute path");
}

/// What is in it is shown in logs and in lists of processes, so what may be a password is not even repeated.
Result<void> check_url(std::string_view text) {
  if (text.substr(0, 5) == "redis" && text.find('@') != std::string_view::npos)
    return fail(Code::invalid, "user and password belong into redis.username and redis.password");
  for (const std::string_view scheme : {"sqlite:", "memory:", "redis://", "redis+unix://", "redis+sentinel://"}) {
    if (text.substr(0, scheme.size()) == scheme) return {};
  }
  return fail(Code::invalid, "'" + std::string(text.substr(0, text.find(':'))) +
                                 ":' is no store: write sqlite:PATH, redis://HOST or memory:");
}

Result<void> check_any(std::string_view) { return {}; }
Result<void> check_path(std::string_view text) {
  constexpr std::size_t kLongest = 4095;  // bytes, as the kernel has it
  if (text.size() <= kLongest) return {};
  return fail(Code::invalid, "is longer than " + std::to_string(kLongest) + " bytes");
}

/// What is wrong is told by its line: a key with a letter missing is a secret, too.
Result<void> check_alias_keys(std::string_view text) {
  std::size_t line = 0;
  std::size_t keys = 0;
  for (const std::string_view key : split(text, '\n')) {
    ++line;
    if (trim(key).empty()) continue;
    const auto bytes = from_hex(trim(key));
    if (!bytes || bytes->size() != kAliasKey)
      return fail(Code::invalid,
                  "line " + std::to_string(line) + " is no key: 64 hexadecimal digits, as of `openssl rand -hex 32`");
    ++keys;
  }
  if (keys <= kMostAliasKeys) return {};
  return fail(Code::invalid, std::to_string(keys) + " keys are more than " + std::to_string(kMostAliasKeys));
}

Result<void> check_classic_modifier(std::string_view text) {
  if (text.size() <= kMostClassicModifier && text.find_first_not_of("0123456789") == std::string_view::npos) return {};
  return fail(Code::invalid, "it is not up to " + std::to_string(kMostClassicModifier) + " decimal digits");
}

Result<void> check_prefix(std::string_view text) {
  if (text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
    return {};
  return fail(Code::invalid, "'" + std::string(text) + "' is not up to 64 printable characters without blanks");
}

}  // namespace maildrop
