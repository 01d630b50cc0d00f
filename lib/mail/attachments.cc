/// attachments.cc: which parts are attachments, and what is put in their place.
#include "mail/attachments.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "mail/attachment_stub.h"
#include "mail/parameters.h"
#include "mail/sha256.h"
#include "mail/words.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxShownName = 100;  // bytes
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
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

bool is_attachment(const Part& part) {
  if (part.opaque) return true;
  if (part.is_multipart()) return false;
  if (part.type == "text") return !part.typed && (part.disposition == "attachment" || !part.filename.empty());
  if (part.is_message()) return !is_plainly_encoded(part);
  return !is_report(part);
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

/// What the header alone tells; it does so of most mail.
bool is_plain_text(std::string_view message) {
  const Headers headers = scan_headers(message, kAttachmentLimits.whole);
  if (const HeaderField* type = headers.find("Content-Type"))
    return parse_parameters(type->value).value.starts_with("text/");
  return !headers.skipped && headers.find("Content-Disposition") == nullptr;
}

std::string safe_content_id(const std::string& id) {
  const bool fits =
      id.size() <= kMaxContentId && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  return fits ? id : std::string();
}

/// A multipart is as it stands, whatever encoding it claims (RFC 2045 6.4).
Attachment describe(std::string_view message, const Part& part, std::size_t end) {
  Attachment out;
  out.type = safe_type(part.media_type());
  out.filename = safe_filename(utf8_prefix(part.filename, kMaxShownName));
  out.content_id = safe_content_id(part.content_id);
  Sha256 digest;
  decode_transfer(message.substr(part.body, end - part.body), part.is_multipart() ? std::string() : part.encoding,
                  [&](std::string_view piece) {
                    digest.add(piece);
                    out.size += piece.size();
                    return true;
                  });
  out.sha256 = digest.hex();
  return out;
}

class Planner {
 public:
  explicit Planner(std::string_view message) : message_(message), before_(leading_continuations(message)) {}

  Removal plan() {
    const std::string_view text = message_.substr(before_);
    if (!is_plain_text(text)) {
      const Structure structure = scan_mime(text, kAttachmentLimits);
      if (!structure.stopped) remove_parts(text, structure.parts);
      if (structure.stopped || out_.size > message_.size() + kMaxGrowthByStubs) remove_whole(text, structure.parts[0]);
    }
    if (out_.edits.empty()) out_.size = message_.size();
    return std::move(out_);
  }

 private:
  void remove_parts(std::string_view text, const std::vector<Part>& parts) {
    out_.size = message_.size();
    std::size_t depth = kNone;  // of the part that was removed last, while what follows is within it
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      if (part.depth > depth) continue;
      depth = kNone;
      if (!is_attachment(part)) continue;
      const bool heads_message = i == 0 || (parts[i - 1].is_message() && parts[i - 1].body == part.header);
      remove(text, part, part.end, heads_message);
      depth = part.depth;
    }
  }

  void remove_whole(std::string_view text, const Part& whole) {
    out_ = {};
    out_.size = message_.size();
    remove(text, whole, text.size(), true);
  }

  void remove(std::string_view text, const Part& part, std::size_t end, bool heads_message) {
    out_.attachments.push_back(describe(text, part, end));
    std::string_view old = text.substr(part.header, end - part.header);
    std::string fields;
    if (heads_message) {
      old.remove_prefix(mbox_line(old));
      fields = without_content_fields(old);
    }
    // Its own fields come first: behind those of a header beyond the limits nobody would see them.
    std::string stub = stub_of(out_.attachments.back(), part.depth > 0, fields);
    // Where no line end follows that belongs to the boundary, the stub brings its own.
    if (end == text.size() || old.empty() || old.back() == '\n') stub += "\r\n";
    out_.size = out_.size - old.size() + stub.size();
    out_.edits.push_back({before_ + end - old.size(), before_ + end, std::move(stub)});
  }

  std::string_view message_;
  std::size_t before_;
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
  if (is_plain_text(text)) return false;
  const Structure structure = scan_mime(text, kAttachmentLimits);
  return structure.stopped || std::any_of(structure.parts.begin(), structure.parts.end(), is_attachment);
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
