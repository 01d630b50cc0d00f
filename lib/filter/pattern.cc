/// pattern.cc: lists of operators, read and matched.
#include "filter/pattern.h"

#include <re2/re2.h>

#include <optional>
#include <utility>

#include "core/text.h"

namespace maildrop::filter {

namespace {

constexpr std::int64_t kMostMemory = 1 << 20;  // bytes of one expression

struct SubjectWord {
  std::string_view name;
  Subject subject;
};
constexpr SubjectWord kSubjectWords[] = {
    {"client:", Subject::client}, {"helo:", Subject::helo}, {"from:", Subject::from}, {"to:", Subject::to}};

}  // namespace

struct Expression::Compiled {
  explicit Compiled(const std::string& text, const RE2::Options& options) : re(text, options) {}
  RE2 re;
};

Result<Expression> Expression::parse(const std::string& text) {
  if (text.size() > kLongest) return fail(Code::invalid, "is longer than " + std::to_string(kLongest) + " bytes");
  RE2::Options options(RE2::Latin1);  // what is matched may be any bytes
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto compiled = std::make_shared<const Compiled>(text, options);
  if (!compiled->re.ok()) return fail(Code::invalid, "'" + text + "' is no expression: " + compiled->re.error());
  return Expression(std::move(compiled));
}

bool Expression::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->re);
}

Result<Pattern> Pattern::parse(const std::string& text) {
  Pattern pattern;
  pattern.text_ = text;
  std::string_view rest = text;
  for (const SubjectWord& word : kSubjectWords) {
    if (!rest.starts_with(word.name)) continue;
    pattern.subject_ = word.subject;
    rest.remove_prefix(word.name.size());
  }
  if (pattern.subject_ == Subject::network) {
    const Result<Network> network = Network::parse(rest);
    if (!network)
      return fail(Code::invalid, "'" + text + "' is no network, and does not begin with client:, helo:, from: or to:");
    pattern.what_ = *network;
    return pattern;
  }
  if (rest.size() > 2 && rest.front() == '/' && rest.back() == '/') {
    pattern.what_ = TRY(Expression::parse(std::string(rest.substr(1, rest.size() - 2))));
    return pattern;
  }
  Mailbox mailbox;
  const std::size_t at = rest.rfind('@');
  const bool of_address = pattern.subject_ == Subject::from || pattern.subject_ == Subject::to;
  if (of_address && at == std::string_view::npos) return fail(Code::invalid, "'" + text + "' has no @");
  if (of_address) mailbox.local = to_lower(rest.substr(0, at));
  std::string_view domain = of_address ? rest.substr(at + 1) : rest;
  mailbox.domain.below = domain.starts_with('.');
  if (mailbox.domain.below) domain.remove_prefix(1);
  // A HELO may be anything; of what is no domain the text is compared.
  mailbox.domain.name = mail::canonical_domain(domain).value_or(to_lower(domain));
  if (mailbox.domain.name.empty() && mailbox.local.empty()) return fail(Code::invalid, "'" + text + "' names nothing");
  if (of_address) {
    pattern.what_ = std::move(mailbox);
  } else {
    pattern.what_ = std::move(mailbox.domain);
  }
  return pattern;
}

Result<std::vector<Pattern>> Pattern::parse(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  for (const std::string& text : texts) patterns.push_back(TRY(parse(text)));
  return patterns;
}

bool Pattern::Name::matches(std::string_view lower_case) const {
  if (name.empty()) return true;
  if (!below) return lower_case == name;
  return lower_case.size() > name.size() && lower_case.ends_with(name) &&
         lower_case[lower_case.size() - name.size() - 1] == '.';
}

bool Pattern::matches(const IpAddress& address) const {
  const auto* network = std::get_if<Network>(&what_);
  return network && network->contains(address);
}

bool Pattern::matches(std::string_view name) const {
  if (const auto* expression = std::get_if<Expression>(&what_)) return expression->matches(name);
  const auto* named = std::get_if<Name>(&what_);
  return named && !name.empty() && named->matches(to_lower(name));
}

bool Pattern::matches(const mail::Address& address) const {
  if (const auto* expression = std::get_if<Expression>(&what_)) return expression->matches(address.to_string());
  const auto* mailbox = std::get_if<Mailbox>(&what_);
  if (!mailbox || address.is_null()) return false;
  return (mailbox->local.empty() || mailbox->local == to_lower(address.local)) &&
         mailbox->domain.matches(to_lower(address.domain));
}

}  // namespace maildrop::filter
