/// mbox.cc: From_ lines, quoting, and where a message ends.
#include "mail/mbox.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "core/text.h"
#include "mail/headers.h"
#include "mail/message.h"

namespace maildrop::mail {
namespace {

constexpr std::string_view kFrom = "From ";
constexpr std::size_t kMaxFromLine = 1000;  // bytes: a sender has at most 320, and the line of a message 998
constexpr std::string_view kMailerDaemon = "MAILER-DAEMON";

/// The first words of a From_ line. A sender of more words than that is none.
struct FromWords {
  static constexpr std::size_t kMost = 40;
  std::array<std::string_view, kMost> word;
  std::size_t count = 0;

  explicit FromWords(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && count < kMost;) {
      const std::size_t begin = text.find_first_not_of(" \t", at);
      if (begin == std::string_view::npos) return;
      at = std::min(text.find_first_of(" \t", begin), text.size());
      word[count++] = text.substr(begin, at - begin);
    }
  }
  std::string_view operator[](std::size_t i) const { return i < count ? word[i] : std::string_view(); }
};

/// A name of three letters among those of `names` (`SunMonTue...`).
bool is_name(std::string_view word, std::string_view names) {
  for (std::size_t at = 0; at < names.size(); at += 3) {
    if (equals_ignoring_case(word, names.substr(at, 3))) return true;
  }
  return false;
}

bool is_day(std::string_view word) {
  if (!word.empty() && word.back() == ',') word.remove_suffix(1);
  return is_name(word, "SunMonTueWedThuFriSat");
}

bool is_month(std::string_view word) { return is_name(word, "JanFebMarAprMayJunJulAugSepOctNovDec"); }

bool is_year(std::string_view word) {
  return word.size() == 4 && word.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_zone(std::string_view word) {
  return !word.empty() && (word.front() == '+' || word.front() == '-' || (word.front() >= 'A' && word.front() <= 'Z'));
}

/// The date that begins with the day of the week at `at`.
std::optional<Time> date_at(const FromWords& words, std::size_t at) {
  constexpr std::size_t kZoneWords = 2;  // `MET DST`
  std::string_view day = words[at + 1], month = words[at + 2], time = words[at + 3], year, zone;
  if (is_month(day)) {  // asctime: Nov 14 22:13:20 2023
    std::swap(day, month);
    std::size_t y = at + 4;
    while (y < at + 4 + kZoneWords && !is_year(words[y])) ++y;
    year = words[y];
    zone = y > at + 4 ? words[at + 4] : words[y + 1];
  } else {  // 14 Nov 2023 22:13:20 +0000
    year = words[at + 3];
    time = words[at + 4];
    zone = words[at + 5];
  }
  if (!is_month(month) || !is_year(year)) return std::nullopt;
  std::string text;
  for (const std::string_view word : {day, month, year, time}) text.append(word) += ' ';
  if (is_zone(zone)) {
    if (const auto zoned = parse_date(text + std::string(zone))) return zoned;
  }
  return parse_date(text);
}

std::optional<std::string> sender_of(std::string_view text) {
  text = trim(text);
  if (text == "-" || text == "???@???") return std::nullopt;  // what some write that do not know it
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  return equals_ignoring_case(text, kMailerDaemon) ? std::string() : std::string(text);
}

/// As asctime(3) writes it, in UTC.
std::string asctime_of(Time time) {
  const std::string date = rfc5322(time);  // Tue, 04 Nov 2023 22:13:20 +0000
  const std::vector<std::string_view> words = split(date, ' ');
  std::string out(words[0].substr(0, 3));
  out.append(" ").append(words[2]).append(" ").append(words[1]);
  if (words[1].front() == '0') out[out.size() - words[1].size()] = ' ';
  return out.append(" ").append(words[4]).append(" ").append(words[3]);
}

std::string sender_word(const FromLine& from) {
  std::string word = from.sender.value_or("-");
  if (word.empty()) word = kMailerDaemon;
  word.resize(std::min(word.size(), kMaxFromLine - 100));
  for (char& c : word) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) c = '?';
  }
  return word;
}

