/// dkim_canon.cc: simple and relaxed.
#include "filter/dkim_canon.h"

#include "core/text.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The body without the empty lines at its end.
std::string_view without_last_lines(std::string_view body) {
  while (body.ends_with(kLineEnd)) body.remove_suffix(kLineEnd.size());
  return body;
}

/// Byte by byte into pieces of some KB: so what is hashed costs the same whatever it looks like.
class Relaxed {
 public:
  explicit Relaxed(const DkimSink& sink) : sink_(sink) { piece_.reserve(kPiece); }

  /// Without its line end. Empty lines wait: at the end of the body they are nothing.
  void add_line(std::string_view line) {
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (line.empty()) {
      ++empty_;
      return;
    }
    for (; empty_ > 0; --empty_) end_line();
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool blank = is_blank(line[i]);
      if (!blank || !is_blank(line[i + 1])) put(blank ? ' ' : line[i]);  // the last byte is no blank
    }
    end_line();
  }
  void end() {
    if (!piece_.empty()) sink_(piece_);
  }

 private:
  static constexpr std::size_t kPiece = 4096;

  void end_line() {
    for (const char c : kLineEnd) put(c);
  }
  void put(char c) {
    piece_.push_back(c);
    if (piece_.size() < kPiece) return;
    sink_(piece_);
    piece_.clear();
  }

  const DkimSink& sink_;
  std::string piece_;
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
