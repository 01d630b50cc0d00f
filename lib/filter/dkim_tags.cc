/// dkim_tags.cc: lists of tags, byte by byte.
#include "filter/dkim_tags.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::filter {

namespace {

bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }

bool is_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

/// Of white space the lines that go on (FWS); mail that is tolerated has line ends without CR.
bool is_folded(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (c == '\n' && (i + 1 == text.size() || !is_blank(text[i + 1]))) return false;
    if ((static_cast<unsigned char>(c) < ' ' && !is_space(c)) || c == 0x7F) return false;
  }
  return true;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

Result<DkimTags> DkimTags::parse(std::string_view text) {
  if (!is_folded(text) || !is_valid_utf8(text)) return fail(Code::invalid, "bytes that may not be there");
  DkimTags list;
  const std::vector<std::string_view> parts = split(text, ';');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    if (i > 0 && i + 1 == parts.size() && trim(part).empty()) break;  // behind the last one there may be a `;`
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return fail(Code::invalid, "a tag without `=`");
    DkimTag tag;
    tag.name = trim(part.substr(0, equals));
    tag.raw = part.substr(equals + 1);
    tag.value = trim(tag.raw);
    if (!is_name(tag.name)) return fail(Code::invalid, "a tag that has no name");
    if (list.find(tag.name)) return fail(Code::invalid, "a tag that is there twice");
    if (list.tags.size() == kMost) return fail(Code::invalid, "more than " + std::to_string(kMost) + " tags");
    list.tags.push_back(tag);
  }
  return list;
}

const DkimTag* DkimTags::find(std::string_view name) const {
  const auto found = std::find_if(tags.begin(), tags.end(), [name](const DkimTag& tag) { return tag.name == name; });
  return found == tags.end() ? nullptr : &*found;
}

std::vector<std::string_view> split_dkim_value(std::string_view value) {
  std::vector<std::string_view> parts = split(value, ':');
  for (std::string_view& part : parts) part = trim(part);
  return parts;
}

std::optional<std::string> decode_dkim_base64(std::string_view value) {
  std::string bytes;
  bytes.reserve(value.size() / 4 * 3 + 2);
  unsigned bits = 0;
  std::size_t digits = 0, padding = 0;
  for (const char c : value) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int digit = base64_digit(c);
    if (digit < 0 || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(digit);
    if (++digits % 4 != 1) bytes.push_back(static_cast<char>(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xFF));
  }
  if (digits % 4 == 1 || padding > 2) return std::nullopt;
  return bytes;
}

}  // namespace maildrop::filter
