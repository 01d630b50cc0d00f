/// escape.h: strangers' text where another grammar would read it: file names in fields, paths, XML. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/text.h"

namespace maildrop::api {

/// `attachment; filename="a.pdf"`, and `filename*` where the name is not ASCII (RFC 6266, RFC 8187). Quotes, controls,
/// separators of paths and what turns text around are out of it: one line, whatever the name holds. `otherwise` is for
/// a name of which nothing is left.
std::string attachment_disposition(std::string_view name, std::string_view otherwise);

/// All but the unreserved characters of RFC 3986 as `%XX`.
std::string percent_encoded(std::string_view text);

/// For content and attributes of XML 1.0 and HTML. What no document may have, and what does not show, becomes U+FFFD;
/// with Lines::many line ends (as `\n`) and tabs stay.
std::string xml_escaped(std::string_view text, Lines lines = Lines::one);

}  // namespace maildrop::api