/// `From ` behind at least `quotes` of `>`.
bool is_from(std::string_view line, std::size_t quotes) {
  const std::size_t text = std::min(line.find_first_not_of('>'), line.size());
  return text >= quotes && line.substr(text, kFrom.size()) == kFrom;
}

std::string_view without_cr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Gives `take` each line with its LF; the last one may have none.
template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    take(text.substr(0, size));
    text.remove_prefix(size);
  }
}

bool first_line_has_crlf(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r';
}

/// With CRLF and without quotes. `crlf`: a CR before a LF is not text.
std::string decode(std::string_view raw, bool crlf, bool quoted) {
  std::string out;
  out.reserve(raw.size() + raw.size() / 32);
  each_line(raw, [&](std::string_view line) {
    if (quoted && is_from(line, 1)) line.remove_prefix(1);
    if (line.back() != '\n') {
      out.append(line);
      return;
    }
    line.remove_suffix(1);
    out.append(crlf ? without_cr(line) : line).append("\r\n");
  });
  return out;
}

}  // namespace

std::optional<FromLine> parse_from_line(std::string_view line) {
  if (line.substr(0, kFrom.size()) != kFrom || line.size() > kMaxFromLine) return std::nullopt;
  line.remove_prefix(kFrom.size());
  const FromWords words(line);
  for (std::size_t i = 1; i < words.count; ++i) {
    if (!is_day(words[i])) continue;
    const auto date = date_at(words, i);
    const auto sender = static_cast<std::size_t>(words[i].data() - line.data());
    if (date) return FromLine{sender_of(line.substr(0, sender)), *date};
  }
  return std::nullopt;
}

std::string mboxrd(std::string_view message, const FromLine& from) {
  std::string out;
  out.reserve(message.size() + 100);
  out.append(kFrom).append(sender_word(from)).append(" ").append(asctime_of(from.date)) += '\n';
  each_line(message, [&out](std::string_view line) {
    if (is_from(line, 0)) out += '>';
    const bool ended = line.back() == '\n';
    out.append(ended ? without_cr(line.substr(0, line.size() - 1)) : line) += '\n';
  });
  return out += '\n';
}

void MboxSplitter::feed(std::string_view piece) { buffer_.append(piece); }

/// Without its line end.
std::string_view MboxSplitter::line_at(std::size_t start) const {
  const std::string_view text = std::string_view(buffer_).substr(start);
  return without_cr(text.substr(0, text.find('\n')));
}

std::optional<Result<MboxMessage>> MboxSplitter::next() {
  while (!ended_) {
    const std::optional<Boundary> boundary = find_boundary();
    if (!boundary) return std::nullopt;
    auto found = cut(*boundary);
    go_on_behind(*boundary);
    if (!found) continue;
    ++count_;
    return found;
  }
  return std::nullopt;
}

std::optional<MboxSplitter::Boundary> MboxSplitter::find_boundary() {
  for (;;) {
    if (item_.target) {
      // What stands there is known once a From_ line would be whole.
      if (!finished_ && buffer_.size() < *item_.target + kMaxFromLine + 10) return std::nullopt;
      if (auto boundary = boundary_at(*item_.target)) return boundary;
      item_.target.reset();
    }
    const std::size_t newline = buffer_.find('\n', std::max(item_.line, item_.seen));
    if (newline == std::string::npos && !finished_) {
      item_.seen = buffer_.size();
      drop_what_is_too_large();
      return std::nullopt;
    }
    if (item_.line == buffer_.size()) return Boundary{without_divider(item_.line), item_.line, {}};
    const std::string_view line = line_at(item_.line);
    const std::size_t next = newline == std::string::npos ? buffer_.size() : newline + 1;
    if (item_.empty_before) {
      if (auto from = parse_from_line(line)) return Boundary{without_divider(item_.line), next, std::move(from)};
    }
    item_.empty_before = line.empty() && !item_.cut_line;
    item_.cut_line = false;
    item_.line = next;
    if (!item_.empty_before || !item_.in_header) continue;
    item_.in_header = false;
    item_.target = target_of_length();
  }
}

