/// dmarc.cc: is the message of the domain that readers see in From, and if not, what does that domain want done?
/// RFC 7489.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/text.h"
#include "filter/dmarc_check.h"
#include "filter/filter.h"
#include "mail/headers.h"
#include "mail/mailboxes.h"

namespace maildrop::filter {

namespace {

// As Haraka's karma has them. Lists that change messages break DMARC, so by default a fail is a score and no refusal.
constexpr double kReject = 6;
constexpr double kQuarantine = 4;
constexpr double kPolicyNone = 0.5;  // whose domain it is asks for nothing, yet it is not from there
constexpr double kUnreadable = 3;    // a From that no program writes: policies are evaded that way (6.6.1)
constexpr double kWithoutFrom = 1;
// A pass has no score: it says whose mail it is and not that it is wanted, and domains of spammers pass, too.

constexpr std::size_t kMostAuthors = 5;  // domains; RFC 7489 6.6.1 finds a second one worth refusing

constexpr const char *kNoFromThere = "no From", *kNoDomain = "no domain in From";

constexpr std::string_view kDmarcTells[] = {"dmarc", "dmarc_domain", "dmarc_policy"};

/// Whose message it claims to be.
struct Authors {
  std::vector<std::string> domains{};
  std::string wrong{};  // a reader may see others
};

/// Whatever follows an `@`: of a field that cannot be read, readers see any of it.
void add_all(std::string_view field, mail::MailboxDomains& all) {
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  for (std::size_t at = field.find('@'); at != std::string_view::npos; at = field.find('@', at + 1)) {
    const std::string_view rest = field.substr(at + 1);
    const auto end = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_part) - rest.begin());
    if (Result<std::string> domain = mail::canonical_domain(rest.substr(0, end))) all.add(std::move(*domain));
  }
}

/// Of all From fields: which one a reader takes is not ours to know (6.6.1).
Authors authors_of(std::string_view message) {
  // Whatever stands before it.
  const mail::HeaderLimits limits{.prefix = "From", .past_others = true};
  const mail::Headers headers = mail::scan_headers(message, limits);
  mail::MailboxDomains all;
  bool there = false, cut = headers.skipped;
  for (const mail::HeaderField& field : headers.fields) {
    if (!equals_ignoring_case(field.name, "From")) continue;
    there = true;
    mail::MailboxDomains found = mail::mailbox_domains(field.value);
    all.unreadable = all.unreadable || found.unreadable;
    cut = cut || found.cut || field.value.size() == limits.field_size;
    for (std::string& domain : found.domains) all.add(std::move(domain));
    if (found.unreadable || found.cut) add_all(field.value, all);
  }
  std::erase_if(all.domains, [](const std::string& domain) { return domain.front() == '['; });
  Authors authors{.domains = std::move(all.domains)};
  if (cut || authors.domains.size() > kMostAuthors) authors.wrong = "too much in From";
  if (all.unreadable) authors.wrong = "From cannot be read";
  if (authors.domains.empty() && authors.wrong.empty()) authors.wrong = there ? kNoDomain : kNoFromThere;
  authors.domains.resize(std::min(authors.domains.size(), kMostAuthors));
  return authors;
}

/// What filters before this one have told. REQUIRES: nothing of it is waited for.
DmarcEvidence evidence_of(Facts& facts) {
  DmarcEvidence evidence;
  const std::string result = *facts.told("spf"), domain = *facts.told("spf_domain");
  evidence.spf.whole = facts.was_told("spf");
  if (result == "pass") evidence.spf.passing.push_back(domain);
  if (result == "temperror") evidence.spf.unknown.push_back(domain);
  const std::string results = *facts.told("dkim_results"), passing = *facts.told("dkim");
  evidence.dkim.whole = facts.was_told("dkim_results");
  if (!passing.empty())
    for (const std::string_view each : split(passing, ' ')) evidence.dkim.passing.emplace_back(each);
  for (const std::string_view each : split(results, ';')) {
    const std::vector<std::string_view> words = split(trim(each), ' ');
    if (words.size() == 3 && words[0] == "temperror") evidence.dkim.unknown.emplace_back(words[1]);
  }
  return evidence;
}

/// From 0 to 99, for pct=. A sender can know it no more than he can choose the millisecond in which he is judged; a
/// replay with that time gives the same.
unsigned chance_of(const mail::Peer& peer, Time now) {
  std::uint64_t mixed = static_cast<std::uint64_t>(to_millis(now)) << 16 | peer.port;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;  // as SplitMix64 does, so that neighbours differ
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
  return static_cast<unsigned>((mixed ^ mixed >> 31) % 100);
}

