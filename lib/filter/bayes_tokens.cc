/// bayes_tokens.cc: a message, taken apart.
#include "filter/bayes_tokens.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"
#include "filter/url_host.h"
#include "mail/charsets.h"
#include "mail/headers.h"
#include "mail/mime.h"
#include "mail/words.h"

namespace maildrop::filter {

namespace {

constexpr std::size_t kMostFields = 50;              // of the message and its parts that are looked at
constexpr std::size_t kLongestField = 1000;          // bytes
constexpr std::size_t kMostUrls = 50;                // whose host is looked for as browsers do; others are words
constexpr std::size_t kLongestUrlRead = 400;         // bytes
constexpr std::size_t kMostPieces = 12;              // of a path
constexpr unsigned char kFirstWithoutBlanks = 0xE3;  // first byte of UTF-8 from U+3000 on: Chinese, Japanese, Korean

constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCD;
  x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53;
  return x ^ (x >> 33);
}

/// What a byte is in a text.
enum Kind : std::uint8_t { kGap, kLetter, kInner, kBang, kWide };

constexpr std::array<Kind, 256> make_kinds() {
  std::array<Kind, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '$';
    kinds[c] = c >= kFirstWithoutBlanks ? kWide : letter || c >= 0x80 ? kLetter : kGap;
  }
  for (const unsigned char c : {'.', '-', '_', '\'', '@', '%'}) kinds[c] = kInner;
  kinds['!'] = kBang;
  return kinds;
}

constexpr std::array<Kind, 256> kKinds = make_kinds();
Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + ('a' - 'A'));
  return c >= '0' && c <= '9' ? '0' : c;
}

/// How long what stands at `at` is, if it is between words: quotation marks and dashes beyond ASCII, too, spaces of all
/// widths, and none (U+00A0, U+2000 to U+207F). 0: it is of a word.
std::size_t gap_at(std::string_view text, std::size_t at) {
  const Kind kind = kind_of(text[at]);
  if (kind == kGap || kind == kInner) return 1;
  const std::string_view rest = text.substr(at, 3);
  if (rest.starts_with("\xC2\xA0")) return 2;
  return rest.size() == 3 && (rest.starts_with("\xE2\x80") || rest.starts_with("\xE2\x81")) ? 3 : 0;
}

/// One past the word, or run, that begins at `at`.
std::size_t end_of_word(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  switch (kind_of(text[at])) {
    case kBang:
      while (end < text.size() && text[end] == '!') ++end;
      return end;
    case kWide:
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
      return end;
    default: break;
  }
  const auto is_letter = [&](std::size_t i) {
    return i < text.size() && kind_of(text[i]) == kLetter && gap_at(text, i) == 0;
  };
  while (is_letter(end) || (end < text.size() && kind_of(text[end]) == kInner && is_letter(end + 1))) ++end;
  return end;
}

bool begins_url(std::string_view text, std::size_t at, std::size_t end) {
  const std::string_view word = text.substr(at, end - at);
  return text.substr(end, 3) == "://" && (equals_ignoring_case(word, "http") || equals_ignoring_case(word, "https"));
}

/// One past the URL whose `://` is at `at`.
std::size_t end_of_url(std::string_view text, std::size_t at) {
  while (at < text.size() && static_cast<unsigned char>(text[at]) > ' ' &&
         std::string_view("\"'<>)").find(text[at]) == std::string_view::npos)
    ++at;
  return at;
}

