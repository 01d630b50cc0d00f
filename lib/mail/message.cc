/// message.cc: header and structure put together into what a reader asks for.
#include "mail/message.h"

#include <algorithm>

#include "core/text.h"
#include "mail/headers.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/words.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxNamedParts = 20;  // in the line that stands for a message without text

std::string cut(std::string text, std::size_t max) {
  text.resize(utf8_prefix(text, max).size());
  return text;
}

std::string decoded(const Headers& headers, std::string_view name, Charsets& charsets) {
  const HeaderField* field = headers.find(name);
  return field == nullptr ? std::string() : cut(decode_header(field->value, charsets), Overview::kMaxSize);
}

std::string with_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

const Part* find_text(const Structure& structure, std::string_view subtype) {
  const auto found = std::find_if(structure.parts.begin(), structure.parts.end(), [subtype](const Part& part) {
    return part.type == "text" && part.subtype == subtype && !part.is_attachment();
  });
  return found == structure.parts.end() ? nullptr : &*found;
}

std::string part_text(std::string_view message, const Part& part, std::size_t max) {
  const std::string bytes = decoded_body(message, part, max + 4);  // so that a cut character is seen as cut
  return cut(decode_charset(bytes, part.charset, max), max);
}

std::string html_text(std::string_view message, const Part& part, std::size_t max, std::chrono::milliseconds time) {
  HtmlLimits limits;
  limits.time = time;
  limits.output = max;
  std::string html = part_text(message, part, max);
  auto text = html_to_text(html, limits);
  return text ? std::move(*text) : std::move(html);  // a bomb: its source does no harm
}

std::string no_text(std::string_view message, const Structure& structure) {
  Charsets charsets;
  std::string out = "[no text:";
  std::size_t named = 0;
  for (const Part& part : structure.parts) {
    if (part.is_multipart()) continue;
    if (++named > kMaxNamedParts) {
      out += ", ...";
      break;
    }
    out += (named > 1 ? ", " : " ") + part.media_type();
    if (const std::string name = filename_of(message, part, charsets); !name.empty()) out += " " + name;
  }
  return out + (named == 0 ? " no parts]\n" : "]\n");
}

}  // namespace

Overview overview(std::string_view message) {
  const Headers headers = scan_headers(message);
  Overview out;
  Charsets charsets;
  out.from = decoded(headers, "From", charsets);
  out.subject = decoded(headers, "Subject", charsets);
  if (const HeaderField* date = headers.find("Date")) out.date = parse_date(date->value);
  return out;
}

std::string text_of(std::string_view message, std::size_t max, std::chrono::milliseconds html_time) {
  const Structure structure = scan_mime(message);
  const Part* plain = find_text(structure, "plain");
  const Part* html = find_text(structure, "html");
  std::string text;
  if (plain != nullptr) text = part_text(message, *plain, max);
  // Many senders put an empty text/plain beside the HTML.
  if (html != nullptr && trim(text).empty()) text = html_text(message, *html, max, html_time);
  if (plain == nullptr && html == nullptr) text = no_text(message, structure);
  return cut(with_newlines(text), max);
}

std::string words_of(std::string_view message, std::size_t max) {
  const Structure structure = scan_mime(message);
  std::string words;
  if (const Part* plain = find_text(structure, "plain")) words = part_text(message, *plain, max);
  if (const Part* html = find_text(structure, "html")) {
    HtmlLimits limits;
    limits.output = max;
    const Result<std::string> text = html_to_text(part_text(message, *html, max), limits);
    if (text) words.append("\n").append(*text);
  }
  return with_newlines(words);
}

std::optional<std::string> html_of(std::string_view message, std::size_t max) {
  const Structure structure = scan_mime(message);
  const Part* html = find_text(structure, "html");
  if (html == nullptr) return std::nullopt;
  return part_text(message, *html, max);
}

std::optional<SanitisedHtml> page_of(std::string_view message, const SanitiseLimits& limits) {
  const std::optional<std::string> html = html_of(message);
  if (!html) return std::nullopt;
  Result<SanitisedHtml> page = sanitise(*html, limits);
  if (page) return std::move(*page);
  // What could not be parsed is not parsed once more: without a plain part its source is shown.
  const std::string text = text_of(message, limits.output / 2, std::chrono::milliseconds(0));
  return SanitisedHtml{.html = text_as_page(text), .remote = {}, .cut = true, .pixels = 0};
}

}  // namespace maildrop::mail
