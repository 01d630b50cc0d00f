/// content_rule.cc: rules, read.
#include "filter/content_rule.h"

#include <charconv>
#include <utility>

#include "core/text.h"
#include "mail/headers.h"

namespace maildrop::filter {

namespace {

using Where = ContentRule::Where;

constexpr std::pair<std::string_view, Where> kWheres[] = {
    {"subject", Where::subject}, {"text", Where::text}, {"body", Where::body}};

Result<double> score_of(std::string_view rest) {
  if (rest.empty()) return ContentRule::kScore;
  double score = 0;
  const char* end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + 1, end, score);
  const bool number = rest.front() == '=' && error == std::errc() && at == end;
  if (number && score >= -ContentRule::kMostScore && score <= ContentRule::kMostScore) return score;
  return invalid(rest, "is no score such as '=2', from -100 to 100");
}

}  // namespace

Result<ContentRule> ContentRule::parse(const std::string& text) {
  const std::string_view whole = text;
  const std::size_t begin = whole.find(":/");
  const std::size_t end = whole.rfind('/');
  if (begin == std::string_view::npos || end < begin + 3)
    return invalid(text, "is no rule such as 'subject:/money/=2'");
  const std::string where(whole.substr(0, begin));
  if (!mail::begins_field(where + ":")) return invalid(where, "is no field of a header");
  ContentRule rule(text, TRY(Expression::parse(std::string(whole.substr(begin + 2, end - begin - 2)))));
  rule.score_ = TRY(score_of(whole.substr(end + 1)));
  rule.field_ = where;
  for (const auto& [name, place] : kWheres)
    if (equals_ignoring_case(where, name)) rule.where_ = place;
  return rule;
}

Result<std::vector<ContentRule>> ContentRule::parse(const std::vector<std::string>& texts) {
  if (texts.size() > kMost) return fail(Code::invalid, "has more than " + std::to_string(kMost) + " rules");
  std::vector<ContentRule> rules;
  for (const std::string& text : texts) rules.push_back(TRY(parse(text)));
  return rules;
}

}  // namespace maildrop::filter
