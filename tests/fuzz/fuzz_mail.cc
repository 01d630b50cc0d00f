/// fuzz_mail.cc: any bytes at all as a message and as an address: what comes out is valid UTF-8 and within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text.h"
#include "mail/address.h"
#include "mail/inbox.h"
#include "mail/message.h"
#include "mail/mime.h"

using namespace maildrop;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_structure(std::string_view bytes) {
  const mail::MimeLimits limits;
  const mail::Structure structure = mail::scan_mime(bytes, limits);
  require(!structure.parts.empty() && structure.parts.size() <= limits.parts);
  for (const mail::Part& part : structure.parts) {
    require(part.header <= part.body && part.body <= part.end && part.end <= bytes.size());
    require(part.depth <= limits.depth);
    require(mail::decoded_body(bytes, part, 1000).size() <= 1000);
  }
}

void check_address(std::string_view bytes) {
  const auto path = mail::parse_path(bytes, {.utf8 = true, .allow_null = true, .allow_postmaster = true});
  if (!path) return;
  require(path->length <= bytes.size());
  const auto inbox = mail::Inbox::of(path->address, InboxSettings{}, "example.org");
  if (!inbox) return;
  // The canonical name of a canonical name is itself: SMTP, API and command line agree.
  const auto again = mail::Inbox::parse(inbox->name(), InboxSettings{});
  require(again && again->name() == inbox->name());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_structure(bytes);
  check_address(bytes);
  const mail::Overview overview = mail::overview(bytes);
  require(is_valid_utf8(overview.from) && is_valid_utf8(overview.subject));
  const std::string text = mail::text_of(bytes, 4096);
  require(is_valid_utf8(text) && text.size() <= 4096);
  return 0;
}
