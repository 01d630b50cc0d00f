/// reserved.h: which names may be refused.
#pragma once

#include <string>

#include "core/result.h"

namespace maildrop::filter {

/// An element of filter.reserved.refuse, as the local part of a recipient is in an inbox's name. invalid: it is none,
/// or it would never match; or it is postmaster or abuse, by whom one can be told of what goes wrong (RFC 5321 4.5.1,
/// RFC 2142 4).
Result<std::string> refused_name(const std::string& text);

}  // namespace maildrop::filter
