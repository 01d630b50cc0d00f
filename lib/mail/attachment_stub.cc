/// attachment_stub.cc: how a stub is written.
#include "mail/attachment_stub.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"
#include "mail/headers.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxType = 100;     // bytes shown
constexpr std::size_t kEncodedLine = 70;  // RFC 2045 6.7 allows 76

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_all_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void append_hex(std::string& out, char mark, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += mark;
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

/// RFC 2045 6.7. A hyphen is encoded, too: where a line is broken it could begin a boundary.
std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t line = 0;
  for (const char c : text) {
    if (out.size() - line >= kEncodedLine) {
      out += "=\r\n";
      line = out.size();
    }
    if (is_alnum(c) || c == ' ' || c == '.' || c == '_') {
      out += c;
    } else {
      append_hex(out, '=', c);
    }
  }
  return out;
}

constexpr std::string_view kLead = "An attachment was removed here when the message was received.";
constexpr std::string_view kBrief = "Attachment removed: ";

/// `text` behind `lead`, and up to `end` or its own end; `rest` is what follows then.
std::optional<std::string_view> take(std::string_view& rest, std::string_view lead, std::string_view end) {
  if (!rest.starts_with(lead)) return std::nullopt;
  const std::string_view behind = rest.substr(lead.size());
  const std::size_t found = end.empty() ? behind.size() : behind.find(end);
  if (found == std::string_view::npos) return std::nullopt;
  rest = behind.substr(std::min(found + end.size(), behind.size()));
  return behind.substr(0, found);
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; });
}

/// RFC 2183 2.3 and RFC 2231 4.
std::string filename_parameter(std::string_view name) {
  std::string out;
  if (is_all_ascii(name)) {
    out = "filename=\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  }
  out = "filename*=utf-8''";
  for (const char c : name) {
    if (is_alnum(c) || c == '.' || c == '_' || c == '-') {
      out += c;
    } else {
      append_hex(out, '%', c);
    }
  }
  return out;
}

}  // namespace

std::string stub_of(const Attachment& attachment, StubForm form, std::string_view fields) {
  const std::string& name = attachment.filename;
  const bool ascii = is_all_ascii(name);
  // Of alternatives readers show the last that they know, which is to be none of these.
  std::string out = form.alternative ? "Content-Type: text/x-removed" : "Content-Type: text/plain";
  if (form.brief) {
    return out.append("\r\n").append(fields) + "\r\n" + std::string(kBrief) + attachment.type + ", " +
           std::to_string(attachment.size) + " bytes, SHA-256 " + attachment.sha256;
  }
  out += "; charset=utf-8\r\nContent-Transfer-Encoding: ";
  out += ascii ? "7bit\r\n" : "quoted-printable\r\n";
  if (form.as_file) {
    out += "Content-Disposition: attachment;\r\n\t";
    out += filename_parameter("removed-" + (name.empty() ? "attachment" : name) + ".txt") + "\r\n";
  }
  // What refers to it by cid: (RFC 2392) or `start` (RFC 2387 3.2) finds this.
  if (!attachment.content_id.empty()) out += "Content-ID: <" + attachment.content_id + ">\r\n";
  out += fields;
  out.append("\r\n").append(kLead).append("\r\nType: ").append(attachment.type);
  if (!name.empty()) out += "\r\nName: " + (ascii ? name : quoted_printable(name));
  return out + "\r\nSize: " + std::to_string(attachment.size) + " bytes\r\nSHA-256: " + attachment.sha256;
}

std::optional<Attachment> parse_stub(std::string_view body) {
  std::string_view rest = trim(body);
  const bool brief = rest.starts_with(kBrief);
  const std::string lead = std::string(kLead) + "\r\nType: ";
  const auto type = brief ? take(rest, kBrief, ", ") : take(rest, lead, "\r\n");
  if (!type) return std::nullopt;
  const auto name = brief ? std::nullopt : take(rest, "Name: ", "\r\n");
  const auto size = take(rest, brief ? "" : "Size: ", brief ? " bytes, SHA-256 " : " bytes\r\nSHA-256: ");
  if (!size || !is_digest(rest)) return std::nullopt;
  Attachment gone;
  const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), gone.size);
  if (error != std::errc() || end != size->data() + size->size()) return std::nullopt;
  gone.type = *type;
  if (name) gone.filename = *name;
  gone.sha256 = rest;
  return gone;
}

std::string without_content_fields(std::string_view header_and_body) {
  constexpr std::string_view kContent = "Content-";
  std::string out;
  bool keep = true;
  for (std::size_t at = 0; at < header_and_body.size();) {
    const std::size_t end = std::min(header_and_body.find('\n', at), header_and_body.size());
    const std::size_t next = std::min(end + 1, header_and_body.size());
    const std::string_view line = header_and_body.substr(at, end - at);
    const bool continues = at > 0 && !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (line.empty() || line == "\r") break;
    // What ends lines for others could begin a field of theirs.
    const bool one_line = line.substr(0, line.size() - 1).find('\r') == std::string_view::npos;
    if (!continues) keep = begins_field(line) && !equals_ignoring_case(line.substr(0, kContent.size()), kContent);
    keep = keep && one_line;
    if (keep) out += header_and_body.substr(at, next - at);
    at = next;
  }
  if (!out.empty() && out.back() != '\n') out += "\r\n";
  return out;
}

std::string safe_type(std::string_view media_type) {
  std::string out(media_type.substr(0, kMaxType));
  for (char& c : out) {
    if (!is_alnum(c) && std::string_view("/!#$&-^_.+").find(c) == std::string_view::npos) c = '?';
  }
  return out;
}

}  // namespace maildrop::mail
