/// sample.cc: what is a message, and what is not.
#include "replay/sample.h"

#include <algorithm>

#include "core/text.h"
#include "mail/headers.h"
#include "mail/line_ends.h"
#include "replay/envelope.h"

namespace maildrop::replay {
namespace {

/// As real names are: many a text has lines with a colon, JSON has nothing else.
bool is_real_name(const mail::HeaderField& field) {
  return std::all_of(field.name.begin(), field.name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

Error too_large(std::string_view name, std::size_t max_size) {
  return {Code::over_limit, "'" + std::string(name) + "' is larger than " + format_size(max_size)};
}

Result<Sample> sample_of(std::string name, std::string_view bytes, const mail::FromLine* from,
                         const SourceOptions& options) {
  if (bytes.empty()) return fail(Code::invalid, "'" + name + "' is empty");
  const mail::Headers headers = mail::scan_headers(bytes);
  if (std::none_of(headers.fields.begin(), headers.fields.end(), is_real_name))
    return fail(Code::invalid, "'" + name + "' is no message: it has no header field");
  Sample sample{std::move(name), mail::to_crlf(bytes)};
  if (sample.data.size() > options.max_size) return tl::unexpected(too_large(sample.name, options.max_size));
  sample.envelope = envelope_of(sample.data, from, options.trusted);
  return sample;
}

}  // namespace maildrop::replay
