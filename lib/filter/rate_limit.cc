/// rate_limit.cc: limits, read, and what each asks of the ledger.
#include "filter/rate_limit.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/text.h"

namespace maildrop::filter {

namespace {

using Class = RateLimit::Class;

/// Spaces of their own: whoever brings many senders into the ledger, clients keep their share.
struct ClassName {
  std::string_view name;
  std::string_view space;
};
constexpr ClassName kClasses[] = {{"connection", "limit-connection"},
                                  {"client", "limit-client"},
                                  {"null", "limit-null"},
                                  {"sender", "limit-sender"},
                                  {"recipient", "limit-recipient"}};

Result<Class> parse_class(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kClasses); ++i)
    if (kClasses[i].name == text) return static_cast<Class>(i);
  return invalid(text, "is none of connection, client, null, sender and recipient");
}

Result<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && at == end && number >= 1 && number <= RateLimit::kMostNumber) return number;
  return invalid(text, "is no number from 1 to 100000");
}

Result<Millis> parse_period(std::string_view text) {
  const Millis period = TRY(parse_duration(text));
  if (period >= RateLimit::kLeastPeriod && period <= RateLimit::kMostPeriod) return period;
  return invalid(text, "is no period from 1s to 7d");
}

}  // namespace

Result<RateLimit> RateLimit::parse(const std::string& text) {
  const std::string_view whole = text;
  const std::size_t equals = whole.find('=');
  const std::size_t slash = whole.find('/');
  if (equals == std::string_view::npos || slash == std::string_view::npos || slash < equals)
    return invalid(text, "is no limit such as 'client=50/5m'");
  RateLimit limit;
  limit.text_ = text;
  limit.class_ = TRY(parse_class(whole.substr(0, equals)));
  limit.number_ = TRY(parse_number(whole.substr(equals + 1, slash - equals - 1)));
  limit.period_ = TRY(parse_period(whole.substr(slash + 1)));
  return limit;
}

Result<std::vector<RateLimit>> RateLimit::parse(const std::vector<std::string>& texts) {
  if (texts.size() > kMost) return fail(Code::invalid, "more than " + std::to_string(kMost) + " limits");
  std::vector<RateLimit> limits;
  for (const std::string& text : texts) {
    RateLimit limit = TRY(parse(text));
    for (const RateLimit& other : limits)
      if (other.class_ == limit.class_ && other.period_ == limit.period_)
        return invalid(text, "is of the same class and period as '" + other.text_ + "'");
    limits.push_back(std::move(limit));
  }
  std::stable_sort(limits.begin(), limits.end(),
                   [](const RateLimit& a, const RateLimit& b) { return a.class_ < b.class_; });
  return limits;
}

store::Operation RateLimit::take(const std::string& whose) const {
  const store::Rate rate{.tokens = number_, .per = period_, .burst = number_ + margin()};
  // A limit of another period is another bucket.
  return store::Operation::take(kClasses[static_cast<std::size_t>(class_)].space,
                                format_duration(period_) + " " + whose, 1, rate);
}

}  // namespace maildrop::filter
