/// url_host.h: to which host a URL leads, read as browsers do and not as its writer pretends; and URLs in plain text.
/// Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace maildrop::filter {

inline constexpr std::size_t kLongestUrl = 8192;  // bytes of one in a text that are looked at

/// The host of a URL of http or https, or of one without a scheme that begins with `//` or `www.`. White space and
/// controls in it, backslashes, too many or too few slashes, a user before `@`, percent signs and numbers in the place
/// of addresses are what they are to browsers (URL Standard 4.4, 3.5).
/// A name in lower case and A-labels, without a final dot, at most 253 bytes; or an address such as `192.0.2.1` or
/// `2001:db8::1`. Nothing: it leads to no host, or is relative.
std::optional<std::string> url_host(std::string_view url);

/// URLs in text that programs make links of: such with `http://` or `https://`, and `www.` at the begin of a word.
/// `see` gets each and its host, in order, until it returns false. Where text beyond ASCII follows a host without a
/// blank it gets both readings. Of a URL in another one it gets both, too, also where that is percent-encoded, as those
/// who redirect have it. O(n); at most kMostTried places are looked at.
using SeeUrl = std::function<bool(std::string_view url, std::string host)>;
inline constexpr std::size_t kMostTried = 2000;
/// True: all of the text was looked at.
bool find_urls(std::string_view text, const SeeUrl& see);

/// The same of one URL that is there, such as an attribute of HTML.
bool see_url(std::string_view url, const SeeUrl& see);

}  // namespace maildrop::filter
