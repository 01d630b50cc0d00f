/// ambiguity.cc: small scans of raw values. What is odd but means the same to everybody passes.
#include "mail/ambiguity.h"

#include <algorithm>
#include <string>

#include "core/text.h"
#include "mail/parameters.h"

namespace maildrop::mail {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

bool is_text_type(std::string_view field) { return parse_parameters(field).value.starts_with("text"); }

/// The fields of that name are not all the same; those that are of text may differ.
bool differ(const Headers& headers, std::string_view name) {
  const HeaderField* const first = headers.find(name);
  if (first == nullptr) return false;
  const std::string value = unfold(first->value);  // once: there may be as many fields as it has bytes
  const bool is_text = is_text_type(first->value);
  return std::any_of(headers.fields.begin(), headers.fields.end(), [&](const HeaderField& field) {
    return &field != first && equals_ignoring_case(field.name, name) &&
           !equals_ignoring_case(unfold(field.value), value) && !(is_text && is_text_type(field.value));
  });
}

/// Nothing but ASCII that prints stands for the same everywhere.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
}

/// A type that we cannot take while others might, by mending it.
bool is_odd_type(const HeaderField& field) {
  const std::string value = unfold(field.value);
  const std::string_view type = std::string_view(value).substr(0, value.find(';'));
  if (type.find('/') == std::string_view::npos || starts_with_ignoring_case(type, "text/")) return false;
  const std::size_t slash = type.find('/');
  return !is_plain(type) || type.find_first_of("(\"\\") != std::string_view::npos ||
         trim(type.substr(0, slash)).empty() || trim(type.substr(slash + 1)).empty();
}

/// `text` without what is in quotes, of which one blank is left; nothing where a quote has no end.
std::string without_quoted(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '"') {
      out += text[at];
      continue;
    }
    const std::size_t end = text.find('"', at + 1);
    if (end == std::string_view::npos) return {};
    out += "\"\"";
    at = end;
  }
  return out;
}

/// Everybody takes it up to the semicolon, and sloppy senders leave the quotes out around `----=_Part`. A word behind a
/// blank, and what is left of a quoted string that others end elsewhere, are not such.
bool is_token(std::string_view value) { return value.find_first_of(" \t\")") == std::string_view::npos; }

}  // namespace

bool begins_content_field(std::string_view line) {
  return starts_with_ignoring_case(line, "content-") && line.find(':') != std::string_view::npos;
}

bool is_ambiguous_kind(const Headers& headers) {
  const HeaderField* const type = headers.find("Content-Type");
  return (type != nullptr && is_odd_type(*type)) || differ(headers, "Content-Type") ||
         differ(headers, "Content-Transfer-Encoding");
}

bool is_ambiguous_boundary(std::string_view content_type) {
  const std::string field = to_lower(unfold(content_type));
  const std::string outside = without_quoted(field);
  if (outside.empty() || !is_plain(outside) || outside.find('(') != std::string::npos ||
      field.find('\\') != std::string::npos)
    return true;
  std::size_t found = 0;
  for (const std::string_view each : split(outside, ';')) {
    const std::string_view parameter = trim(each);
    if (!parameter.starts_with("boundary")) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view value = trim(parameter.substr(std::min(equals + 1, parameter.size())));
    if (trim(parameter.substr(0, equals)) != "boundary" || value.empty() || (value != "\"\"" && !is_token(value)))
      return true;
    ++found;
  }
  // There may be one for those who end a quoted string elsewhere, or need no semicolon.
  return found > 1 || (found == 0 && field.find("boundary") != std::string::npos);
}

}  // namespace maildrop::mail
