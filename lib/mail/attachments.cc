/// attachments.cc: which parts are attachments, and what is put in their place.
#include "mail/attachments.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "mail/ambiguity.h"
#include "mail/attachment_stub.h"
#include "mail/parameters.h"
#include "mail/sha256.h"
#include "mail/transfer.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxShownName = 100;  // bytes
constexpr std::size_t kFewNuls = 4;
constexpr std::size_t kTextPerNul = 512;    // bytes; of what is compressed each 256th is one
constexpr std::size_t kMaxContentId = 250;  // bytes; longer ones are of no use to a line

bool is_plainly_encoded(const Part& part) {
  return part.encoding.empty() || part.encoding == "7bit" || part.encoding == "8bit" || part.encoding == "binary";
}

/// Fields that a program writes for programs, in text, and people read when mail does not arrive.
bool is_report(const Part& part) {
  static constexpr std::array<std::string_view, 7> kReports = {
      "delivery-status",        "disposition-notification",        "feedback-report", "tracking-status",
      "global-delivery-status", "global-disposition-notification", "global-headers"};
  return part.type == "message" && std::find(kReports.begin(), kReports.end(), part.subtype) != kReports.end();
}

/// What it is encoded with is known to nobody, or, as uuencode, to some.
bool may_be_decoded_by_others(const Part& part) { return part.encoding.find("uu") != std::string::npos; }

/// Bytes of a character of the charset that is all zeros when it is NUL.
std::size_t nul_size(std::string_view charset) {
  if (charset.starts_with("utf-32") || charset.find("ucs-4") != std::string_view::npos) return 4;
  return charset.starts_with("utf-16") || charset.find("ucs-2") != std::string_view::npos ? 2 : 1;
}

/// No text has a NUL, and what is not text nearly always does (RFC 2045 2.7, 2.8). Where NULs may be there by mistake
/// it takes some: programs write `?id=007` into quoted-printable as it is.
bool holds_nuls(std::string_view text, const Part& part) {
  const bool strict = part.encoding == "base64" || part.encoding == "binary";
  const std::size_t width = nul_size(part.charset);
  std::size_t size = 0;
  std::size_t zeros = 0;  // bytes of the character that is read
  std::size_t nuls = 0;
  decode_transfer(text.substr(part.body, part.end - part.body), part.encoding, [&](std::string_view piece) {
    if (width == 1) {
      // Nearly always there is none, and to find one is ten times as fast as to count them.
      if (const std::size_t first = piece.find('\0'); first != std::string_view::npos)
        nuls +=
            static_cast<std::size_t>(std::count(piece.begin() + static_cast<std::ptrdiff_t>(first), piece.end(), '\0'));
      size += piece.size();
    } else {
      for (const char c : piece) {
        zeros = (size++ % width == 0 ? 0 : zeros) + (c == '\0' ? 1 : 0);
        if (zeros == width) ++nuls;
      }
    }
    return !strict || nuls == 0;
  });
  return strict ? nuls > 0 : nuls >= kFewNuls && nuls * kTextPerNul > size;
}

/// In a multipart in which we find no part: where others may, with the boundary that they choose, or behind the
/// encoding that it claims and may not have (RFC 2045 6.4).
bool may_have_parts(std::string_view text, const Part& part) {
  std::string_view body = text.substr(part.body, part.end - part.body);
  if (!is_plainly_encoded(part)) return !trim(body).empty();
  bool in_header = false;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find_first_of("\r\n"));
    if (in_header && begins_content_field(line)) return true;
    const bool begins = line.starts_with("--") && !trim(line.substr(2)).empty();
    const std::string_view rest = body.substr(line.size());
    in_header = begins || (in_header && !line.empty());
    body = rest.substr(std::min(rest.size(), rest.starts_with("\r\n") ? std::size_t{2} : 1));
  }
  return false;
}

bool is_attachment(std::string_view text, const std::vector<Part>& parts, std::size_t i) {
  const Part& part = parts[i];
  if (part.opaque) return true;
  const bool childless = i + 1 == parts.size() || parts[i + 1].depth <= part.depth;
  if ((part.is_multipart() || part.unbounded) && childless && may_have_parts(text, part)) return true;
  if (part.is_multipart()) return false;
  if (part.is_message()) return !is_plainly_encoded(part);
  if (part.type == "text" && !part.typed && (part.disposition == "attachment" || part.named)) return true;
  if (part.type != "text" && !is_report(part)) return true;
  return may_be_decoded_by_others(part) || holds_nuls(text, part);
}

/// The first lines that begin with a blank continue our Received field once that stands before them, and the header
/// begins behind them. Taken for the end of an empty header they would hide all of it.
std::size_t leading_continuations(std::string_view message) {
  std::size_t at = 0;
  while (at < message.size() && (message[at] == ' ' || message[at] == '\t')) {
    at = std::min(message.find('\n', at), message.size() - 1) + 1;
  }
  return at;
}

/// The size of a line as mbox files begin a message with; readers look for the header behind it.
std::size_t mbox_line(std::string_view text) {
  return text.starts_with("From ") ? std::min(text.find('\n'), text.size() - 1) + 1 : 0;
}

