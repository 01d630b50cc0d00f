/// attachments_check.h: what holds of every message and what is left of it, for tests and the fuzzer.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "mail/attachments.h"
#include "mail/mime.h"

namespace maildrop::mail::test {

/// A part that nothing was put in place of, or the place of one.
struct Outline {
  std::size_t depth;
  std::string_view kept;  // a leaf's header and body
  bool stub;

  bool operator==(const Outline& other) const = default;
};

inline bool touches(const Removal& removal, std::size_t from, std::size_t to) {
  return std::any_of(removal.edits.begin(), removal.edits.end(), [&](const Removal::Edit& edit) {
    return (edit.from <= from && from < edit.to) || (edit.from == from && edit.to == to);
  });
}

/// Containers have no bytes of their own here: their children tell of them.
inline std::vector<Outline> outline(std::string_view message, const Removal& removal, std::size_t before) {
  const std::string_view text = message.substr(before);
  std::vector<Outline> out;
  std::size_t depth = static_cast<std::size_t>(-1);  // of the last stub
  for (const Part& part : scan_mime(text, kAttachmentLimits).parts) {
    if (part.depth > depth) continue;
    const bool mbox =
        text.substr(part.header).starts_with("From ");  // stays before a stub with the fields of a message
    const std::size_t line = mbox ? std::min(text.find('\n', part.header), part.end - 1) + 1 : part.header;
    const bool stub = touches(removal, before + line, before + part.end);
    depth = stub ? part.depth : static_cast<std::size_t>(-1);
    const bool container = part.is_multipart() || part.is_message();
    out.push_back(
        {part.depth, stub || container ? std::string_view() : text.substr(part.header, part.end - part.header), stub});
  }
  return out;
}

/// Where the stubs stand in what came out.
inline Removal places_after(const Removal& removal) {
  Removal after = removal;
  std::size_t shift = 0;  // wraps, and back
  for (Removal::Edit& edit : after.edits) {
    const std::size_t size = edit.to - edit.from;
    edit.from += shift;
    shift += edit.text.size() - size;
    edit.to = edit.from + edit.text.size();
  }
  return after;
}

/// What is wrong; empty: nothing.
inline std::string wrong_with_removal(std::string_view message) {
  const Removal removal = plan_removal(message);
  if (removal.attachments.size() != removal.edits.size()) return "an edit for each attachment";
  if (removal.edits.empty() != !has_attachments(message)) return "has_attachments() says otherwise";
  const std::string out = remove_attachments(message, removal);
  if (out.size() != removal.size) return "the size is not as planned";
  if (out.size() > message.size() + kMaxGrowthByStubs) return "it has grown too much";
  if (removal.edits.empty()) return out == message ? "" : "it is not the same without edits";
  std::size_t at = 0;
  for (const Removal::Edit& edit : removal.edits) {
    if (edit.from < at || edit.to < edit.from || edit.to > message.size()) return "edits are not in order";
    at = edit.to;
  }
  for (const Attachment& each : removal.attachments) {
    if (!is_valid_utf8(each.filename) || terminal_safe(each.filename) != each.filename || each.filename.size() > 100)
      return "a file name is not safe";
    if (each.type.size() > 100 || terminal_safe(each.type) != each.type) return "a type is not safe";
    if (each.sha256.size() != 64) return "a digest is none";
  }
  if (has_attachments(out)) return "there are attachments left";
  if (!plan_removal(out).edits.empty()) return "a second time changes something";
  std::size_t before = 0;  // what continues a field of ours, once it stands before it
  while (before < message.size() && (message[before] == ' ' || message[before] == '\t'))
    before = std::min(message.find('\n', before), message.size() - 1) + 1;
  if (outline(message, removal, before) != outline(out, places_after(removal), before)) return "the structure differs";
  return "";
}

}  // namespace maildrop::mail::test
