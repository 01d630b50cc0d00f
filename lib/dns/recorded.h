/// recorded.h: answers of the DNS as lines of text, to be shown, kept, and given again.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "dns/answer.h"

namespace maildrop::dns {

/// `MX example.com = 10 a.example.com, 20 b.example.com`, `TXT example.com = "v=spf1 -all"`; where there is no record
/// the status: `A nowhere.example = no_name`. A name with a blank, comma, `=` or quote, and one
/// that is a status, stands in quotes, as text does.
std::string to_line(const Question& question, const Answer& answer);

/// invalid: to_line() writes no such line.
Result<std::pair<Question, Answer>> parse_line(std::string_view line);

/// Answers by their questions.
class Recorded {
 public:
  static constexpr std::size_t kMostBytes = 16u << 20;  // of a text

  /// One to a line; empty lines and those that begin with `#` say nothing. The last one of a question counts.
  ///   invalid  `line 3: ...`
  static Result<Recorded> parse(std::string_view text);

  /// no_name for what was not recorded.
  const Answer& answer(const Question& question) const;

 private:
  std::map<Question, Answer> answers_;
};

}  // namespace maildrop::dns
