/// ambiguity.h: where two common readers of a header could see different structure.
#pragma once

#include <string_view>

#include "mail/headers.h"

namespace maildrop::mail {

/// A line that gives a part a type, an encoding or a name, or would to a reader who is less strict than scan_headers().
bool begins_content_field(std::string_view line);

/// Readers that take the last of several fields, or join or mend what the type says, see another kind of part than we
/// do: Content-Type or Content-Transfer-Encoding is there twice with different values (all of them text is one kind),
/// or the type is not plainly one.
bool is_ambiguous_kind(const Headers& headers);

/// The same for the boundary of a multipart: it is there twice or in a form of RFC 2231, there is a comment or a
/// backslash, a quote has no end, or the value is neither quoted nor one word.
bool is_ambiguous_boundary(std::string_view content_type);

}  // namespace maildrop::mail
