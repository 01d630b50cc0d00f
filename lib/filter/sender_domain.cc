/// sender_domain.cc: whether the domain of the sender exists and could take an answer (RFC 5321 5.1, RFC 7505).
#include <algorithm>

#include "core/special_networks.h"
#include "filter/filter.h"

namespace maildrop::filter {

namespace {

constexpr double kNobody = 6;  // no answer can ever get there
constexpr double kOnlyReserved = 4;
constexpr double kLiteral = 2;
constexpr double kImplicit = 0.5;  // legal (RFC 5321 5.1), and rare

constexpr std::size_t kMostHosts = 10;  // of a domain, that are looked at: those that come first

/// What is known of the addresses of some hosts.
struct Reach {
  bool any = false;     // an address
  bool global = false;  // one that is not reserved
  bool failed = false;  // the DNS does not say

  void add(const dns::Answer& answer) {
    failed = failed || !dns::is_known(answer.status);
    for (const dns::Record& record : answer.records) {
      any = true;
      global = global || !is_reserved(record.address);
    }
  }
};

/// Asks for all of them at once; what comes of it counts when nothing is waited for.
Reach reach_of(const std::vector<std::string_view>& hosts, Facts& facts) {
  Reach reach;
  for (const std::string_view host : hosts) {
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa})
      if (const dns::Answer* answer = facts.dns(host, type)) reach.add(*answer);
  }
  return reach;
}

/// The names of the hosts that mail goes to, the best first. Empty: that of the null MX alone.
std::vector<std::string_view> hosts_of(const dns::Answer& mx) {
  std::vector<const dns::Record*> records;
  for (const dns::Record& record : mx.records)
    if (!record.text.empty()) records.push_back(&record);
  std::stable_sort(records.begin(), records.end(),
                   [](const auto* a, const auto* b) { return a->preference < b->preference; });
  records.resize(std::min(records.size(), kMostHosts));
  std::vector<std::string_view> hosts;
  for (const dns::Record* record : records) hosts.emplace_back(record->text);
  return hosts;
}

Finding cannot_tell() { return Finding::fail("the DNS does not say where mail for the sender goes"); }

Finding nobody(std::string reply, std::string reason) {
  return Finding::act(Action::reject, kNobody, std::move(reply), std::move(reason));
}

class SenderDomain final : public Filter {
 public:
  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const std::string& domain = transaction.from.domain;
    if (domain.empty()) return {};
    if (domain.front() == '[') return Finding::score_of(kLiteral, "an address literal");
    const dns::Answer* mx = facts.dns(domain, dns::Type::mx);
    if (!mx) return {};
    switch (mx->status) {
      case dns::Status::found: return judge_hosts(*mx, facts);
      case dns::Status::no_data: return judge_implicit(domain, facts);
      case dns::Status::no_name:
        return nobody("5.1.8 the domain of the sender does not exist", domain + " does not exist");
      default: return cannot_tell();
    }
  }

 private:
  static Finding judge_hosts(const dns::Answer& mx, Facts& facts) {
    const std::vector<std::string_view> hosts = hosts_of(mx);
    if (hosts.empty()) return nobody("5.7.27 the domain of the sender takes no mail", "null MX");
    const Reach reach = reach_of(hosts, facts);
    if (facts.waits() || reach.global) return {};
    if (reach.failed) return cannot_tell();
    if (!reach.any) return Finding::score_of(kOnlyReserved, "no MX has an address");
    return Finding::score_of(kOnlyReserved, "MX with reserved addresses only");
  }

  static Finding judge_implicit(const std::string& domain, Facts& facts) {
    const Reach reach = reach_of({domain}, facts);
    if (facts.waits()) return {};
    if (reach.global) return Finding::score_of(kImplicit, "no MX, but an address");
    if (reach.failed) return cannot_tell();
    if (reach.any) return Finding::score_of(kOnlyReserved, "no MX, and reserved addresses only");
    return nobody("5.1.8 the domain of the sender takes no mail", domain + " has neither MX nor address");
  }
};

}  // namespace

extern const FilterKind kSenderDomain{
    "sender_domain",
    "Whether the domain of the sender exists and takes mail.",
    bit(Phase::mail),
    {},
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.sender_domain; },
    [](const Config&) -> Result<std::unique_ptr<Filter>> { return std::make_unique<SenderDomain>(); }};

}  // namespace maildrop::filter
