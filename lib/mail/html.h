/// html.h: what is to be read in HTML of strangers.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::mail {

struct HtmlLimits {
  std::size_t input = 512 * 1024;       // bytes of HTML looked at; the rest is cut
  std::size_t memory = 32u << 20;       // of the parse tree
  std::chrono::milliseconds time{200};  // of parsing
  std::size_t output = 1u << 20;        // bytes of text; the rest is cut (a link copied often grows it)
  std::size_t links = 1000;             // that are kept, the first
};

/// The text a reader would see: blocks on lines of their own, links as `text <url>`, list items with `- `, no script,
/// style, head or hidden markup. Valid UTF-8. `html` is UTF-8.
/// over_limit when memory or time ran out: show the source or another part instead.
Result<std::string> html_to_text(std::string_view html, const HtmlLimits& limits = {});

/// A link that reads like a URL, and leads by another one.
struct NamedLink {
  static constexpr std::size_t kLongestName = 1000;  // bytes; the rest is cut

  std::string name;  // as it is shown
  std::string url;
};

/// What a reader sees, and what his program may load or lead him to.
struct HtmlContent {
  static constexpr std::size_t kLongestLink = 64 * 1024;  // bytes; the rest is cut

  std::string text;                  // as html_to_text() has it
  std::vector<std::string> links{};  // attributes with a URL, as they are, of links, images, forms and the like, and of
                                     // <base>; not of what is hidden
  std::vector<NamedLink> named{};    // no more than of these
};
/// Errors as above.
Result<HtmlContent> read_html(std::string_view html, const HtmlLimits& limits = {});

}  // namespace maildrop::mail
