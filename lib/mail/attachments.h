/// attachments.h: what of a message is no text, and the message without it.
///
/// An attachment is a part that is neither text nor a container, found at any depth, messages in messages included:
///   text/*           is none, whatever its disposition: a .csv, .html or .ics is read as it is
///   untyped parts    are text (RFC 2045 5.2), unless they come as a file: then nobody says that it is text
///   multipart/*      is a container, also signed and encrypted ones: so signatures (RFC 1847) are attachments, and
///                    what PGP/MIME encrypts is one (RFC 3156), since either may hold anything
///   message/rfc822   and message/global are containers, but not when they are encoded: nothing looks into them then
///   reports          are text in all but name: message/delivery-status and its like (RFC 3464, 5965, 6522, 8098)
///   other message/*  are attachments: fragments of messages, and pointers to what is elsewhere
/// A part is what it says it is: its bytes are not guessed at, but that text holds no NULs (a few may be mistakes where
/// nothing is encoded in base64) and that what is in uuencode is none. What is between parts, and so not shown, is no
/// part, and text may hold anything: files in uuencode, scripts.
///
/// Where two common readers could see different structure the smallest enclosing container is opaque: one attachment,
/// whole. So there is nothing behind a stub that only others would find:
///   a header          goes on to its empty line over what is no field: who ends it earlier sees text
///   its fields        Content-Type or -Transfer-Encoding twice, and not the same (texts aside); a type that others
///   mend its lines         a lone CR, behind which a Content-* field or `--` stands a boundary        ambiguous
///   (ambiguity.h); in a header that has one to come, a line that begins like one lines             one that begins
///   with an open or closed container's boundary, or does behind a lone CR, without
///                     being it, or is its last, when a Content-* field follows before the next empty line: that
///                     container
///   no part found     in a multipart, or where its boundary is missing, while the text has what looks like one; or
///                     where it claims to be encoded
///
/// Where the limits are met nothing passes unseen. A container beyond kAttachmentLimits' depth, with a boundary beyond
/// its size, or with more Content-* fields than are looked at is one attachment, with all that is in it. Where stubs
/// would make the message grow by more than kMaxGrowthByStubs (core/message_room.h) they are brief; where those would,
/// or with more parts than that, the whole body is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/message_room.h"
#include "mail/mime.h"

namespace maildrop::mail {

/// Deeper than MimeLimits{} no reader of ours looks; the other limits are such that no real mail meets them, and a
/// hostile one costs little more than to receive it. Lines and headers are as long as the message.
inline constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();
inline constexpr HeaderLimits kAttachmentHeader{.size = kAnySize, .prefix = "Content-", .past_others = true};
inline constexpr MimeLimits kAttachmentLimits{20, 1000, kAnySize, 256, kAttachmentHeader, kAttachmentHeader};

struct Attachment {
  std::string type;        // `application/pdf`, at most 100 bytes of those that a type may have
  std::string filename;    // as safe_filename(), at most 100 bytes; empty: it has none
  std::string content_id;  // without brackets; empty: none, or none that can be written
  std::uint64_t size = 0;  // of its content, decoded
  std::string sha256;      // of the same
};

std::uint64_t size_of(const std::vector<Attachment>& attachments);  // all together

/// What to put in place of the attachments of a message.
struct Removal {
  struct Edit {
    std::size_t from;  // offsets into the message
    std::size_t to;
    std::string text;
  };
  std::vector<Attachment> attachments;  // in order; none: the message stays as it is
  std::vector<Edit> edits;              // of the same, in order, none within another
  std::size_t size = 0;                 // of the message when they are done; at most kMaxGrowthByStubs more than before
};

/// Each attachment becomes a text part (text/plain; among alternatives text/x-removed, which readers do not choose)
/// that names its type, file name, size and SHA-256; a message, or a message in a message, that is an attachment itself
/// keeps its header but for Content-*. All else stays byte for byte, and so does the structure. What comes out has no
/// attachments.
///
/// Never fails. O(n), with at most 64 KiB beside the parts and stubs, and at most Charsets::kMost charsets opened.
Removal plan_removal(std::string_view message);

/// The message with the edits done. Its capacity is `room` more than its size.
std::string remove_attachments(std::string_view message, const Removal& removal, std::size_t room = 0);

/// Whether plan_removal() would find any; without reading their contents.
bool has_attachments(std::string_view message);

/// What stands in the trace fields of a stored message about its attachments (smtp/trace.h), and is not the sender's:
/// above the first Received field. Empty: nothing was removed.
std::string_view removal_note(std::string_view stored);

}  // namespace maildrop::mail
