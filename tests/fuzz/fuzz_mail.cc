/// fuzz_mail.cc: any bytes at all as a message, and as one header value: fields and parts lie within the text and the
/// limits, and all that people see of it is valid UTF-8 of a bounded size.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text.h"
#include "mail/charsets.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/parameters.h"
#include "mail/transfer.h"
#include "mail/unicode.h"
#include "mail/words.h"

using namespace maildrop;

namespace {

constexpr std::size_t kFields = 20;  // of one message that are decoded

void require(bool holds) {
  if (!holds) std::abort();
}

bool lies_within(std::string_view piece, std::string_view text) {
  return piece.data() >= text.data() && piece.data() + piece.size() <= text.data() + text.size();
}

void check_filename(std::string_view name) {
  require(is_valid_utf8(name) && name.size() <= 255);
  require(name.find_first_of(std::string_view("/\\\0\r\n", 5)) == std::string_view::npos);
  require(name.empty() || (name.front() != '.' && name.back() != '.'));
  require(mail::safe_filename(name) == name);
}

/// What any field may be asked for, whatever its name is.
void check_value(std::string_view value) {
  require(mail::unfold(value).size() <= value.size());
  require(is_valid_utf8(mail::decode_header(value)));
  const mail::ParameterizedField field = mail::parse_parameters(value);
  require(field.parameters.size() <= mail::ParameterizedField::kMaxParameters);
  mail::Charsets charsets;
  for (const char* const name : {"name", "filename", "charset", "boundary"}) field.parameter(name, charsets);
  check_filename(mail::safe_filename(mail::decode_header(field.parameter("filename", charsets))));
  mail::parse_date(value);
}

void check_headers(std::string_view bytes, const mail::HeaderLimits& limits) {
  const mail::Headers headers = mail::scan_headers(bytes, limits);
  require(headers.body <= bytes.size() && headers.body <= limits.size && headers.fields.size() <= limits.fields);
  const char* before = bytes.data();
  for (const mail::HeaderField& field : headers.fields) {
    require(!field.name.empty() && field.value.size() <= limits.field_size);
    require(lies_within(field.name, bytes.substr(0, headers.body)) && lies_within(field.value, bytes));
    require(field.name.data() >= before && field.value.data() > field.name.data());
    before = field.value.data() + field.value.size();
    require(headers.find(field.name));
  }
  for (std::size_t i = 0; i < std::min(headers.fields.size(), kFields); ++i) check_value(headers.fields[i].value);
}

void check_structure(std::string_view bytes, const mail::MimeLimits& limits) {
  const mail::Structure structure = mail::scan_mime(bytes, limits);
  require(!structure.parts.empty() && structure.parts.size() <= limits.parts);
  std::size_t before = 0;
  mail::Charsets charsets;
  for (const mail::Part& part : structure.parts) {
    require(part.header <= part.body && part.body <= part.end && part.end <= bytes.size());
    require(part.header >= before);  // in document order
    before = part.header;
    require(part.depth <= limits.depth);
    require(mail::decoded_body(bytes, part, 1000).size() <= 1000);
    check_filename(mail::filename_of(bytes, part, charsets));
  }
}

void check_words(std::string_view bytes) {
  check_value(bytes);
  check_filename(mail::safe_filename(mail::decode_header(bytes)));
  const std::size_t name = std::min<std::size_t>(bytes.find('\n'), bytes.size());  // the first line names a charset
  const std::string_view text = bytes.substr(std::min(name + 1, bytes.size()));
  require(is_valid_utf8(mail::decode_charset(text, bytes.substr(0, name), 1000)));
  for (const char* const encoding : {"base64", "quoted-printable", "x"})
    require(mail::decode_transfer(text, encoding, 100).size() <= 100);
  const auto folded = mail::fold_name(bytes);
  const bool has_nul = bytes.find('\0') != std::string_view::npos;  // no UTF-8 to GLib
  require(folded.has_value() == (is_valid_utf8(bytes) && !has_nul));
  if (!folded) return;
  const auto again = mail::fold_name(*folded);
  require(again && *again == *folded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_headers(bytes, {});
  check_headers(bytes, {3, 20, 100});
  check_structure(bytes, {});
  check_structure(bytes, {2, 4, 50, 8, {3, 40, 100}});
  check_words(bytes);
  const mail::Overview overview = mail::overview(bytes);
  require(is_valid_utf8(overview.from) && is_valid_utf8(overview.subject));
  require(std::max(overview.from.size(), overview.subject.size()) <= mail::Overview::kMaxSize);
  const std::string text = mail::text_of(bytes, 4096);
  require(is_valid_utf8(text) && text.size() <= 4096);
  const auto html = mail::html_of(bytes, 4096);
  require(!html || is_valid_utf8(*html));
  return 0;
}
