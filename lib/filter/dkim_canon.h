/// dkim_canon.h: a message in the form that is signed (RFC 6376 3.4). Pure.
///
/// Lines end with CRLF. In mail that is tolerated with bare CR or LF these are bytes like others.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "filter/dkim_signature.h"

namespace maildrop::filter {

/// Takes what comes out, piece by piece.
using DkimSink = std::function<void(std::string_view)>;

/// O(n), without a copy of the body.
void canonicalise_body(DkimCanon canon, std::string_view body, const DkimSink& sink);

/// `field` is a whole one, name and colon and value, without its line end; what comes out has none either. Of `raw`,
/// a part of it, nothing is left: b= in the signature itself (3.7).
std::string canonical_field(DkimCanon canon, std::string_view field, std::string_view raw = {});

}  // namespace maildrop::filter
