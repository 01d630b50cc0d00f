/// inbox_pick.cc: which message is meant.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/text.h"
#include "inbox.h"

namespace maildrop::cmd {
namespace {

constexpr std::size_t kIdSize = 26;
constexpr std::size_t kNumberDigits = 5;  // longer digits are the start of an id
constexpr std::string_view kIdAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kMatched = 2000;  // bytes of subject or sender that a pattern sees

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= kNumberDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<store::Summary> missing(std::string_view selector) {
  return fail(Code::not_found, "no message '" + std::string(selector) + "'");
}

Result<store::Summary> pick_number(const Summaries& messages, std::string_view selector) {
  std::size_t number = 0;
  std::from_chars(selector.data(), selector.data() + selector.size(), number);
  if (number == 0 || number > messages.size()) return missing(selector);
  return messages[number - 1];
}

Error several(std::string_view selector, const Summaries& candidates) {
  std::string what = "'" + std::string(selector) + "' fits several messages:";
  for (const store::Summary& each : candidates) {
    what += "\n  " + each.id.text() + "  " + cut_to_width(terminal_safe(each.subject), 40);
  }
  return {Code::invalid, what};
}

Result<store::Summary> pick_prefix(const Summaries& messages, std::string_view selector) {
  const std::string prefix = to_lower(selector);
  if (prefix.empty() || prefix.size() > kIdSize || prefix.find_first_not_of(kIdAlphabet) != std::string::npos) {
    return fail(Code::invalid,
                "'" + std::string(selector) + "' is no message: use latest, a number, or (the start of) an id");
  }
  Summaries fitting;
  for (const store::Summary& each : messages) {
    if (each.id.text().compare(0, prefix.size(), prefix) == 0) fitting.push_back(each);
  }
  if (fitting.empty()) return missing(selector);
  if (fitting.size() > 1) return tl::unexpected<Error>(several(selector, fitting));
  return fitting.front();
}

std::size_t common_prefix(const std::string& a, const std::string& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

Result<store::Summary> pick(const Summaries& messages, std::string_view selector) {
  if (selector == "latest") return messages.empty() ? missing(selector) : Result<store::Summary>(messages.front());
  return is_number(selector) ? pick_number(messages, selector) : pick_prefix(messages, selector);
}

std::size_t prefix_length(const Summaries& messages) {
  std::vector<std::string> ids;
  for (const store::Summary& each : messages) ids.push_back(each.id.text());
  std::sort(ids.begin(), ids.end());
  std::size_t length = kShortestPrefix;
  for (std::size_t i = 1; i < ids.size(); ++i) length = std::max(length, common_prefix(ids[i - 1], ids[i]) + 1);
  return std::min(length, kIdSize);
}

Result<Pattern> Pattern::parse(const std::string& text) {
  Pattern pattern;
  if (text.empty()) return pattern;
  const bool lower = std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::isupper(c); });
  auto compiled = std::make_unique<regex_t>();
  const int problem = ::regcomp(compiled.get(), text.c_str(), REG_EXTENDED | REG_NOSUB | (lower ? REG_ICASE : 0));
  if (problem != 0) {
    char why[200];
    ::regerror(problem, compiled.get(), why, sizeof why);
    return fail(Code::invalid, "-g '" + text + "': " + why);
  }
  pattern.compiled_ = std::shared_ptr<regex_t>(compiled.release(), [](regex_t* regex) {
    ::regfree(regex);
    delete regex;
  });
  return pattern;
}

bool Pattern::matches(const store::Summary& summary) const {
  if (!compiled_) return true;
  for (const std::string* field : {&summary.subject, &summary.header_from, &summary.from}) {
    const std::string shown = terminal_safe(std::string_view(*field).substr(0, kMatched));  // no NUL inside
    if (::regexec(compiled_.get(), shown.c_str(), 0, nullptr, 0) == 0) return true;
  }
  return false;
}

}  // namespace maildrop::cmd
