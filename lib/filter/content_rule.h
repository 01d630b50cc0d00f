/// content_rule.h: what an operator does not want to read, as he says it.
///
///   RULE  = WHERE ":/" EXPRESSION "/" [ "=" SCORE ]     subject:/free money/=3
///   WHERE = "subject"    the subject, decoded
///         | "text"       the text as people read it, from HTML where there is no other
///         | "body"       the body as it came, the first kMostText bytes
///         | NAME         any field of the header, unfolded
///
/// Expressions are RE2's; case does not matter. Without a score it is kScore.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.h"
#include "filter/pattern.h"

namespace maildrop::filter {

class ContentRule {
 public:
  enum class Where : unsigned char { subject, text, body, field };

  static constexpr double kScore = 2;
  static constexpr double kMostScore = 100;
  static constexpr std::size_t kMost = 200;             // rules
  static constexpr std::size_t kMostText = 256 * 1024;  // bytes that a rule looks at

  /// invalid: what is wrong with it.
  static Result<ContentRule> parse(const std::string& text);
  /// invalid: which is wrong, or that there are too many.
  static Result<std::vector<ContentRule>> parse(const std::vector<std::string>& texts);

  Where where() const { return where_; }
  const std::string& field() const { return field_; }  // of Where::field
  double score() const { return score_; }
  const std::string& text() const { return text_; }  // as it was given
  bool matches(std::string_view text) const { return expression_.matches(text.substr(0, kMostText)); }

 private:
  ContentRule(std::string text, Expression expression) : text_(std::move(text)), expression_(std::move(expression)) {}

  std::string text_;
  Expression expression_;
  Where where_ = Where::field;
  std::string field_;
  double score_ = kScore;
};

}  // namespace maildrop::filter
