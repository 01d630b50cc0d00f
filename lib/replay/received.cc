/// received.cc: from, by, for and the date. RFC 5321 4.4, and what is written in its place.
#include "replay/received.h"

#include <algorithm>
#include <vector>

#include "core/text.h"
#include "mail/headers.h"
#include "mail/message.h"

namespace maildrop::replay {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxValue = 4096;  // bytes looked at: real ones have 200 to 500
constexpr std::size_t kMaxHelo = 255;    // bytes kept: a domain has no more

/// The place of `word` (lower case) between blanks and outside comments, from `at`; npos: nowhere.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t at = 0) {
  std::size_t depth = 0;
  bool begins = true;  // a word
  for (; at < text.size(); ++at) {
    if (depth == 0 && begins && equals_ignoring_case(text.substr(at, word.size()), word) &&
        (at + word.size() == text.size() || text[at + word.size()] == ' ' || text[at + word.size()] == '\t'))
      return at;
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && depth > 0) --depth;
    begins = text[at] == ' ' || text[at] == '\t' || text[at] == ')';
  }
  return std::string_view::npos;
}

/// Takes what the client called itself out of `from`: the address in it is his word only.
std::string take_helo(std::string& from) {
  const std::string lower = to_lower(from);
  for (const std::string_view mark : {"helo="sv, "(helo "sv, "(ehlo "sv}) {
    const std::size_t at = lower.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + mark.size();
    const std::size_t end = std::min(from.find_first_of(" \t)", begin), from.size());
    std::string helo = from.substr(begin, end - begin);
    from.erase(begin, end - begin);
    return helo;
  }
  const std::string_view text = from;
  return std::string(text.substr(0, text.find_first_of(" \t(")));
}

std::optional<IpAddress> address_of(std::string_view text) {
  if (equals_ignoring_case(text.substr(0, 5), "IPv6:")) text.remove_prefix(5);
  const auto address = IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

/// The first address of `text`: one in brackets, or else a bare one.
std::optional<IpAddress> address_in(std::string_view text) {
  for (std::size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    const std::size_t end = text.find(']', at);
    if (end == std::string_view::npos) break;
    if (const auto address = address_of(text.substr(at + 1, end - at - 1))) return address;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t()@="), text.size());
    if (const auto address = address_of(text.substr(0, end))) return address;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<std::string> path_behind_for(std::string_view clauses) {
  const std::size_t at = find_word(clauses, "for");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view path = trim(clauses.substr(at + 3));
  if (!path.empty() && path.front() == '<') {
    const std::size_t end = path.find('>');
    return end == std::string_view::npos ? std::nullopt : std::optional(std::string(path.substr(1, end - 1)));
  }
  path = path.substr(0, path.find_first_of(" \t(;"));
  return path.find('@') == std::string_view::npos ? std::nullopt : std::optional(std::string(path));
}

}  // namespace

Received parse_received(std::string_view value) {
  Received out;
  const std::string text = mail::unfold(value.substr(0, kMaxValue));
  const std::size_t semicolon = std::min(text.rfind(';'), text.size());
  if (semicolon < text.size()) out.date = mail::parse_date(std::string_view(text).substr(semicolon + 1));
  const std::string_view clauses = std::string_view(text).substr(0, semicolon);
  out.for_to = path_behind_for(clauses);
  if (find_word(clauses, "from") != 0) return out;
  std::string from(trim(clauses.substr(4, std::min(find_word(clauses, "by"), clauses.size()) - 4)));
  out.helo = take_helo(from).substr(0, kMaxHelo);
  // What the server saw stands in a comment; before it stands what it was told, or both in one.
  const std::size_t comment = std::min(from.find('('), from.size());
  out.peer = address_in(std::string_view(from).substr(comment));
  if (!out.peer) out.peer = address_in(std::string_view(from).substr(0, comment));
  return out;
}

bool is_private(const IpAddress& address) {
  static const std::vector<Network> networks = [] {
    std::vector<Network> out;
    for (const char* const text : {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                                   "172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"})
      out.push_back(Network::parse(text).value());
    return out;
  }();
  return contains(networks, address);
}

}  // namespace maildrop::replay
