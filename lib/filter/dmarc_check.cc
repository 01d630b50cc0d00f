/// dmarc_check.cc: the policy first, since it says how close names must be; then the names.
#include "filter/dmarc_check.h"

#include <algorithm>
#include <array>

#include "filter/public_suffix.h"

namespace maildrop::filter {

namespace {

enum class Alignment { pass, unknown, fail };

/// Whether one of them is the author's (3.1).
Alignment state_of(const std::string& author, const DmarcIdentities& identities, bool strict) {
  const auto is_aligned = [&](const std::string& name) {
    return strict ? name == author : is_same_organisation(name, author);
  };
  const auto any = [&](const auto& names) { return std::any_of(names.begin(), names.end(), is_aligned); };
  if (any(identities.passing)) return Alignment::pass;
  return !identities.whole || any(identities.unknown) ? Alignment::unknown : Alignment::fail;
}

/// Of a lookup that says nothing of use.
DmarcOutcome cannot_tell(const std::string& author, dns::Status status) {
  return {.result = DmarcResult::temperror,
          .reason = "no answer for the policy of " + author + ": " + std::string(name_of(status))};
}

/// A policy, and where it was found.
struct Found {
  DmarcRecord record;
  bool inherited = false;  // it is that of the organisational domain
};

/// Whether the DNS says that there is nothing of that name (RFC 9091 2.7); nothing: not known yet. Where it does not
/// answer, the name is there.
std::optional<bool> is_nonexistent(const std::string& name, const DmarcLookup& lookup) {
  std::array<const dns::Answer*, 3> answers{};
  std::size_t i = 0;
  for (const dns::Type type : {dns::Type::a, dns::Type::aaaa, dns::Type::mx}) answers[i++] = lookup(name, type);
  if (std::find(answers.begin(), answers.end(), nullptr) != answers.end()) return std::nullopt;
  return std::all_of(answers.begin(), answers.end(), [](const dns::Answer* answer) {
    return answer->status == dns::Status::no_name || answer->status == dns::Status::no_data;
  });
}

struct Applying {
  std::string_view tag;
  DmarcPolicy policy;
};

/// Nothing: not known yet. `fails` where it will be used: a lookup is worth it only then.
std::optional<Applying> applying(const std::string& author, const Found& found, bool fails, const DmarcLookup& lookup) {
  const DmarcRecord& record = found.record;
  if (!found.inherited) return Applying{"p", record.policy};
  const Applying there = record.subdomains ? Applying{"sp", *record.subdomains} : Applying{"p", record.policy};
  if (!fails || !record.nonexistent || *record.nonexistent == there.policy) return there;
  const std::optional<bool> nonexistent = is_nonexistent(author, lookup);
  if (!nonexistent) return std::nullopt;
  return *nonexistent ? Applying{"np", *record.nonexistent} : there;
}

std::optional<DmarcOutcome> judge(const std::string& author, const Found& found, const DmarcEvidence& evidence,
                                  const DmarcLookup& lookup) {
  const Alignment spf = state_of(author, evidence.spf, found.record.strict_spf);
  const Alignment dkim = state_of(author, evidence.dkim, found.record.strict_dkim);
  const bool passes = spf == Alignment::pass || dkim == Alignment::pass;
  if (!passes && (spf == Alignment::unknown || dkim == Alignment::unknown))
    return DmarcOutcome{
        .result = DmarcResult::temperror,
        .lacks_evidence = !evidence.spf.whole || !evidence.dkim.whole,
        .reason = std::string(spf == Alignment::unknown ? "SPF" : "DKIM") + " cannot tell for " + author};
  const std::optional<Applying> policy = applying(author, found, !passes, lookup);
  if (!policy) return std::nullopt;
  DmarcOutcome outcome{.result = passes ? DmarcResult::pass : DmarcResult::fail,
                       .policy = policy->policy,
                       .percent = found.record.percent};
  if (passes) {
    outcome.reason = "pass for " + author + " by " + (dkim == Alignment::pass ? "DKIM" : "SPF");
  } else {
    outcome.reason = "fail for " + author + ": neither SPF nor DKIM is of that domain; " + std::string(policy->tag) +
                     "=" + std::string(name_of(policy->policy));
  }
  return outcome;
}

}  // namespace

std::string_view name_of(DmarcResult result) {
  switch (result) {
    case DmarcResult::pass: return "pass";
    case DmarcResult::none: return "none";
    case DmarcResult::permerror: return "permerror";
    case DmarcResult::temperror: return "temperror";
    case DmarcResult::fail: return "fail";
  }
  return "";
}

DmarcPolicy DmarcOutcome::applied(unsigned chance) const {
  if (chance < percent || policy == DmarcPolicy::none) return policy;
  return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

std::optional<DmarcOutcome> dmarc_check(const std::string& author, const DmarcEvidence& evidence,
                                        const DmarcLookup& lookup) {
  const std::string organisation = organisational_domain(author);
  const bool is_subdomain = !organisation.empty() && organisation != author;
  const dns::Answer* own = lookup("_dmarc." + author, dns::Type::txt);
  const dns::Answer* inherited = is_subdomain ? lookup("_dmarc." + organisation, dns::Type::txt) : nullptr;
  if (!own || (is_subdomain && !inherited)) return std::nullopt;
  for (const dns::Answer* answer : {own, inherited}) {
    if (!answer) break;
    if (!dns::is_known(answer->status)) return cannot_tell(author, answer->status);
    const DmarcAnswer found = dmarc_answer(*answer);
    if (found.record) return judge(author, {*found.record, answer != own}, evidence, lookup);
    if (found.ends) break;
  }
  return DmarcOutcome{};
}

}  // namespace maildrop::filter
