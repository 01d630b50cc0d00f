/// mime.h: the structure of a MIME message, found without trusting it. RFC 2045, 2046, 2231.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/charsets.h"
#include "mail/headers.h"

namespace maildrop::mail {

struct MimeLimits {
  std::size_t depth = 20;                          // nested multiparts and messages
  std::size_t parts = 100;                         // in all
  std::size_t lines = 1'000'000;                   // scanned in all
  std::size_t boundary = 256;                      // bytes; RFC 2046 5.1.1 allows 70
  HeaderLimits header{200, 16 * 1024, 64 * 1024};  // of each part
  HeaderLimits whole{};                            // of the message itself
};

/// A leaf or container. Parts stand in document order, a container before its children.
struct Part {
  std::string type = "text";  // lower case, printable ASCII
  std::string subtype = "plain";
  std::string charset;      // lower case; empty: not said
  std::string encoding;     // Content-Transfer-Encoding, lower case; empty: not said
  std::string disposition;  // `inline`, `attachment` (also for unknown ones, RFC 2183 2.8) or empty
  std::string content_id;   // without angle brackets
  bool named = false;       // it has a file name, see filename_of()
  bool typed = false;       // it says its type, and that is one; else it is text/plain (RFC 2045 5.2)
  bool opaque = false;      // a limit was met, or readers differ: its fields, or the parts in it, are not known
  bool unbounded = false;   // a multipart without a boundary, which is text/plain for us
  std::size_t depth = 0;    // 0: the message itself
  std::size_t header = 0;   // offsets into the text: where the part's header starts,
  std::size_t body = 0;     // where its body starts,
  std::size_t end = 0;      // and one past its last byte (the CRLF before a boundary is not the part's)

  bool is_multipart() const { return type == "multipart"; }
  bool is_message() const { return type == "message" && (subtype == "rfc822" || subtype == "global"); }
  bool is_attachment() const { return disposition == "attachment" || (named && type != "text"); }
  std::string media_type() const { return type + "/" + subtype; }
};

struct Structure {
  std::vector<Part> parts;  // at least one: the message
  bool truncated = false;   // a limit was met; what lies beyond belongs to the last container
  bool stopped = false;     // it was the one of parts or lines: there may be parts that are not among these
};

/// Never fails: what is not MIME is one text part, and so is a multipart without a boundary. message/rfc822 is entered
/// like a multipart. O(n), memory bounded by the limits and not by the text.
Structure scan_mime(std::string_view message, const MimeLimits& limits = {});

/// Decoded to UTF-8 (RFC 2231, RFC 2047), path separators and controls removed; of long names what a kilobyte gives.
std::string filename_of(std::string_view message, const Part& part, Charsets& charsets);

/// The part's body with its transfer encoding removed (base64, quoted-printable; others as they are), at most `max`
/// bytes. Broken encoding gives what could be decoded.
std::string decoded_body(std::string_view message, const Part& part, std::size_t max);

}  // namespace maildrop::mail
