/// charset_names.h: what iconv calls the charsets that mail names.
#pragma once

#include <string_view>
#include <vector>

namespace maildrop::mail {

/// iconv's name of a charset, whatever its case and punctuation (`Latin1`, `ISO_8859-1`), or empty: unknown. Of two
/// that are mistaken for each other, it is the superset of Microsoft's, which their users mean
/// (https://encoding.spec.whatwg.org/#names-and-labels does the same). The view is valid for ever.
std::string_view iconv_name(std::string_view charset);
/// All that it can give.
std::vector<std::string_view> iconv_names();

}  // namespace maildrop::mail
