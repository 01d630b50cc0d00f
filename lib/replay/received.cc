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

/// Where the first word behind `from` ends: the client may have chosen it, so it is no keyword and opens no comment.
std::size_t end_of_first_word(std::string_view clauses) {
  const std::size_t begin = std::min(clauses.find_first_not_of(" \t", "from"sv.size()), clauses.size());
  if (begin < clauses.size() && clauses[begin] == '(') return begin;  // there is none
  return std::min(clauses.find_first_of(" \t", begin), clauses.size());
}

/// Takes what the client called itself out of `comments`: the address in it is his word only.
std::optional<std::string> take_helo(std::string& comments) {
  const std::string lower = to_lower(comments);
  for (const std::string_view mark : {" helo="sv, "(helo="sv, "(helo "sv, "(ehlo "sv}) {
    const std::size_t at = lower.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + mark.size();
    const std::size_t end = std::min(comments.find_first_of(" \t)", begin), comments.size());
    std::string helo = comments.substr(begin, end - begin);
    comments.erase(begin, end - begin);
    return helo;
  }
  return std::nullopt;
}

std::optional<IpAddress> address_of(std::string_view text) {
  if (equals_ignoring_case(text.substr(0, 5), "IPv6:")) text.remove_prefix(5);
  const auto address = IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

std::optional<IpAddress> last_in_brackets(std::string_view text) {
  for (std::size_t at = text.rfind('['); at != std::string_view::npos; at = text.rfind('[')) {
    if (const auto address = address_of(text.substr(at + 1, text.find(']', at) - at - 1))) return address;
    text = text.substr(0, at);
  }
  return std::nullopt;
}

/// Before the address that the server saw stand names and idents, which the client may have chosen.
std::optional<IpAddress> last_address_in(std::string_view text) {
  if (const auto address = last_in_brackets(text)) return address;
  for (;;) {
    const std::size_t cut = text.find_last_of(" \t()@=");
    if (const auto address = address_of(text.substr(cut + 1))) return address;  // npos + 1 is 0
    if (cut == std::string_view::npos) return std::nullopt;
    text = text.substr(0, cut);
  }
}

/// Of the last `for`: in a comment before it may stand the sender's address, quoted and with anything in it.
std::optional<std::string> path_behind_for(std::string_view clauses) {
  std::size_t at = std::string_view::npos;
  for (std::size_t next = find_word(clauses, "for"); next != std::string_view::npos;
       next = find_word(clauses, "for", next + 3))
    at = next;
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view path = trim(clauses.substr(at + 3));
  if (!path.empty() && path.front() == '<') {
    const std::size_t end = path.find('>');
    return end == std::string_view::npos ? std::nullopt : std::optional(std::string(path.substr(1, end - 1)));
  }
  path = path.substr(0, path.find_first_of(" \t(;"));
  return path.find('@') == std::string_view::npos ? std::nullopt : std::optional(std::string(path));
}

/// What stands between `from` and `by`.
void take_client(std::string_view word, std::string comments, Received& out) {
  out.hides_client = trim(comments) != "(local)"sv;  // a unix socket, as we write it
  const auto helo = take_helo(comments);
  out.helo = std::string(trim(helo ? std::string_view(*helo) : word).substr(0, kMaxHelo));
  out.peer = last_address_in(comments);
  // Exim's `[ADDRESS] (helo=HELO)`. With an @ it was an ident, and the word before the comment is the HELO.
  if (!out.peer && helo && helo->find('@') == std::string::npos) out.peer = last_in_brackets(word);
  if (out.peer) out.hides_client = false;
}

}  // namespace

Received parse_received(std::string_view value) {
  Received out;
  const std::string text = mail::unfold(value.substr(0, kMaxValue));
  const std::size_t semicolon = std::min(text.rfind(';'), text.size());
  if (semicolon < text.size()) out.date = mail::parse_date(std::string_view(text).substr(semicolon + 1));
  const std::string_view clauses = std::string_view(text).substr(0, semicolon);
  const bool from = find_word(clauses, "from") == 0;
  const std::size_t word = from ? "from"sv.size() : 0, comments = from ? end_of_first_word(clauses) : 0;
  const std::size_t by = find_word(clauses, "by", comments);
  // Two of them: words of a HELO with blanks in it.
  const bool clear = by != std::string_view::npos && find_word(clauses, "by", by + 2) == std::string_view::npos;
  out.hides_client = from && !clear;
  if (!clear) return out;
  out.for_to = path_behind_for(clauses.substr(by));
  if (from)
    take_client(clauses.substr(word, comments - word), std::string(clauses.substr(comments, by - comments)), out);
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
