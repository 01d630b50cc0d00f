/// shown_address.cc: what looks like an address is held against those that are.
#include "filter/shown_address.h"

#include <algorithm>

#include "filter/public_suffix.h"
#include "mail/address.h"
#include "mail/words.h"

namespace maildrop::filter {

namespace {

constexpr std::size_t kMostSeen = 20;  // a From with more is made to confuse

bool is_of_domain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The domain behind an `@`, where a reader would see an address; empty: he would not.
std::string_view domain_seen(std::string_view text, std::size_t at) {
  if (at == 0 || std::string_view(" \t\r\n<>()[]\",:;@").find(text[at - 1]) != std::string_view::npos) return {};
  std::string_view domain = text.substr(at + 1);
  domain = domain.substr(
      0, static_cast<std::size_t>(std::find_if_not(domain.begin(), domain.end(), is_of_domain) - domain.begin()));
  while (domain.ends_with('.')) domain.remove_suffix(1);
  return domain.find('.') == std::string_view::npos ? std::string_view() : domain;
}

}  // namespace

bool shows_other_address(std::string_view from, std::span<const std::string> real) {
  const bool encoded = from.find("=?") != std::string_view::npos;
  if (!encoded && std::count(from.begin(), from.end(), '@') < 2) return false;
  const std::string text = encoded ? mail::decode_header(from) : std::string(from);
  std::size_t seen = 0;
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    const std::string_view domain = domain_seen(text, at);
    if (domain.empty()) continue;
    if (++seen > kMostSeen) return true;
    const auto name = mail::canonical_domain(domain);
    const auto is_its = [&](const std::string& each) { return is_same_organisation(*name, each); };
    if (name && std::none_of(real.begin(), real.end(), is_its)) return true;
  }
  return false;
}

}  // namespace maildrop::filter
