/// line_ends.h: CRLF as SMTP has it, LF as files of Unix have it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace maildrop::mail {

/// Each LF that has no CR before it gets one; everything else stays, a CR that is before no LF too.
std::string to_crlf(std::string_view text);
/// Each CRLF becomes LF; a CR that is before no LF stays.
std::string to_lf(std::string_view text);

}  // namespace maildrop::mail
