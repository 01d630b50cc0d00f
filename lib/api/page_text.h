/// page_text.h: a message's text on a page: its addresses can be followed.
#pragma once

#include <cstddef>
#include <string_view>

#include "api/markup.h"

namespace maildrop::api {

/// Bytes of a text or source that a page has; the whole of it can be had by itself. Each may become twelve (a quote in
/// an address), and stands in memory four times while a page is made: 4 MB at worst for each of api.workers.
inline constexpr std::size_t kMostOnPage = 64 * 1024;

/// As text, in which what begins with http:// or https:// (the first 500) is a link that tells nothing of where it was.
/// O(n).
Markup linked_text(std::string_view text);

}  // namespace maildrop::api
