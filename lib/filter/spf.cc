/// spf.cc: may the client send mail of the domain it names? RFC 7208, with the codes of RFC 7372.
#include <chrono>
#include <map>
#include <optional>

#include "core/text.h"
#include "filter/filter.h"
#include "filter/spf_check.h"

namespace maildrop::filter {

namespace {

// As Haraka's karma has them.
constexpr double kFail = 4;
constexpr double kSoftfail = 3;
constexpr double kNeutral = 1;
constexpr double kPermerror = 2;

constexpr std::string_view kSpfTells[] = {"spf", "spf_domain", "spf_helo"};

double score_of(SpfResult result) {
  switch (result) {
    case SpfResult::fail: return kFail;
    case SpfResult::softfail: return kSoftfail;
    case SpfResult::neutral: return kNeutral;
    case SpfResult::permerror: return kPermerror;
    default: return 0;
  }
}

/// A domain as it is looked up; one that is none is left as it is, and has no policy.
std::string domain_of(const std::string& helo) { return mail::canonical_domain(helo).value_or(helo); }

/// `fail for example.com: -all`
std::string reason_of(const SpfOutcome& outcome, const std::string& domain) {
  return std::string(name_of(outcome.result)) + " for " + domain + ": " + outcome.reason;
}

/// Each answer is asked for once in a try, for both identities: Facts::kMostQuestions counts every time.
class Answers {
 public:
  explicit Answers(Facts& facts) : facts_(facts) {}
  const dns::Answer* operator()(const dns::Question& question) {
    const auto [known, fresh] = known_.try_emplace(question);
    if (fresh) known->second = facts_.dns(question);
    return known->second;
  }

 private:
  Facts& facts_;
  std::map<dns::Question, const dns::Answer*> known_{};
};

class Spf final : public Filter {
 public:
  Spf(const SpfFilter& settings, std::string receiver)
      : most_void_lookups_(settings.most_void_lookups),
        explains_(settings.mode == FilterUse::Mode::enforce),
        receiver_(std::move(receiver)) {}

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (transaction.peer.local) return {};
    return phase == Phase::helo ? judge_helo(transaction, facts) : judge_sender(transaction, facts);
  }

 private:
  Finding judge_helo(const mail::Transaction& transaction, Facts& facts) const {
    Answers answers(facts);
    const std::string domain = domain_of(transaction.helo);
    const std::optional<SpfOutcome> outcome = check("postmaster", domain, transaction, facts, answers);
    if (!outcome) return {};
    facts.tell("spf_helo", std::string(name_of(outcome->result)));
    if (outcome->result != SpfResult::fail) return {};
    return refuse(*outcome, domain, "HELO", kFail);
  }

  /// Of a null sender it is the HELO identity that is checked (RFC 7208 2.4).
  Finding judge_sender(const mail::Transaction& transaction, Facts& facts) const {
    Answers answers(facts);
    const mail::Address& from = transaction.from;
    const std::string helo = domain_of(transaction.helo);
    const std::string domain = from.is_null() ? helo : from.domain;
    const std::optional<SpfOutcome> outcome =
        check(from.local.empty() ? "postmaster" : from.local, domain, transaction, facts, answers);
    if (!outcome) return {};
    facts.tell("spf", std::string(name_of(outcome->result)));
    facts.tell("spf_domain", domain);
    switch (outcome->result) {
      case SpfResult::none: return {};
      case SpfResult::pass: return Finding::score_of(0, reason_of(*outcome, domain));
      case SpfResult::temperror: return Finding::fail(reason_of(*outcome, domain));
      case SpfResult::fail: break;
      default: return Finding::score_of(score_of(outcome->result), reason_of(*outcome, domain));
    }
    // The same domain counts once: its fail as HELO has scored.
    double score = kFail;
    if (domain == helo && *facts.told("spf_helo") == name_of(SpfResult::fail)) score = 0;
    return refuse(*outcome, domain, "MAIL FROM", score);
  }

  std::optional<SpfOutcome> check(const std::string& local, const std::string& domain,
                                  const mail::Transaction& transaction, const Facts& facts, Answers& answers) const {
    const SpfQuery query{.address = transaction.peer.address,
                         .local = local,
                         .domain = domain,
                         .helo = transaction.helo,
                         .receiver = receiver_,
                         .time = to_millis(facts.now()) / 1000,
                         .most_void_lookups = most_void_lookups_,
                         .explains = explains_};
    return spf_check(query, [&](const dns::Question& question) { return answers(question); });
  }

  /// What a stranger explains is marked as such (RFC 7208 6.2, 11.5).
  static Finding refuse(const SpfOutcome& outcome, const std::string& domain, std::string_view identity, double score) {
    std::string reply = "5.7.23 SPF " + std::string(identity) + " check failed";
    if (!outcome.explanation.empty())
      reply += ": the domain " + outcome.explainer + " explains: " + outcome.explanation;
    return Finding::act(Action::reject, score, std::move(reply),
                        reason_of(outcome, domain) + (score == 0 ? " (counted as HELO)" : ""));
  }

  unsigned most_void_lookups_;
  bool explains_;
  std::string receiver_;
};

}  // namespace

extern const FilterKind kSpf{"spf",
                             "May the client send mail of the domain it names? (RFC 7208)",
                             bit(Phase::helo) | bit(Phase::mail),
                             kSpfTells,
                             Evidence::own,
                             [](const FilterSettings& settings) -> const FilterUse& { return settings.spf; },
                             [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                               return std::make_unique<Spf>(config.filter.spf, effective_hostname(config.smtp));
                             }};

}  // namespace maildrop::filter
