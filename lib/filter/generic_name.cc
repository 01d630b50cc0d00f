/// generic_name.cc: where an address may be hidden in a name.
#include "filter/generic_name.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/text.h"
#include "dns/answer.h"

namespace maildrop::filter {

namespace {

/// As tokens of letters. Not those that servers have, too: `static`, `host`, `ip`, `home`, `mobile`.
constexpr std::string_view kGenericWords[] = {
    "adsl",  "broadband", "cable",       "cablemodem", "catv", "cust",        "customer",   "customers", "dhcp",
    "dial",  "dialin",    "dialup",      "dip",        "dsl",  "docsis",      "dyn",        "dynamic",   "dynamicip",
    "dynip", "ftth",      "gpon",        "gprs",       "hfc",  "lte",         "modem",      "pool",      "pools",
    "ppp",   "pppoe",     "residential", "sdsl",       "umts", "unallocated", "unassigned", "unused",    "vdsl",
    "wifi",  "wimax",     "wireless",    "wlan",       "xdsl",
};

bool is_hex(char c) { return hex_digit(c) >= 0; }

/// What is below the domain, by a guess: registries are such as `com` and `co.uk`.
std::string_view host_part(std::string_view name) {
  const std::vector<std::string_view> labels = split(name, '.');
  if (labels.size() < 3) return {};
  const std::size_t last = labels.size() - 1;
  const bool two = labels[last].size() == 2 && labels[last - 1].size() <= 3;
  const std::string_view end = labels[last - (two ? 2 : 1)];
  return name.substr(0, static_cast<std::size_t>(end.data() - name.data()));
}

bool has_word(std::string_view name) {
  const std::string_view host = host_part(name);
  for (std::size_t at = 0; at < host.size(); ++at) {
    std::size_t end = at;
    while (end < host.size() && is_letter(host[end])) ++end;
    const std::string_view token = host.substr(at, end - at);
    if (std::find(std::begin(kGenericWords), std::end(kGenericWords), token) != std::end(kGenericWords)) return true;
    at = end;
  }
  return false;
}

/// With no digit before or behind it, which would make it another number.
bool has_number(std::string_view name, std::string_view number, bool (*counts)(char)) {
  for (std::size_t at = name.find(number); at != std::string_view::npos; at = name.find(number, at + 1)) {
    const std::size_t end = at + number.size();
    if ((at == 0 || !counts(name[at - 1])) && (end == name.size() || !counts(name[end]))) return true;
  }
  return false;
}

/// In that base, filled up to so many digits.
std::string text_of(unsigned number, unsigned base, std::size_t digits) {
  std::string text;
  for (; number > 0 || text.empty(); number /= base) text.insert(text.begin(), "0123456789abcdef"[number % base]);
  return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
}

/// The parts, or the parts backwards.
template <std::size_t N>
bool has_parts(std::string_view name, std::array<std::string, N> parts, std::string_view between,
               bool (*counts)(char)) {
  for (int turn = 0; turn < 2; ++turn) {
    std::string text;
    for (const std::string& part : parts) text.append(text.empty() ? "" : between).append(part);
    if (has_number(name, text, counts)) return true;
    std::reverse(parts.begin(), parts.end());
  }
  return false;
}

bool has_v4(std::string_view name, const IpAddress& address) {
  std::array<unsigned, 4> bytes{};
  std::array<std::string, 4> decimal;
  std::array<std::string, 4> hex;
  unsigned value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = address.bytes()[12 + i];
    decimal[i] = text_of(bytes[i], 10, 3);
    hex[i] = text_of(bytes[i], 16, 2);
    value = value << 8 | bytes[i];
  }
  using Pair = std::array<std::string, 2>;
  for (const std::string_view between : {"-", ".", "_"}) {
    if (has_parts(name, Pair{text_of(bytes[2], 10, 1), text_of(bytes[3], 10, 1)}, between, is_digit) ||
        has_parts(name, Pair{decimal[2], decimal[3]}, between, is_digit) || has_parts(name, hex, between, is_hex))
      return true;
  }
  return has_parts(name, decimal, "", is_digit) || has_parts(name, hex, "", is_hex) ||
         has_number(name, text_of(value, 10, 1), is_digit);
}

bool has_v6(std::string_view name, const IpAddress& address) {
  std::string shortened = address.to_string();
  std::replace(shortened.begin(), shortened.end(), ':', '-');
  if (has_number(name, shortened, is_hex)) return true;
  // By nibbles, as in ip6.arpa: the half of the host comes first.
  constexpr std::size_t kHalf = 31;
  const std::string nibbles = dns::Question::reverse(address, dns::Type::ptr)->name;
  if (name.find(nibbles.substr(0, kHalf)) != std::string_view::npos) return true;
  for (std::size_t half = 0; half < 2; ++half) {
    std::array<std::string, 4> bare;
    std::array<std::string, 4> filled;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = 8 * half + 2 * i;
      const unsigned group = unsigned{address.bytes()[at]} << 8 | address.bytes()[at + 1];
      bare[i] = text_of(group, 16, 1);
      filled[i] = text_of(group, 16, 4);
    }
    for (const std::string_view between : {"-", "."})
      if (has_parts(name, bare, between, is_hex) || has_parts(name, filled, between, is_hex)) return true;
    std::string whole;
    for (const std::string& each : filled) whole += each;
    if (name.find(whole) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool is_generic(std::string_view name, const IpAddress& address) {
  const std::string lower = to_lower(name.substr(0, dns::kLongestName));
  return (address.is_v4() ? has_v4(lower, address) : has_v6(lower, address)) || has_word(lower);
}

}  // namespace maildrop::filter