/// An outcome, and of which domain it is.
struct Judged {
  std::string domain;
  DmarcOutcome outcome;
  DmarcPolicy applied;

  /// What is certain and grave goes before what is not known.
  int rank() const {
    switch (outcome.result) {
      case DmarcResult::pass: return 0;
      case DmarcResult::none: return 1;
      case DmarcResult::permerror: return 2;
      case DmarcResult::temperror: return 4;
      case DmarcResult::fail: break;
    }
    return applied == DmarcPolicy::none ? 3 : 4 + static_cast<int>(applied);
  }
};

Finding fail_of(const Judged& judged) {
  std::string reason = judged.outcome.reason;
  if (judged.applied != judged.outcome.policy)
    reason += ", pct=" + std::to_string(judged.outcome.percent) + ": " + std::string(name_of(judged.applied));
  switch (judged.applied) {
    case DmarcPolicy::none: return Finding::score_of(kPolicyNone, std::move(reason));
    case DmarcPolicy::quarantine: return Finding::act(Action::quarantine, kQuarantine, {}, std::move(reason));
    case DmarcPolicy::reject: break;
  }
  return Finding::act(Action::reject, kReject, "5.7.1 refused by the DMARC policy of " + judged.domain,
                      std::move(reason));
}

class Dmarc final : public Filter {
 public:
  /// `lacks`: a filter whose facts it needs, and that is off.
  explicit Dmarc(std::string lacks) : lacks_(std::move(lacks)) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (transaction.peer.local) return {};  // there is no SPF of it
    const Authors authors = authors_of(transaction.data);
    const auto lookup = [&](std::string_view name, dns::Type type) { return facts.dns(name, type); };
    for (const std::string_view fact : {"spf", "spf_domain", "dkim", "dkim_results"}) facts.told(fact);
    // Until these are there policies are asked for beside them, and what comes of it does not count.
    const DmarcEvidence evidence = facts.waits() ? DmarcEvidence{} : evidence_of(facts);
    const unsigned chance = chance_of(transaction.peer, facts.now());
    std::optional<Judged> worst;
    const auto add = [&](Judged judged) {
      if (!worst || judged.rank() > worst->rank()) worst = std::move(judged);
    };
    for (const std::string& domain : authors.domains) {
      const std::optional<DmarcOutcome> outcome = dmarc_check(domain, evidence, lookup);
      if (outcome) add({domain, *outcome, outcome->applied(chance)});
    }
    if (!authors.wrong.empty())
      add({{}, {.result = DmarcResult::permerror, .reason = authors.wrong}, DmarcPolicy::none});
    if (facts.waits()) return {};
    return finding_of(*worst, facts);
  }

 private:
  Finding finding_of(const Judged& judged, Facts& facts) const {
    const DmarcOutcome& outcome = judged.outcome;
    if (outcome.lacks_evidence && !lacks_.empty())
      return Finding::score_of(0, "cannot tell: the filter " + lacks_ + " is off");
    facts.tell("dmarc", std::string(name_of(outcome.result)));
    facts.tell("dmarc_domain", judged.domain);
    if (outcome.result == DmarcResult::pass || outcome.result == DmarcResult::fail)
      facts.tell("dmarc_policy", std::string(name_of(outcome.policy)));
    switch (outcome.result) {
      case DmarcResult::pass: return Finding::score_of(0, outcome.reason);
      case DmarcResult::none: return {};
      case DmarcResult::permerror:
        return Finding::score_of(
            outcome.reason == kNoFromThere || outcome.reason == kNoDomain ? kWithoutFrom : kUnreadable, outcome.reason);
      case DmarcResult::temperror: return Finding::fail(outcome.reason);
      case DmarcResult::fail: break;
    }
    return fail_of(judged);
  }

  std::string lacks_;
};

std::string lacking(const FilterSettings& settings) {
  if (settings.spf.mode == FilterUse::Mode::off) return "spf";
  return settings.dkim.mode == FilterUse::Mode::off ? "dkim" : "";
}

}  // namespace

extern const FilterKind kDmarc{"dmarc",
                               "Is a message of the domain that readers see in From? (DMARC, RFC 7489)",
                               bit(Phase::message),
                               kDmarcTells,
                               Evidence::own,
                               [](const FilterSettings& settings) -> const FilterUse& { return settings.dmarc; },
                               [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                 return std::make_unique<Dmarc>(lacking(config.filter));
                               }};

}  // namespace maildrop::filter
