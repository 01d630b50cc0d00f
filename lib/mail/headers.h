/// headers.h: a bounded scan of RFC 5322 header fields. Never allocates more than its caps allow, whatever comes in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::mail {

struct HeaderLimits {
  std::size_t fields = 1000;           // further ones are skipped and `truncated` is set
  std::size_t field_size = 16 * 1024;  // bytes of a value that are kept; the rest is cut and `truncated` is set
  std::size_t size = 512 * 1024;       // bytes scanned for the end of the header
  std::string_view prefix = {};        // of the names of fields that are wanted; others are passed over, uncounted
  bool past_others = false;            // lines that are no field are passed over, too, up to the empty line
};

/// One field; views into the scanned text.
struct HeaderField {
  std::string_view name;   // as written, no colon
  std::string_view value;  // raw: folded, undecoded, without the final line end
};

/// The header of a message or of a MIME part. The text must outlive it.
struct Headers {
  std::vector<HeaderField> fields;  // in order
  std::size_t body = 0;             // where the body starts: after the empty line, or the text's end
  bool truncated = false;           // a limit was met
  bool skipped = false;             // and there are fields, or there may be, that are not among these

  /// The first field of that name (ASCII case ignored), or nullptr.
  const HeaderField* find(std::string_view name) const;
};

/// Lines end at CRLF or at a bare LF (mail from files and tolerated mail has those). A line that is neither a field nor
/// a continuation ends the header without being consumed, as most readers do; an mbox `From ` line at the very start is
/// skipped. O(n).
Headers scan_headers(std::string_view text, const HeaderLimits& limits = {});

/// Whether a line can begin a field: a name, blanks perhaps (RFC 5322 4.5), and a colon.
bool begins_field(std::string_view line);

/// The value unfolded (CRLF before white space removed) and trimmed.
std::string unfold(std::string_view value);

}  // namespace maildrop::mail
