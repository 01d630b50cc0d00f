/// inline_style.cc: a grammar for values that is much smaller than that of CSS. What it does not know it refuses, so
/// that no browser can understand more than is read here.
#include "mail/inline_style.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"

namespace maildrop::mail {
namespace {

// In order: looked up by binary search.
constexpr std::string_view kProperties[] = {"background",
                                            "background-color",
                                            "background-position",
                                            "background-repeat",
                                            "background-size",
                                            "border",
                                            "border-bottom",
                                            "border-bottom-color",
                                            "border-bottom-left-radius",
                                            "border-bottom-right-radius",
                                            "border-bottom-style",
                                            "border-bottom-width",
                                            "border-collapse",
                                            "border-color",
                                            "border-left",
                                            "border-left-color",
                                            "border-left-style",
                                            "border-left-width",
                                            "border-radius",
                                            "border-right",
                                            "border-right-color",
                                            "border-right-style",
                                            "border-right-width",
                                            "border-spacing",
                                            "border-style",
                                            "border-top",
                                            "border-top-color",
                                            "border-top-left-radius",
                                            "border-top-right-radius",
                                            "border-top-style",
                                            "border-top-width",
                                            "border-width",
                                            "box-sizing",
                                            "caption-side",
                                            "clear",
                                            "color",
                                            "direction",
                                            "display",
                                            "empty-cells",
                                            "float",
                                            "font",
                                            "font-family",
                                            "font-size",
                                            "font-style",
                                            "font-variant",
                                            "font-weight",
                                            "height",
                                            "letter-spacing",
                                            "line-height",
                                            "list-style",
                                            "list-style-position",
                                            "list-style-type",
                                            "margin",
                                            "margin-bottom",
                                            "margin-left",
                                            "margin-right",
                                            "margin-top",
                                            "max-height",
                                            "max-width",
                                            "min-height",
                                            "min-width",
                                            "opacity",
                                            "overflow",
                                            "overflow-wrap",
                                            "padding",
                                            "padding-bottom",
                                            "padding-left",
                                            "padding-right",
                                            "padding-top",
                                            "table-layout",
                                            "text-align",
                                            "text-decoration",
                                            "text-indent",
                                            "text-transform",
                                            "unicode-bidi",
                                            "vertical-align",
                                            "visibility",
                                            "white-space",
                                            "width",
                                            "word-break",
                                            "word-spacing",
                                            "word-wrap"};
constexpr std::string_view kUnits[] = {"%", "ch", "cm", "em", "ex", "in", "mm", "pc", "pt", "px", "rem", "vh", "vw"};
constexpr std::string_view kColourFunctions[] = {"hsl", "hsla", "rgb", "rgba"};
static_assert(std::is_sorted(std::begin(kProperties), std::end(kProperties)));

constexpr std::size_t kLongestStyleWord = 40;    // of a keyword or a name; CSS has none so long
constexpr std::size_t kLongestStyleNumber = 10;  // with sign and point: no layout needs more

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

template <std::size_t N>
bool is_one_of(const std::string_view (&list)[N], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

/// Reads a value from left to right, writing it as it goes. Each step is one of those below, or the value is refused.
class ValueReader {
 public:
  explicit ValueReader(std::string_view value, bool may_have_url) : left_(value), may_have_url_(may_have_url) {}

  std::optional<std::string> read() {
    while (!left_.empty())
      if (!step()) return std::nullopt;
    return out_.empty() ? std::nullopt : std::optional(std::move(out_));
  }

 private:
  bool step() {
    const char c = left_.front();
    if (is_space(c)) return take_space();
    if (c == ',' || c == '/') return take_separator();
    if (c == '#') return take_hash();
    if (c == '"' || c == '\'') return take_string();
    if (c == '!') return take_important();
    if (is_letter(c) || (c == '-' && left_.size() > 1 && is_letter(left_[1]))) return take_word();
    return take_number();
  }

  template <class Predicate>
  std::string_view take_while(Predicate fits, std::size_t from = 0) {
    std::size_t end = from;
    while (end < left_.size() && fits(left_[end])) ++end;
    const std::string_view taken = left_.substr(0, end);
    left_.remove_prefix(end);
    return taken;
  }

  bool write(std::string_view word) {
    if (!out_.empty() && out_.back() != ' ') out_ += ' ';
    out_ += word;
    return true;
  }

  bool take_space() {
    take_while(is_space);
    return true;
  }

  bool take_separator() {
    out_ += left_.front();
    left_.remove_prefix(1);
    return true;
  }

  bool take_hash() {
    const std::string_view colour = take_while([](char c) { return hex_digit(c) >= 0; }, 1);
    const std::size_t digits = colour.size() - 1;
    return (digits == 3 || digits == 4 || digits == 6 || digits == 8) && ends_here() && write(colour);
  }

  /// The name of a font. Written in single quotes, as the attribute is in double ones.
  bool take_string() {
    const std::size_t end = left_.find(left_.front(), 1);
    if (end == std::string_view::npos) return false;
    const std::string_view name = left_.substr(1, end - 1);
    left_.remove_prefix(end + 1);
    const auto fits = [](char c) {
      return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '_' || c == '.';
    };
    return name.size() <= kLongestStyleWord && std::all_of(name.begin(), name.end(), fits) && ends_here() &&
           write("'" + std::string(name) + "'");
  }

  bool take_important() {
    left_.remove_prefix(1);
    take_while(is_space);
    return to_lower(trim(left_)) == "important" && take_while([](char) { return true; }).size() > 0 &&
           write("!important");
  }

  bool take_number() {
    const std::size_t sign = left_.front() == '+' || left_.front() == '-' ? 1 : 0;
    const std::string_view number = take_while([](char c) { return is_digit(c) || c == '.'; }, sign);
    if (number.size() == sign || number.size() > kLongestStyleNumber || !is_digit(number.back()) ||
        std::count(number.begin(), number.end(), '.') > 1)
      return false;
    const std::string unit = to_lower(take_while([](char c) { return is_letter(c) || c == '%'; }));
    return (unit.empty() || is_one_of(kUnits, unit)) && ends_here() && write(std::string(number) + unit);
  }

  bool take_word() {
    const std::string_view word = take_while([](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
    if (word.size() > kLongestStyleWord) return false;
    if (!left_.empty() && left_.front() == '(') return take_function(to_lower(word));
    return ends_here() && write(word);
  }

  bool take_function(const std::string& name) {
    const std::size_t end = left_.find(')');
    if (end == std::string_view::npos) return false;
    const std::string_view arguments = left_.substr(1, end - 1);
    left_.remove_prefix(end + 1);
    if (name == "url") return may_have_url_;  // gone, and the colour beside it stays
    const auto fits = [](char c) { return is_digit(c) || c == '.' || c == ',' || c == '%' || c == ' ' || c == '/'; };
    return is_one_of(kColourFunctions, name) && arguments.size() <= kLongestStyleWord &&
           std::all_of(arguments.begin(), arguments.end(), fits) && ends_here() &&
           write(name + "(" + std::string(arguments) + ")");
  }

  /// What was taken is not the beginning of something else.
  bool ends_here() const {
    return left_.empty() || is_space(left_.front()) || left_.front() == ',' || left_.front() == '/' ||
           left_.front() == '!';
  }

  std::string_view left_;
  const bool may_have_url_;
  std::string out_;
};

std::string declaration(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string property = to_lower(trim(text.substr(0, colon)));
  if (!std::binary_search(std::begin(kProperties), std::end(kProperties), property)) return {};
  const bool may_have_url = property == "background" || property == "list-style";
  const auto value = ValueReader(text.substr(colon + 1), may_have_url).read();
  return value ? property + ": " + *value : std::string();
}

}  // namespace

std::string allowed_style(std::string_view style) {
  if (style.size() > kLongestStyle) return {};
  std::string out;
  std::size_t left = kMostDeclarations;
  // A `;` within quotes or brackets cuts there, too: the pieces are none of the grammar's, and nothing is lost but
  // they.
  for (const std::string_view piece : split(style, ';')) {
    const std::string allowed = declaration(piece);
    if (allowed.empty()) continue;
    if (left-- == 0) break;
    out.append(out.empty() ? "" : "; ").append(allowed);
  }
  return out;
}

std::string_view style_value(std::string_view allowed, std::string_view property) {
  std::string_view value;
  for (std::string_view piece : split(allowed, ';')) {
    piece = trim(piece);
    const std::size_t colon = piece.find(':');
    if (colon != std::string_view::npos && piece.substr(0, colon) == property) value = trim(piece.substr(colon + 1));
  }
  return value;
}

}  // namespace maildrop::mail
