/// conditional.h: answers that a client has already, or wants a part of, or smaller (RFC 9110 8.8, 13, 14). Pure.
#pragma once

#include <string_view>
#include <utility>

#include "api/route.h"

namespace maildrop::api {

/// What a handler adds to an answer whose bytes may be had in parts.
inline constexpr std::pair<std::string_view, std::string_view> kAcceptRanges{"Accept-Ranges", "bytes"};

/// Turns the whole answer to a GET or HEAD into what its fields ask for. Each has a strong ETag, of its bytes; then in
/// the order of RFC 9110 13.2.2:
///   If-None-Match   304, where that is among them or `*`
///   Range           206 or 416, of a GET where the answer has kAcceptRanges and If-Range, if any, is its ETag; several
///                   ranges, and what is none, are passed over
///   Accept-Encoding gzip, where `compresses`, with an ETag of its own
/// Anything but 200, and what has no end, stays as it is. REQUIRES: the method is GET or HEAD.
void meet_conditions(const Request& request, bool compresses, Response& response);

}  // namespace maildrop::api
