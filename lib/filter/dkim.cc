/// dkim.cc: signatures of domains: who answers for a message, as far as that can be proved.
///
/// One that fails is as none (RFC 6376 6.3): lists and forwarders break them all the time. So it speaks a little
/// against a message, and never refuses it.
#include <algorithm>
#include <array>

#include "filter/dkim_verify.h"
#include "filter/filter.h"

namespace maildrop::filter {

namespace {

constexpr double kBroken = 1;
constexpr std::array<std::string_view, 2> kDkimTells{"dkim", "dkim_results"};

/// `fail example.com: the body does not match`.
std::string told_of(const DkimClaim& claim) {
  std::string text(name_of(*claim.result));
  if (!claim.signature.domain.empty()) text += " " + claim.signature.domain;
  if (!claim.reason.empty()) text += ": " + claim.reason;
  if (claim.testing() && claim.result != DkimResult::pass) text += " (testing)";
  return text;
}

/// As many as fit: a fact that is cut could name another domain.
void append_if_it_fits(std::string& list, std::string_view separator, const std::string& entry) {
  if (list.size() + separator.size() + entry.size() > Facts::kMostTold) return;
  if (!list.empty()) list += separator;
  list += entry;
}

void tell(const std::vector<DkimClaim>& claims, Facts& facts) {
  std::vector<std::string> passing;
  std::string domains, results;
  for (const DkimClaim& claim : claims) {
    const DkimSignature& signature = claim.signature;
    const auto or_none = [](const std::string& name) { return name.empty() ? std::string("-") : name; };
    append_if_it_fits(
        results, "; ",
        std::string(name_of(*claim.result)) + " " + or_none(signature.domain) + " " + or_none(signature.selector));
    if (claim.result != DkimResult::pass) continue;
    if (std::find(passing.begin(), passing.end(), signature.domain) != passing.end()) continue;
    passing.push_back(signature.domain);
    append_if_it_fits(domains, " ", signature.domain);
  }
  facts.tell(kDkimTells[0], std::move(domains));
  facts.tell(kDkimTells[1], std::move(results));
}

/// Speaks against the message. The keys of who is only testing are to make no difference (RFC 6376 3.6.1, t=y).
bool is_broken(const DkimClaim& claim) {
  return (claim.result == DkimResult::fail || claim.result == DkimResult::permerror) && !claim.testing();
}

Finding finding_of_claims(const std::vector<DkimClaim>& claims) {
  const auto find = [&](auto&& is) { return std::find_if(claims.begin(), claims.end(), is); };
  const auto of = [&](DkimResult result) {
    return find([result](const DkimClaim& claim) { return claim.result == result; });
  };
  if (claims.empty()) return {};
  if (const auto pass = of(DkimResult::pass); pass != claims.end()) return Finding::score_of(0, told_of(*pass));
  if (const auto unknown = of(DkimResult::temperror); unknown != claims.end()) return Finding::fail(told_of(*unknown));
  if (const auto policy = of(DkimResult::policy); policy != claims.end()) return Finding::score_of(0, told_of(*policy));
  const auto broken = find(is_broken);
  return broken != claims.end() ? Finding::score_of(kBroken, told_of(*broken))
                                : Finding::score_of(0, told_of(claims.front()));
}

class Dkim final : public Filter {
 public:
  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const DkimMessage& message = facts.once<DkimMessage>([&] { return DkimMessage(transaction.data, facts.now()); });
    std::vector<DkimClaim> claims = message.claims();
    for (DkimClaim& claim : claims) {
      if (claim.result) continue;
      const dns::Answer* answer = facts.dns(claim.signature.key_name(), dns::Type::txt);
      if (answer) take_key(claim, *answer, keys_);
    }
    if (facts.waits()) return {};
    message.verify(claims);
    tell(claims, facts);
    return finding_of_claims(claims);
  }

 private:
  mutable DkimKeys keys_;
};

}  // namespace

extern const FilterKind kDkim{
    "dkim",
    "Signatures of domains (DKIM): who answers for a message, as far as that can be proved.",
    bit(Phase::message),
    kDkimTells,
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.dkim; },
    [](const Config&) -> Result<std::unique_ptr<Filter>> { return std::make_unique<Dkim>(); }};

}  // namespace maildrop::filter
