/// codes.h: the one-time codes and links that people wait for in a message. Pure; the same text gives the same answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::mail {

inline constexpr std::size_t kMostCodes = 10;
inline constexpr std::size_t kMostLinks = 100;

/// What a link is for, by its words: to confirm, sign in or begin again; anything; to be left in peace, or for the
/// sender's own use (pixels, pages of a mail in a browser).
enum class LinkKind { action, other, aside };
std::string_view name_of(LinkKind kind);  // `action`, `other`, `aside`

struct CodeLink {
  std::string url;
  LinkKind kind = LinkKind::other;
};

/// Codes of 4 to 10 digits, or of capitals and digits (`G-482913`, `ABCD-1234`), that stand near a word for one in the
/// common languages; without spaces between their digits. Nearest to their word first, then in order, each once. Those
/// behind other numbers' words (a postcode, an order) are none. `text` is UTF-8. O(n).
std::vector<std::string> find_codes(std::string_view text);

/// Links with http and https, each once; by kind, then in order. `text` is as html_to_text() has it, or plain.
std::vector<CodeLink> find_links(std::string_view text);

}  // namespace maildrop::mail