/// Where the Content-Length of the header that was just read leads.
std::optional<std::size_t> MboxSplitter::target_of_length() const {
  if (division_ != MboxDivision::lengths || !item_.from || item_.dropped) return std::nullopt;
  const std::string_view header = std::string_view(buffer_).substr(item_.content, item_.line - item_.content);
  HeaderLimits limits;
  limits.prefix = "Content-Length";
  std::optional<std::size_t> length;
  for (const HeaderField& field : scan_headers(header, limits).fields) {
    if (field.name.size() != limits.prefix.size()) continue;
    if (length) return std::nullopt;  // of two, one is the sender's
    const std::string_view value = trim(field.value);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
    length = number;
  }
  if (!length || *length > max_size_ || header.size() > max_size_ - *length) return std::nullopt;
  return item_.line + *length;
}

/// A From_ line, or the end of all, behind at most two line ends: the last line's, which some do not count, and the
/// empty line.
std::optional<MboxSplitter::Boundary> MboxSplitter::boundary_at(std::size_t target) const {
  if (target > buffer_.size()) return std::nullopt;
  std::size_t at = target;
  for (int ends = 0; ends < 2 && at < buffer_.size() && line_at(at).empty(); ++ends)
    at = std::min(buffer_.find('\n', at), buffer_.size() - 1) + 1;
  if (at == buffer_.size()) return Boundary{target, at, {}, true};
  if (buffer_[at - 1] != '\n') return std::nullopt;
  auto from = parse_from_line(line_at(at));
  if (!from) return std::nullopt;
  return Boundary{target, std::min(buffer_.find('\n', at), buffer_.size() - 1) + 1, std::move(from), true};
}

std::size_t MboxSplitter::without_divider(std::size_t end) const {
  const std::string_view content = std::string_view(buffer_).substr(item_.content, end - item_.content);
  for (const std::string_view empty : {"\n\r\n", "\n\n"}) {
    if (content.size() >= empty.size() && content.substr(content.size() - empty.size()) == empty)
      return end - (empty.size() - 1);
  }
  return content == "\n" || content == "\r\n" ? item_.content : end;
}

/// Of a message that is larger than it may be nothing is kept but the line that may be the next one's first.
void MboxSplitter::drop_what_is_too_large() {
  constexpr std::size_t kDivider = 2;  // bytes that may not belong to it
  const bool long_line = buffer_.size() - item_.line > kMaxFromLine;
  const std::size_t sure = long_line ? buffer_.size() : item_.line;
  if (!item_.dropped && sure - item_.content <= max_size_ + kDivider) return;
  buffer_.erase(0, sure);
  item_.dropped = true;
  item_.cut_line = item_.cut_line || long_line;
  item_.empty_before = item_.empty_before && !item_.cut_line;
  item_.seen -= sure;
  item_.content = item_.line = 0;
}

std::optional<Result<MboxMessage>> MboxSplitter::cut(const Boundary& boundary) const {
  const std::string_view raw = std::string_view(buffer_).substr(item_.content, boundary.end - item_.content);
  if (!item_.from && !item_.dropped && trim(raw).empty()) return std::nullopt;
  if (!item_.from) return fail(Code::invalid, "stands before the first From_ line");
  const bool crlf = item_.crlf || first_line_has_crlf(raw);
  MboxMessage message{*item_.from, {}};
  if (!item_.dropped && raw.size() <= max_size_) message.data = decode(raw, crlf, !boundary.by_length);
  if (item_.dropped || raw.size() > max_size_ || message.data.size() > max_size_)
    return fail(Code::over_limit, "is larger than " + format_size(max_size_));
  return message;
}

void MboxSplitter::go_on_behind(const Boundary& boundary) {
  ended_ = !boundary.from;
  item_ = Item{};
  item_.from = boundary.from;
  const std::size_t end = boundary.next;  // of the From_ line
  item_.crlf = end >= 2 && buffer_[end - 1] == '\n' && buffer_[end - 2] == '\r';
  const std::size_t done = end > buffer_.size() / 2 ? end : 0;  // so each byte is moved once, whatever comes
  buffer_.erase(0, done);
  item_.content = item_.line = item_.seen = end - done;
  item_.empty_before = false;
}

}  // namespace maildrop::mail