std::string safe_content_id(const std::string& id) {
  const bool fits =
      id.size() <= kMaxContentId && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  return fits ? id : std::string();
}

bool is_in_alternative(const std::vector<Part>& parts, std::size_t i) {
  std::size_t parent = i;
  while (parent > 0 && parts[parent].depth >= parts[i].depth) --parent;
  return parent < i && parts[parent].media_type() == "multipart/alternative";
}

class Planner {
 public:
  explicit Planner(std::string_view message)
      : before_(leading_continuations(message)), text_(message.substr(before_)), size_(message.size()) {}

  Removal plan() {
    const Structure structure = scan_mime(text_, kAttachmentLimits);
    if (!structure.stopped) find(structure.parts);
    write(false);
    if (!fits()) write(true);
    if (structure.stopped || !fits()) {
      places_.clear();
      out_ = {};
      find(structure.parts[0], text_.size(), true, false);
      write(false);
    }
    return std::move(out_);
  }

 private:
  /// Where an attachment is, and what of its header stays.
  struct Place {
    std::size_t from;
    std::size_t to;
    StubForm form;
    std::string fields;
  };

  bool fits() const { return out_.size <= size_ + kMaxGrowthByStubs; }

  void find(const std::vector<Part>& parts) {
    std::size_t depth = kAnySize;  // of the part that was found last, while what follows is within it
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      if (part.depth > depth) continue;
      depth = kAnySize;
      if (!is_attachment(text_, parts, i)) continue;
      const bool heads_message = i == 0 || (parts[i - 1].is_message() && parts[i - 1].body == part.header);
      find(part, part.end, heads_message, is_in_alternative(parts, i));
      depth = part.depth;
    }
  }

  void find(const Part& part, std::size_t end, bool heads_message, bool alternative) {
    out_.attachments.push_back(describe(part, end));
    const std::string_view old = text_.substr(part.header, end - part.header);
    const std::size_t kept = heads_message ? mbox_line(old) : 0;
    std::string fields = heads_message ? without_content_fields(old.substr(kept)) : std::string();
    places_.push_back({part.header + kept, end, {part.depth > 0, alternative, false}, std::move(fields)});
  }

  /// A multipart is as it stands, whatever encoding it claims (RFC 2045 6.4).
  Attachment describe(const Part& part, std::size_t end) {
    Attachment out;
    out.type = safe_type(part.media_type());
    out.filename = safe_filename(utf8_prefix(filename_of(text_, part, charsets_), kMaxShownName));
    out.content_id = safe_content_id(part.content_id);
    Sha256 digest;
    decode_transfer(text_.substr(part.body, end - part.body), part.is_multipart() ? std::string() : part.encoding,
                    [&](std::string_view piece) {
                      digest.add(piece);
                      out.size += piece.size();
                      return true;
                    });
    out.sha256 = digest.hex();
    return out;
  }

  void write(bool brief) {
    out_.edits.clear();
    out_.size = size_;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      place.form.brief = brief;
      // Its own fields come first: behind those of a header beyond the limits nobody would see them.
      std::string stub = stub_of(out_.attachments[i], place.form, place.fields);
      // Where no line end follows that belongs to the boundary, the stub brings its own.
      if (place.to == text_.size() || place.from == place.to || text_[place.to - 1] == '\n') stub += "\r\n";
      out_.size = out_.size - (place.to - place.from) + stub.size();
      out_.edits.push_back({before_ + place.from, before_ + place.to, std::move(stub)});
    }
  }

  std::size_t before_;
  std::string_view text_;
  std::size_t size_;
  Charsets charsets_;
  std::vector<Place> places_;
  Removal out_;
};

}  // namespace

std::uint64_t size_of(const std::vector<Attachment>& attachments) {
  std::uint64_t sum = 0;
  for (const Attachment& each : attachments) sum += each.size;
  return sum;
}

Removal plan_removal(std::string_view message) { return Planner(message).plan(); }

std::string remove_attachments(std::string_view message, const Removal& removal, std::size_t room) {
  std::string out;
  out.reserve(removal.size + room);
  std::size_t at = 0;
  for (const Removal::Edit& edit : removal.edits) {
    out += message.substr(at, edit.from - at);
    out += edit.text;
    at = edit.to;
  }
  out += message.substr(at);
  return out;
}

bool has_attachments(std::string_view message) {
  const std::string_view text = message.substr(leading_continuations(message));
  const Structure structure = scan_mime(text, kAttachmentLimits);
  if (structure.stopped) return true;
  for (std::size_t i = 0; i < structure.parts.size(); ++i)
    if (is_attachment(text, structure.parts, i)) return true;
  return false;
}

std::string_view removal_note(std::string_view stored) {
  const Headers headers = scan_headers(stored.substr(0, 4096), {.fields = 2});
  for (const HeaderField& field : headers.fields) {
    if (equals_ignoring_case(field.name, "Received")) break;
    if (equals_ignoring_case(field.name, "X-Maildrop-Attachments")) return trim(field.value);
  }
  return {};
}

}  // namespace maildrop::mail
