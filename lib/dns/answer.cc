/// answer.cc: names and records as text.
#include "dns/answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.h"

namespace maildrop::dns {

namespace {

constexpr std::size_t kLongestLabel = 63;

constexpr std::pair<Type, std::string_view> kTypes[] = {{Type::a, "A"},      {Type::ns, "NS"}, {Type::cname, "CNAME"},
                                                        {Type::ptr, "PTR"},  {Type::mx, "MX"}, {Type::txt, "TXT"},
                                                        {Type::aaaa, "AAAA"}};

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '\\'; }

bool is_name(std::string_view name) {
  if (name.empty()) return true;
  if (name.size() > kLongestName || !std::all_of(name.begin(), name.end(), is_plain)) return false;
  const std::vector<std::string_view> labels = split(name, '.');
  return std::all_of(labels.begin(), labels.end(),
                     [](std::string_view label) { return !label.empty() && label.size() <= kLongestLabel; });
}

/// The address backwards, each part followed by a dot.
std::string backwards(const IpAddress& address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kV4 = 12;  // where the IPv4 part begins
  std::string name;
  const auto& bytes = address.bytes();
  for (std::size_t i = bytes.size(); i-- > (address.is_v4() ? kV4 : 0);) {
    if (address.is_v4()) {
      name += std::to_string(bytes[i]) + ".";
    } else {
      name += {kDigits[bytes[i] & 15], '.', kDigits[bytes[i] >> 4], '.'};
    }
  }
  return name;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (is_plain(c) || c == '\\') {
      out += c;
    } else {
      const std::string code = std::to_string(static_cast<unsigned char>(c));
      out += "\\" + std::string(3 - code.size(), '0') + code;
    }
  }
  return out + "\"";
}

}  // namespace

std::string_view name_of(Type type) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](auto& row) { return row.first == type; });
  return found == std::end(kTypes) ? "?" : found->second;
}

std::optional<Type> parse_type(std::string_view text) {
  for (const auto& [type, name] : kTypes)
    if (equals_ignoring_case(text, name)) return type;
  return std::nullopt;
}

std::string_view name_of(Status status) {
  switch (status) {
    case Status::found: return "found";
    case Status::no_data: return "no_data";
    case Status::no_name: return "no_name";
    case Status::failed: return "failed";
    case Status::timed_out: return "timed_out";
    case Status::refused: break;
  }
  return "refused";
}

bool is_known(Status status) { return status <= Status::no_name; }

std::string_view name_of(Source source) {
  switch (source) {
    case Source::servers: return "servers";
    case Source::cache: return "cache";
    case Source::stale: break;
  }
  return "stale";
}

Result<Question> Question::make(std::string_view name, Type type) {
  const std::string_view bare = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
  if (!is_name(bare)) return fail(Code::invalid, "not a name of the DNS");
  return Question{to_lower(bare), type};
}

Result<Question> Question::reverse(const IpAddress& address, Type type, std::string_view zone) {
  if (zone.empty()) zone = address.is_v4() ? "in-addr.arpa" : "ip6.arpa";
  return make(backwards(address) + std::string(zone), type);
}

std::string Record::to_string(Type type) const {
  switch (type) {
    case Type::a:
    case Type::aaaa: return address.to_string();
    case Type::mx: return std::to_string(preference) + " " + (text.empty() ? "." : text);
    case Type::txt: return quoted(text);
    default: return text.empty() ? "." : text;
  }
}

}  // namespace maildrop::dns
