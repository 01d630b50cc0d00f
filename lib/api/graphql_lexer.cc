/// graphql_lexer.cc: names, numbers, strings of both kinds and signs.
#include "api/graphql_lexer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text.h"
#include "core/utf8.h"

namespace maildrop::api {

namespace {

using Kind = GraphqlToken::Kind;
using SourceLines = std::vector<std::string_view>;

constexpr std::string_view kQuotes = R"(""")";  // of a block string
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_of_name(char c) { return begins_name(c) || is_digit(c); }
bool is_of_number(char c) { return is_of_name(c) || c == '.' || c == '+' || c == '-'; }

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }
bool is_blank(std::string_view line) { return indent_of(line) == line.size(); }

SourceLines lines_of(std::string_view text) {
  SourceLines lines = split(text, '\n');
  for (std::string_view& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  return lines;
}

/// 2.9.4, BlockStringValue(): the indentation that all lines have goes, and so do blank lines at both ends.
std::string block_value(std::string_view raw) {
  SourceLines lines = lines_of(raw);
  std::size_t common = std::string_view::npos;
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (!is_blank(lines[i])) common = std::min(common, indent_of(lines[i]));
  for (std::size_t i = 1; i < lines.size(); ++i) lines[i].remove_prefix(std::min(common, lines[i].size()));
  const auto has_text = [](std::string_view line) { return !is_blank(line); };
  const auto first = std::find_if(lines.begin(), lines.end(), has_text);
  const auto last = std::find_if(lines.rbegin(), lines.rend(), has_text).base();
  std::string value;
  for (auto line = first; line < last; ++line) value.append(line == first ? "" : "\n").append(*line);
  return value;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  GraphqlResult<std::vector<GraphqlToken>> all() {
    std::vector<GraphqlToken> tokens;
    do {
      skip_ignored();
      auto token = next();
      if (!token) return tl::unexpected(token.error());
      if (tokens.size() == kMostGraphqlTokens) return fail("the query is too long");
      tokens.push_back(std::move(*token));
    } while (tokens.back().kind != Kind::end);
    return tokens;
  }

 private:
  using Token = GraphqlResult<GraphqlToken>;

  tl::unexpected<GraphqlError> fail(std::string_view message) const { return graphql_fault(message, at_); }
  std::string_view rest() const { return text_.substr(at_); }

  void skip_ignored() {
    static constexpr std::string_view kIgnored = " \t\r\n,";
    for (;;) {
      at_ = std::min(text_.find_first_not_of(kIgnored, at_), text_.size());
      if (!rest().starts_with('#')) return;
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    }
  }

  Token next() {
    static constexpr std::string_view kSigns = "!$()[]{}:=@|&";
    if (at_ == text_.size()) return GraphqlToken{Kind::end, {}, at_};
    const char c = text_[at_];
    if (rest().starts_with(kQuotes)) return block_string();
    if (c == '"') return string();
    if (begins_name(c)) return run_of(Kind::name, is_of_name);
    if (is_digit(c) || c == '-') return run_of(Kind::number, is_of_number);
    if (rest().starts_with("...")) return take(Kind::sign, 3);
    if (kSigns.find(c) != std::string_view::npos) return take(Kind::sign, 1);
    return fail("this character begins nothing");
  }

  GraphqlToken take(Kind kind, std::size_t size) {
    GraphqlToken token{kind, std::string(text_.substr(at_, size)), at_};
    at_ += size;
    return token;
  }

  GraphqlToken run_of(Kind kind, bool (*belongs)(char)) {
    const std::string_view left = rest();
    return take(kind, static_cast<std::size_t>(std::find_if_not(left.begin(), left.end(), belongs) - left.begin()));
  }

  Token block_string() {
    const std::size_t begin = at_;
    std::string raw;
    at_ += kQuotes.size();
    for (;;) {
      const std::size_t end = text_.find(kQuotes, at_);
      if (end == std::string_view::npos) return graphql_fault("a string without its end", begin);
      raw += text_.substr(at_, end - at_);
      at_ = end + kQuotes.size();
      if (!raw.ends_with('\\')) return GraphqlToken{Kind::string, block_value(raw), begin};
      raw.replace(raw.size() - 1, 1, kQuotes);  // \""" stands for three quotes
    }
  }

  Token string() {
    const std::size_t begin = at_++;
    std::string value;
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= ' ') {
      const char c = text_[at_++];
      if (c == '"') return GraphqlToken{Kind::string, std::move(value), begin};
      if (c != '\\') {
        value += c;
      } else if (!escape(value)) {
        return fail("no such escape in a string");
      }
    }
    return graphql_fault("a string without its end", begin);
  }

  /// What follows a backslash.
  bool escape(std::string& value) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (at_ == text_.size()) return false;
    const char c = text_[at_];
    if (c == 'u') return escape_of_code(value);
    const std::size_t letter = kLetters.find(c);
    if (letter == std::string_view::npos) return false;
    value += kMeanings[letter];
    ++at_;
    return true;
  }

  /// `u0041`, of two when the first one is half of a pair.
  bool escape_of_code(std::string& value) {
    const std::optional<char32_t> first = four_digits();
    if (!first || (*first >= 0xDC00 && *first < 0xE000)) return false;
    if (*first < 0xD800 || *first >= 0xE000) {
      append_utf8(value, *first);
      return true;
    }
    if (!rest().starts_with('\\')) return false;
    ++at_;
    const std::optional<char32_t> second = four_digits();
    if (!second || *second < 0xDC00 || *second >= 0xE000) return false;
    append_utf8(value, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
    return true;
  }

  std::optional<char32_t> four_digits() {
    if (!rest().starts_with('u') || rest().size() < 5) return std::nullopt;
    char32_t code = 0;
    for (const char c : rest().substr(1, 4)) {
      const int digit = hex_digit(c);
      if (digit < 0) return std::nullopt;
      code = code << 4 | static_cast<char32_t>(digit);
    }
    at_ += 5;
    return code;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

GraphqlResult<std::vector<GraphqlToken>> graphql_tokens(std::string_view text) { return Lexer(text).all(); }

GraphqlPlace graphql_place(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line = before.rfind('\n');  // npos + 1 is 0
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')), before.size() - (line + 1) + 1};
}

}  // namespace maildrop::api
