/// attachment_stub.h: the text that stands for an attachment that was removed. For attachments.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/attachments.h"

namespace maildrop::mail {

struct StubForm {
  bool as_file = false;      // it is listed beside the text and never taken for it
  bool alternative = false;  // of its siblings one is shown, and that is not to be this: it is text/x-removed
  bool brief = false;        // at most 300 bytes: type, size and digest
};

/// Fields and body of a text part, with CRLF line ends and without the last one; `fields`, with their line ends, stand
/// behind its own. No line of it begins with `--`, so that none is a boundary; without `fields` it is at most 1.5 KB.
std::string stub_of(const Attachment& attachment, StubForm form, std::string_view fields = {});

/// What a stub that stub_of() wrote stands for, by its decoded body; without the Content-ID. Nothing for another text.
/// A sender may write the same: what it says is shown, and not gone by.
std::optional<Attachment> parse_stub(std::string_view body);

/// The fields of a header but Content-*, byte for byte; without the empty line. The last one has its line end.
std::string without_content_fields(std::string_view header_and_body);

/// The type with `?` for what types do not have (RFC 6838 4.2), cut.
std::string safe_type(std::string_view media_type);

}  // namespace maildrop::mail
