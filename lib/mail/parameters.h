/// parameters.h: fields of the form `value; name=value`: Content-Type and Content-Disposition. RFC 2045, 2231.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/charsets.h"

namespace maildrop::mail {

struct ParameterizedField {
  std::string value;                                            // `text/plain`, `attachment`: lower case, no blanks
  std::vector<std::pair<std::string, std::string>> parameters;  // as written, names in lower case

  static constexpr std::size_t kMaxParameters = 100;  // further ones are dropped

  /// The parameter, put together and decoded to UTF-8 by RFC 2231 (`name*`, `name*0*`) where that form is used, else
  /// as written. The extended form wins when both are there. Empty if there is none.
  std::string parameter(std::string_view name, Charsets& charsets) const;

  /// There is one, in any form, that is not empty. Nothing is decoded.
  bool has(std::string_view name) const;
};

/// `field` is a raw header value. Never fails; comments are skipped and what makes no sense is passed over. O(n).
ParameterizedField parse_parameters(std::string_view field);

/// A name that is safe to show and to save under: what follows the last `/` or `\`, without controls, bidi characters
/// and dots or blanks at either end, at most 255 bytes. Empty if nothing is left.
std::string safe_filename(std::string_view utf8);

}  // namespace maildrop::mail
