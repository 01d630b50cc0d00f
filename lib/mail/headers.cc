/// headers.cc: one pass over the lines of a header, by memchr.
#include "mail/headers.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::mail {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The line at `start` without its end, and where the next one begins. `whole` is false when the text ends first.
struct Line {
  std::string_view text;
  std::size_t next = 0;
  bool whole = false;
};

Line line_at(std::string_view text, std::size_t start) {
  const std::size_t end = text.find('\n', start);
  if (end == std::string_view::npos) return {text.substr(start), text.size(), false};
  const std::size_t cut = end > start && text[end - 1] == '\r' ? end - 1 : end;
  return {text.substr(start, cut - start), end + 1, true};
}

/// The length of the field name that begins the line, colon not counted; 0 when the line is no field. Blanks before
/// the colon are the obsolete syntax of RFC 5322 4.5.
std::size_t name_length(std::string_view line, std::size_t& colon) {
  std::size_t size = 0;
  while (size < line.size() && line[size] > ' ' && line[size] < 0x7F && line[size] != ':') ++size;
  colon = size;
  while (colon < line.size() && is_blank(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' ? size : 0;
}

}  // namespace

const HeaderField* Headers::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [name](const HeaderField& field) { return equals_ignoring_case(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

Headers scan_headers(std::string_view text, const HeaderLimits& limits) {
  const std::string_view head = text.substr(0, limits.size);
  Headers headers;
  headers.fields.reserve(std::min<std::size_t>(limits.fields, 32));
  std::size_t at = 0;
  if (const Line first = line_at(head, 0); first.text.substr(0, 5) == "From " && !begins_field(first.text))
    at = first.next;
  while (at < head.size()) {
    Line line = line_at(head, at);
    if (line.text.empty() && line.whole) {
      headers.body = line.next;
      return headers;
    }
    std::size_t colon = 0;
    const std::size_t name_size = name_length(line.text, colon);
    if (name_size == 0 && limits.past_others) {
      at = line.next;
      continue;
    }
    if (name_size == 0) {
      headers.body = at;
      return headers;
    }
    const std::size_t value_start = at + colon + 1;
    std::size_t value_end = at + line.text.size();
    at = line.next;
    while (at < head.size() && is_blank(head[at])) {
      line = line_at(head, at);
      value_end = at + line.text.size();
      at = line.next;
    }
    const std::string_view name = head.substr(value_start - colon - 1, name_size);
    if (!equals_ignoring_case(name.substr(0, limits.prefix.size()), limits.prefix)) continue;
    std::string_view value = head.substr(value_start, value_end - value_start);
    if (value.size() > limits.field_size) {
      value = value.substr(0, limits.field_size);
      headers.truncated = true;
    }
    if (headers.fields.size() < limits.fields) {
      headers.fields.push_back({name, value});
    } else {
      headers.truncated = headers.skipped = true;
    }
  }
  headers.body = at;
  if (head.size() < text.size()) headers.truncated = headers.skipped = true;
  return headers;
}

bool begins_field(std::string_view line) {
  std::size_t colon = 0;
  return name_length(line, colon) > 0;
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find('\n', at), value.size());
    const bool crlf = end < value.size() && end > at && value[end - 1] == '\r';
    out.append(value.substr(at, end - at - (crlf ? 1 : 0)));
    at = end + 1;
  }
  const std::string_view trimmed = trim(out);
  if (trimmed.size() != out.size()) out = std::string(trimmed);
  return out;
}

}  // namespace maildrop::mail
