/// mime.cc: the boundary scanner. One pass over the lines of the text; a stack of the containers that are open, whose
/// depth is bounded, is all that is remembered beside the parts found.
#include "mail/mime.h"

#include <algorithm>

#include "core/text.h"
#include "mail/ambiguity.h"
#include "mail/parameters.h"
#include "mail/transfer.h"
#include "mail/words.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxFileName = 1024;  // bytes of a file name that are decoded
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::string_view value_of(const Headers& headers, std::string_view name) {
  const HeaderField* field = headers.find(name);
  return field == nullptr ? std::string_view() : field->value;
}

/// What is no type leaves text/plain (RFC 2045 5.2); a type is shown to people, so it has nothing but ASCII that
/// prints.
void set_type(Part& part, const std::string& media_type) {
  const std::size_t slash = media_type.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == media_type.size()) return;
  if (!std::all_of(media_type.begin(), media_type.end(), [](char c) { return c > ' ' && c <= '~'; })) return;
  part.type = media_type.substr(0, slash);
  part.subtype = media_type.substr(slash + 1);
  part.typed = true;
}

/// Takes the Content-* fields into the part; gives the boundary of a multipart.
std::string read_fields(const Headers& headers, Part& part) {
  const std::string_view type_field = value_of(headers, "Content-Type");
  const ParameterizedField type = parse_parameters(type_field);
  const ParameterizedField disposition = parse_parameters(value_of(headers, "Content-Disposition"));
  set_type(part, type.value);
  // The type may stand where nobody has looked, or its boundary, or the encoding of a message.
  part.opaque = part.opaque || (headers.skipped && (type.value.empty() || part.is_message())) ||
                type_field.size() >= HeaderLimits{}.field_size ||
                type.parameters.size() >= ParameterizedField::kMaxParameters || is_ambiguous_kind(headers) ||
                (part.is_multipart() && is_ambiguous_boundary(type_field));
  Charsets charsets;
  if (type.has("charset")) part.charset = to_lower(type.parameter("charset", charsets));
  part.encoding = parse_parameters(value_of(headers, "Content-Transfer-Encoding")).value;
  // RFC 2183 2.8: a disposition that we do not know is treated as attachment.
  if (!disposition.value.empty()) part.disposition = disposition.value == "inline" ? "inline" : "attachment";
  part.named = disposition.has("filename") || type.has("name");
  std::string id = unfold(value_of(headers, "Content-ID"));
  std::erase_if(id, [](char c) { return c == '<' || c == '>'; });
  part.content_id = std::move(id);
  if (!part.is_multipart()) return {};
  std::string boundary = type.parameter("boundary", charsets);
  boundary.resize(boundary.find_last_not_of(" \t") + 1);  // RFC 2046 5.1.1: it has none at its end, and lines may
  return boundary;
}

class Scanner {
 public:
  Scanner(std::string_view text, const MimeLimits& limits) : text_(text), limits_(limits) {}

  Structure scan() {
    open_part(0, 0, false);  // the header's limits are wider for the message itself
    std::size_t at = 0;
    std::size_t lines = 0;
    while (at < text_.size() && !stopped_ && (in_header_ || !open_.empty())) {
      if (++lines > limits_.lines) {
        out_.truncated = out_.stopped = true;
        break;
      }
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      const std::size_t next = std::min(end + 1, text_.size());
      take_line(at, end, next);
      at = next;
    }
    while (in_header_ && !stopped_) end_header(text_.size());
    return std::move(out_);
  }

 private:
  /// A container whose children may still come. A message has no boundary, and neither has a multipart after its last.
  struct Container {
    std::size_t part;
    std::string boundary;
    bool closed = false;  // its last boundary was there; what follows is the epilogue
    bool digest = false;  // children are messages unless they say otherwise (RFC 2046 5.1.5)
  };

  Part& current() { return out_.parts[leaf_]; }

  void take_line(std::size_t start, std::size_t end, std::size_t next) {
    const std::string_view line = text_.substr(start, end - start);
    if (take_boundary(line, start, next)) return;
    look_twice(line);
    if (!in_header_) return;
    if (line.empty() || line == "\r") return end_header(next);
    // A header can end without an empty line, at one that is no field; it is the body's first, and may be a boundary
    // that only this header has made known.
    while (in_header_ && !stopped_ && !is_header_line(line, start)) end_header(start);
    if (!in_header_ && !stopped_) take_boundary(line, start, next);
  }

  /// As those see a line who end lines at a CR too.
  void look_twice(std::string_view line) {
    if (line.empty() || line == "\r") {
      watched_ = kNone;
      return;
    }
    for (bool begins = true;; begins = false) {
      const std::size_t end = std::min(line.find('\r'), line.size());
      look_at(line.substr(0, end), begins);
      if (end + 1 >= line.size()) return;
      line.remove_prefix(end + 1);
    }
  }

  /// `begins`: it is the beginning of a line for us as well.
  void look_at(std::string_view line, bool begins) {
    if (line.starts_with("--")) {
      dashes_ = true;
      watch_boundary(line.substr(2));
    } else if (begins_content_field(line)) {
      if (watched_ != kNone) out_.parts[watched_].opaque = true;
      if (in_header_ && !begins) current().opaque = true;
    }
  }

  /// For those to whom a line is a boundary that begins with one (RFC 2046 5.1.1), or who read on behind the last, a
  /// part begins here. Until its header is over it is looked for what could make it an attachment.
  void watch_boundary(std::string_view line) {
    const auto opened = std::find_if(open_.begin(), open_.end(), [&](const Container& each) {
      return !each.boundary.empty() && line.substr(0, each.boundary.size()) == each.boundary;
    });
    if (opened == open_.end()) return;
    watched_ = opened->part;
    if (opened->digest) out_.parts[watched_].opaque = true;
  }

