/// web_links.h: addresses in HTML and CSS of strangers: which may be followed, and which a program would load by
/// itself.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace maildrop::mail {

inline constexpr std::size_t kLongestLink = 8 * 1024;       // bytes; what newsletters count clicks by is below 2 KB
inline constexpr std::size_t kLongestRemoteAddress = 2048;  // bytes; the rest is cut, as it is only shown

/// The address of a link as a page may have it: http and https with a host, mailto and tel; nothing of the others, of
/// relative ones (they would lead to us), and of longer ones. What no address has is %-encoded; the result is the same
/// again.
std::string safe_link(std::string_view href);

/// The address of an image, a sheet or the like, where it is one elsewhere (http, https, ftp, or none like `//host/`),
/// cut and fit to be shown; else nothing.
std::string remote_address(std::string_view value);

/// Tells what remote_address() says of each address in a style sheet, or in a `style` attribute: `url(...)`, `@import`,
/// and whatever else stands in quotes. Those in escapes (`\75rl(`) are not seen.
void see_css_addresses(std::string_view css, const std::function<void(std::string&&)>& see);

}  // namespace maildrop::mail
