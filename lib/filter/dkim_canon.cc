/// dkim_canon.cc: simple and relaxed.
#include "filter/dkim_canon.h"

#include <array>
#include <utility>

#include "core/text.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// The body without the empty lines at its end.
std::string_view without_last_lines(std::string_view body) {
  while (body.ends_with(kLineEnd)) body.remove_suffix(kLineEnd.size());
  return body;
}

/// Byte by byte into pieces of some KB, without a branch that depends on them: so what is hashed costs the same
/// whatever it looks like.
class Relaxed {
 public:
  explicit Relaxed(const DkimSink& sink) : sink_(sink) {}

  /// Without its line end. Empty lines wait: at the end of the body they are nothing.
  void add_line(std::string_view line) {
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (line.empty()) {
      ++empty_;
      return;
    }
    for (; empty_ > 0; --empty_) end_line();
    for (; line.size() > kPiece; line.remove_prefix(kPiece)) add(line, kPiece);
    add(line, line.size());
    end_line();
  }
  void end() {
    if (size_ > 0) sink_({piece_.data(), std::exchange(size_, 0)});
  }

 private:
  static constexpr std::size_t kPiece = 4096;

  void make_room(std::size_t size) {
    if (kPiece - size_ < size) end();
  }
  void end_line() {
    make_room(kLineEnd.size());
    size_ += kLineEnd.copy(piece_.data() + size_, kLineEnd.size());
  }
  /// `count` bytes of what is left of a line, whose last byte is no blank: of blanks one space where the last one is.
  void add(std::string_view line, std::size_t count) {
    make_room(count);
    char* out = piece_.data() + size_;
    for (std::size_t i = 0; i < count; ++i) {
      const bool blank = is_blank(line[i]);
      *out = blank ? ' ' : line[i];
      out += static_cast<int>(!blank) | static_cast<int>(!is_blank(line[i + 1 < line.size() ? i + 1 : i]));
    }
    size_ = static_cast<std::size_t>(out - piece_.data());
  }

  const DkimSink& sink_;
  std::array<char, kPiece> piece_;  // the first size_ bytes
  std::size_t size_ = 0;
  std::size_t empty_ = 0;
};

/// 3.4.2: one space between words, none at the ends, and unfolded.
void append_relaxed(std::string& out, std::string_view value, bool& begun, bool& blank) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\n' || value.substr(i, 2) == kLineEnd) continue;
    if (is_blank(c)) {
      blank = true;
      continue;
    }
    if (blank && begun) out.push_back(' ');
    out.push_back(c);
    begun = true;
    blank = false;
  }
}

}  // namespace

void canonicalise_body(DkimCanon canon, std::string_view body, const DkimSink& sink) {
  if (canon == DkimCanon::simple) {
    body = without_last_lines(body);
    if (!body.empty()) sink(body);
    return sink(kLineEnd);
  }
  Relaxed relaxed(sink);
  while (!body.empty()) {
    const std::size_t end = body.find(kLineEnd);
    relaxed.add_line(body.substr(0, end));
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + kLineEnd.size());
  }
  relaxed.end();
}

std::string canonical_field(DkimCanon canon, std::string_view field, std::string_view raw) {
  const std::size_t cut = raw.empty() ? field.size() : static_cast<std::size_t>(raw.data() - field.data());
  const std::string_view before = field.substr(0, cut), behind = field.substr(cut + raw.size());
  if (canon == DkimCanon::simple) return std::string(before).append(behind);
  const std::size_t colon = field.find(':');
  std::string out = to_lower(trim(field.substr(0, colon)));
  out.push_back(':');
  bool begun = false, blank = false;
  append_relaxed(out, before.substr(colon + 1), begun, blank);
  append_relaxed(out, behind, begun, blank);
  return out;
}

}  // namespace maildrop::filter