  bool is_header_line(std::string_view line, std::size_t start) {
    if (limits_.header.past_others) return true;
    const bool first = start == current().header;
    if (!first && (line.front() == ' ' || line.front() == '\t')) return true;
    return begins_field(line) || (first && line.substr(0, 5) == "From ");
  }

  /// RFC 2046 5.1.1, but the whole line must match: a boundary that begins another one is not taken for it.
  bool take_boundary(std::string_view line, std::size_t start, std::size_t next) {
    if (line.size() < 3 || line[0] != '-' || line[1] != '-') return false;
    line.remove_prefix(2);
    line.remove_suffix(line.size() - (line.find_last_not_of(" \t\r") + 1));
    for (std::size_t level = open_.size(); level-- > 0;) {
      const std::string& boundary = open_[level].boundary;
      if (open_[level].closed || boundary.empty() || line.substr(0, boundary.size()) != boundary) continue;
      const std::string_view rest = line.substr(boundary.size());
      if (!rest.empty() && rest != "--") continue;
      close_above(level, start);
      watched_ = kNone;
      if (rest.empty()) {
        open_part(next, out_.parts[open_[level].part].depth + 1, open_[level].digest);
      } else {
        open_[level].closed = true;
        watched_ = open_[level].part;  // Python's email passes over it behind another boundary
      }
      return true;
    }
    return false;
  }

  /// Ends whatever is open within the container at `level`; the line end before the boundary is not theirs.
  void close_above(std::size_t level, std::size_t boundary_start) {
    if (in_header_) end_header(boundary_start, true);
    std::size_t end = boundary_start;
    if (end > 0 && text_[end - 1] == '\n') --end;
    if (end > 0 && end < boundary_start && text_[end - 1] == '\r') --end;
    const std::size_t container = open_[level].part;
    for (std::size_t i = container + 1; i < out_.parts.size(); ++i) {
      Part& part = out_.parts[i];
      if (part.end == text_.size()) part.end = std::max(end, part.body);
    }
    open_.resize(level + 1);
  }

  void open_part(std::size_t start, std::size_t depth, bool message) {
    if (out_.parts.size() >= std::max<std::size_t>(limits_.parts, 1)) {
      out_.truncated = out_.stopped = stopped_ = true;
      return;
    }
    Part part;
    part.depth = depth;
    part.header = part.body = start;
    part.end = text_.size();
    if (message) set_type(part, "message/rfc822");
    leaf_ = out_.parts.size();
    out_.parts.push_back(std::move(part));
    in_header_ = true;
    dashes_ = false;
  }

  /// The header is at most what lies before `limit`; it may end earlier, at a line that is no field.
  void end_header(std::size_t limit, bool at_boundary = false) {
    in_header_ = false;
    Part& part = current();
    const std::string_view head = text_.substr(part.header, limit - part.header);
    const Headers headers = scan_headers(head, part.header == 0 ? limits_.whole : limits_.header);
    if (headers.truncated) out_.truncated = true;
    part.body = part.header + headers.body;
    const std::string boundary = read_fields(headers, part);
    // To those for whom this header ended earlier it was a boundary.
    if (dashes_ && (part.is_multipart() || part.is_message())) part.opaque = true;
    if (!at_boundary) enter(boundary);
  }

  /// Looks into a container; what it holds counts as one more level.
  void enter(const std::string& boundary) {
    Part& part = current();
    const bool message = part.is_message();
    if (!part.is_multipart() && !message) return;
    // Neither may be encoded (RFC 2045 6.4). Multiparts that claim to be are not, in real mail; messages are.
    if (message && (part.encoding == "base64" || part.encoding == "quoted-printable")) return;
    if (part.is_multipart() && boundary.empty()) {
      part.type = "text";  // not MIME, so its bytes are shown
      part.subtype = "plain";
      part.typed = false;
      part.unbounded = true;
      return;
    }
    if (part.depth >= limits_.depth || boundary.size() > limits_.boundary) {
      out_.truncated = part.opaque = true;
      return;
    }
    const std::size_t depth = part.depth + 1;  // `part` goes when the list grows
    open_.push_back({leaf_, boundary, false, part.subtype == "digest"});
    if (message) open_part(out_.parts[leaf_].body, depth, false);
  }

  std::string_view text_;
  MimeLimits limits_;
  Structure out_;
  std::vector<Container> open_;
  std::size_t leaf_ = 0;
  std::size_t watched_ = kNone;  // the container in which others may be reading a part's header
  bool in_header_ = false;
  bool dashes_ = false;  // a line of the header began like a boundary
  bool stopped_ = false;
};

}  // namespace

Structure scan_mime(std::string_view message, const MimeLimits& limits) { return Scanner(message, limits).scan(); }

std::string filename_of(std::string_view message, const Part& part, Charsets& charsets) {
  if (!part.named) return {};
  const Headers headers = scan_headers(message.substr(part.header, part.body - part.header),
                                       {.size = part.body - part.header, .prefix = "Content-", .past_others = true});
  const ParameterizedField disposition = parse_parameters(value_of(headers, "Content-Disposition"));
  const std::string name = disposition.has("filename")
                               ? disposition.parameter("filename", charsets)
                               : parse_parameters(value_of(headers, "Content-Type")).parameter("name", charsets);
  return safe_filename(decode_header(utf8_prefix(name, kMaxFileName), charsets));
}

std::string decoded_body(std::string_view message, const Part& part, std::size_t max) {
  if (part.body > message.size() || part.end < part.body) return {};
  return decode_transfer(message.substr(part.body, part.end - part.body), part.encoding, max);
}

}  // namespace maildrop::mail
