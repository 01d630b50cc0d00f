/// content.cc: what a message says, by rules of the operator.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "filter/content_rule.h"
#include "filter/filter.h"
#include "mail/headers.h"
#include "mail/message.h"

namespace maildrop::filter {

namespace {

using Where = ContentRule::Where;

constexpr double kMostOfRules = 20;  // of all rules together
constexpr std::size_t kMostReasons = 5;

// What everybody who tries a filter sends (spamassassin.apache.org/gtube).
constexpr std::string_view kTest = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
constexpr double kTestScore = 100;

/// A message, and what rules look at of it; each is made when the first rule wants it.
class Content {
 public:
  Content(std::string_view message, const Facts& facts)
      : message_(message), facts_(facts), headers_(mail::scan_headers(message)) {}

  bool matches(const ContentRule& rule) {
    switch (rule.where()) {
      case Where::subject: return rule.matches(subject());
      case Where::text: return rule.matches(facts_.text());
      case Where::body: return rule.matches(body());
      case Where::field: break;
    }
    return std::any_of(headers_.fields.begin(), headers_.fields.end(), [&](const mail::HeaderField& field) {
      return equals_ignoring_case(field.name, rule.field()) && rule.matches(mail::unfold(field.value));
    });
  }

  std::string_view body() const {
    return message_.substr(std::min(headers_.body, message_.size()), ContentRule::kMostText);
  }

 private:
  const std::string& subject() {
    if (!subject_) subject_ = mail::overview(message_).subject;
    return *subject_;
  }

  std::string_view message_;
  const Facts& facts_;
  mail::Headers headers_;
  std::optional<std::string> subject_{};
};

class ContentRules final : public Filter {
 public:
  explicit ContentRules(std::vector<ContentRule> rules) : rules_(std::move(rules)) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    Content content(transaction.data, facts);
    if (content.body().find(kTest) != std::string_view::npos)
      return Finding::act(Action::reject, kTestScore, "5.7.1 this is the test that filters are tried with", "GTUBE");
    double score = 0;
    std::string reason;
    std::size_t reasons = 0;
    for (const ContentRule& rule : rules_) {
      if (!content.matches(rule)) continue;
      score += rule.score();
      if (++reasons <= kMostReasons) reason += (reason.empty() ? "" : ", ") + rule.text();
    }
    if (reasons == 0) return {};
    return Finding::score_of(std::clamp(score, -kMostOfRules, kMostOfRules), std::move(reason));
  }

 private:
  std::vector<ContentRule> rules_;
};

}  // namespace

extern const FilterKind kContent{
    "content",
    "What a message says, by rules of yours.",
    bit(Phase::message),
    {},
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.content; },
    [](const Config& config) -> Result<std::unique_ptr<Filter>> {
      return std::make_unique<ContentRules>(TRY(in_setting("rules", ContentRule::parse(config.filter.content.rules))));
    }};

}  // namespace maildrop::filter
