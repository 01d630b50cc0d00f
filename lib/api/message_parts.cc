/// message_parts.cc: a walk through the structure, and what stubs say.
#include "api/message_parts.h"

#include "core/text.h"
#include "mail/attachment_stub.h"
#include "mail/message.h"
#include "mail/transfer.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kLongestType = 255;   // bytes shown; RFC 6838 4.2 allows 127 and 127
constexpr std::size_t kLongestText = 998;   // of names and ids: a line of RFC 5322
constexpr std::size_t kLongestStub = 4096;  // bytes; stub_of() stays below

std::uint64_t size_of(std::string_view message, const mail::Part& part) {
  std::uint64_t size = 0;
  mail::decode_transfer(message.substr(part.body, part.end - part.body), part.encoding,
                        [&size](std::string_view piece) {
                          size += piece.size();
                          return true;
                        });
  return size;
}

std::optional<mail::Attachment> removed_of(const std::string& message, const mail::Part& part) {
  if (part.type != "text" || part.end - part.body > kLongestStub || mail::removal_note(message).empty())
    return std::nullopt;
  return mail::parse_stub(mail::decoded_body(message, part, kLongestStub));
}

}  // namespace

std::vector<mail::Part> numbered_parts(const mail::Structure& structure) {
  std::vector<mail::Part> parts;
  for (const mail::Part& part : structure.parts)
    if (!part.is_multipart() || part.unbounded || part.opaque) parts.push_back(part);
  return parts;
}

ListedParts list_parts(const std::string& message) {
  const mail::Structure structure = mail::scan_mime(message);
  mail::Charsets charsets;
  ListedParts listed;
  listed.cut = structure.truncated;
  for (const mail::Part& part : numbered_parts(structure))
    listed.parts.push_back({.type = std::string(utf8_prefix(part.media_type(), kLongestType)),
                            .name = std::string(utf8_prefix(mail::filename_of(message, part, charsets), kLongestText)),
                            .disposition = part.disposition,
                            .cid = std::string(utf8_prefix(part.content_id, kLongestText)),
                            .size = size_of(message, part),
                            .removed = removed_of(message, part)});
  return listed;
}

}  // namespace maildrop::api