/// `x` and the names above it: `b.example.com`, `example.com`, `com`.
template <class Take>
void each_above(std::string_view name, Take take) {
  for (;;) {
    take(name);
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

/// Fills one.
class BayesReading {
 public:
  using Zone = BayesTokens::Zone;

  explicit BayesReading(BayesTokens& to) : to_(to), slots_(kSlots) {
    to_.words_.reserve(1024);
    to_.hashes_.reserve(1024);
    to_.made_.reserve(1024);
    to_.text_.reserve(8 * 1024);
  }

  void read(std::string_view message) {
    const mail::Structure structure = mail::scan_mime(message);
    std::vector<const mail::Part*> texts;
    for (std::size_t i = 0; i < structure.parts.size() && !is_full(); ++i) {
      const mail::Part& part = structure.parts[i];
      read_header(message.substr(part.header, part.body - part.header), i == 0);
      if (part.type == "text") texts.push_back(&part);
    }
    // Of alternatives programs show the last, and nobody sees what fills the others.
    std::size_t left = BayesTokens::kMostText;
    for (; !texts.empty() && left > 0; texts.pop_back()) {
      const std::size_t share = texts.size() == 1 ? 1 : 2;
      most_features_ = share_of(BayesTokens::kMostFeatures, to_.hashes_.size(), share);
      most_words_ = share_of(BayesTokens::kMostWords, to_.words_.size(), share);
      const mail::Part& part = *texts.back();
      const std::string bytes = mail::decoded_body(message, part, left / share);
      left -= std::min(left, bytes.size());
      begin(Zone::text);
      begin(Zone::markup);
      read_text(mail::decode_charset(bytes, part.charset, bytes.size(), charsets_), Zone::text, part.subtype == "html");
    }
  }

 private:
  static constexpr std::size_t kSlots = 2 * 4096;
  static_assert(kSlots >= 2 * BayesTokens::kMostFeatures && (kSlots & (kSlots - 1)) == 0);
  static constexpr std::size_t kNear = 2;  // words before one that make pairs with it

  /// The last words of a zone.
  struct Window {
    std::array<std::uint32_t, kNear> words{};
    std::size_t count = 0;
  };

  static std::size_t share_of(std::size_t most, std::size_t taken, std::size_t share) {
    return taken + (most - taken) / share;
  }

  bool is_full() const { return to_.hashes_.size() >= most_features_ || to_.words_.size() >= most_words_; }

  /// What follows is not behind what came before.
  void begin(Zone zone) { windows_[static_cast<std::size_t>(zone)].count = 0; }

  void read_header(std::string_view header, bool of_message) {
    for (const mail::HeaderField& field : mail::scan_headers(header).fields) {
      const auto is = [&](std::string_view name) { return equals_ignoring_case(field.name, name); };
      const bool content = equals_ignoring_case(field.name.substr(0, 8), "Content-") || is("MIME-Version");
      if (content) {
        if (fields_++ == kMostFields) return;
        begin(Zone::type);
        read_text(field.name, Zone::type, false);
        read_text(field.value.substr(0, kLongestField), Zone::type, false);
      } else if (of_message && (is("Subject") || is("From") || is("Reply-To"))) {
        if (fields_++ == kMostFields) return;
        read_field(field.value.substr(0, kLongestField), is("Subject") ? Zone::subject
                                                         : is("From")  ? Zone::from
                                                                       : Zone::reply_to);
      }
    }
  }

  void read_field(std::string_view value, Zone zone) {
    begin(zone);
    read_text(mail::decode_header(value, charsets_), zone, false);
    const std::size_t at = value.rfind('@');
    if (zone == Zone::subject || at == std::string_view::npos) return;
    begin(zone);
    std::string_view domain = value.substr(at + 1);
    const auto end = std::find_if(domain.begin(), domain.end(), [](char c) { return kind_of(c) == kGap; });
    domain = domain.substr(0, static_cast<std::size_t>(end - domain.begin()));
    each_above(domain, [&](std::string_view name) { add(name, zone); });
  }

  void read_text(std::string_view text, Zone zone, bool html) {
    bool markup = false;
    for (std::size_t at = 0; at < text.size() && !is_full();) {
      if (const std::size_t gap = gap_at(text, at); gap > 0) {
        if (html && text[at] == '<') markup = true;
        if (html && text[at] == '>') markup = false;
        at += gap;
        continue;
      }
      const Kind kind = kind_of(text[at]);
      std::size_t end = end_of_word(text, at);
      const Zone in = markup ? Zone::markup : zone;
      const std::size_t shown = kind == kBang ? std::min<std::size_t>(end - at, 3) : end - at;
      add(text.substr(at, shown), in);
      if (begins_url(text, at, end)) {
        end = end_of_url(text, end);
        read_url(text.substr(at, end - at));
      }
      at = end;
    }
  }

  void read_url(std::string_view url) {
    url = url.substr(0, kLongestUrlRead);
    std::string_view rest = url.substr(url.find("//") + 2);
    rest.remove_prefix(std::min(rest.find_first_of("/?#"), rest.size()));
    begin(Zone::url);
    const std::optional<std::string> host = urls_++ < kMostUrls ? url_host(url) : std::nullopt;
    if (host) each_above(*host, [&](std::string_view name) { add(name, Zone::url); });
    for (std::size_t at = 0, pieces = 0; at < rest.size() && pieces < kMostPieces;) {
      if (const std::size_t gap = gap_at(rest, at); gap > 0) {
        at += gap;
        continue;
      }
      const std::size_t end = end_of_word(rest, at);
      add(rest.substr(at, end - at), Zone::url);
      ++pieces;
      at = end;
    }
  }

  void add(std::string_view word, Zone zone) {
    if (word.empty() || is_full()) return;
    const auto index = static_cast<std::uint32_t>(to_.words_.size());
    to_.words_.push_back(kept(word, zone));
    const std::uint64_t hash = to_.words_.back().hash;
    add_feature(hash, {index, index, false});
    Window& window = windows_[static_cast<std::size_t>(zone)];
    for (std::size_t back = 1; back <= std::min(kNear, window.count); ++back) {
      const std::uint32_t before = window.words[(window.count - back) % kNear];
      add_feature(mix(to_.words_[before].hash * 0x9E3779B97F4A7C15 + hash + back * 0xD6E8FEB86659FD93),
                  {before, index, back > 1});
    }
    window.words[window.count++ % kNear] = index;
  }

  BayesTokens::Word kept(std::string_view word, Zone zone) {
    std::string& text = to_.text_;
    const std::size_t at = text.size();
    if (word.size() > BayesTokens::kLongestWord) {
      constexpr std::size_t kStep = 16, kMost = 512;
      text.append(word.substr(0, 1)).append("~");
      text.append(std::to_string(std::min(word.size(), kMost) / kStep * kStep));
    } else {
      text.append(word);
    }
    std::uint64_t hash = 0xCBF29CE484222325 ^ (static_cast<std::uint64_t>(zone) * 0x9E3779B97F4A7C15);
    for (std::size_t i = at; i < text.size(); ++i) {
      if (word.size() <= BayesTokens::kLongestWord || i == at) text[i] = folded(text[i]);
      hash = (hash ^ static_cast<unsigned char>(text[i])) * 0x100000001B3;
    }
    return {mix(hash), static_cast<std::uint32_t>(at), static_cast<std::uint8_t>(text.size() - at), zone};
  }

  void add_feature(std::uint64_t hash, BayesTokens::Made made) {
    if (to_.hashes_.size() >= most_features_) return;
    std::size_t slot = hash % kSlots;
    for (; slots_[slot] != 0; slot = (slot + 1) % kSlots)
      if (to_.hashes_[slots_[slot] - 1u] == hash) return;
    to_.hashes_.push_back(hash);
    to_.made_.push_back(made);
    slots_[slot] = static_cast<std::uint16_t>(to_.hashes_.size());
  }

  BayesTokens& to_;
  std::vector<std::uint16_t> slots_;  // features by hash, open addressing; one more than their number, 0: none
  std::array<Window, BayesTokens::kZones> windows_{};
  mail::Charsets charsets_{};
  std::size_t fields_ = 0;
  std::size_t urls_ = 0;
  std::size_t most_features_ = BayesTokens::kMostFeatures;  // with those of what is read now
  std::size_t most_words_ = BayesTokens::kMostWords;
};

BayesTokens::BayesTokens(std::string_view message) { BayesReading(*this).read(message.substr(0, kMostMessage)); }

std::string BayesTokens::text_of(std::size_t feature) const {
  constexpr std::string_view kNames[kZones] = {"", "subject:", "from:", "reply-to:", "type:", "html:", "url:"};
  const Made& made = made_[feature];
  const auto word = [&](std::uint32_t index) {
    return std::string_view(text_).substr(words_[index].at, words_[index].size);
  };
  std::string text(kNames[static_cast<std::size_t>(words_[made.first].zone)]);
  text += word(made.first);
  if (made.second != made.first) text.append(made.apart ? " _ " : " ").append(word(made.second));
  return terminal_safe(utf8_prefix(valid_utf8(text), kLongestText));
}

}  // namespace maildrop::filter
