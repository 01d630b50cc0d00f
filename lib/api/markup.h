/// markup.h: HTML that cannot be broken out of: our own words are literals, all else becomes text.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace maildrop::api {

class MarkupValue;

/// Pieces of HTML whose tags are all ours.
class Markup {
 public:
  Markup() = default;
  const std::string& text() const { return text_; }
  std::string take() && { return std::move(text_); }
  bool empty() const { return text_.empty(); }
  Markup& operator+=(const Markup& more) {
    text_ += more.text_;
    return *this;
  }

 private:
  friend class MarkupValue;
  friend Markup fill(std::string_view text, const MarkupValue* values);
  std::string text_;
};

/// What stands for a `{}`: markup as it is, numbers, and any text escaped for content and for attributes in quotes.
/// What no document may have and what does not show (controls, marks that turn text around) becomes U+FFFD, but for
/// line ends and tabs.
class MarkupValue {
 public:
  MarkupValue(const Markup& markup) : bytes_(markup.text_), raw_(true) {}
  MarkupValue(std::string_view text) : bytes_(text) {}
  MarkupValue(const std::string& text) : bytes_(text) {}
  MarkupValue(const char* text) : bytes_(text) {}
  template <std::integral Number>
  MarkupValue(Number number) {
    const auto [end, error] = std::to_chars(digits_, digits_ + sizeof digits_, number);
    bytes_ = std::string_view(digits_, end - digits_);
  }
  MarkupValue(const MarkupValue&) = delete;
  void add_to(std::string& out) const;

 private:
  std::string_view bytes_;
  char digits_[24]{};
  bool raw_ = false;
};

/// A literal of ours with as many `{}` as there are values: told by the compiler.
template <std::size_t Values>
class MarkupLiteral {
 public:
  template <std::size_t N>
  consteval MarkupLiteral(const char (&literal)[N]) : text_(literal, N - 1) {
    std::size_t holes = 0;
    for (std::size_t i = 0; i + 1 < text_.size(); ++i) holes += text_[i] == '{' && text_[i + 1] == '}';
    if (holes != Values) throw "a {} for each value";
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

Markup fill(std::string_view text, const MarkupValue* values);

/// `html("<a href=\"{}\">{}</a>", path, subject)`.
template <class... Values>
Markup html(MarkupLiteral<sizeof...(Values)> literal, const Values&... values) {
  const MarkupValue all[] = {MarkupValue(values)..., MarkupValue("")};
  return fill(literal.text(), all);
}

}  // namespace maildrop::api
