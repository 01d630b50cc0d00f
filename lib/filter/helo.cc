/// helo.cc: what a client calls itself, and whether it may be called that (RFC 5321 4.1.1.1, 4.1.4).
#include <algorithm>

#include "core/special_networks.h"
#include "filter/filter.h"
#include "filter/generic_name.h"
#include "filter/our_names.h"
#include "filter/sum.h"
#include "mail/address.h"

namespace maildrop::filter {

namespace {

constexpr double kNoHost = 1;
constexpr double kBareAddress = 1;
constexpr double kLocalhost = 1;
constexpr double kOtherLiteral = 2;
constexpr double kOurName = 4;  // nobody else is called that
constexpr double kWithoutAddress = 1;
constexpr double kGeneric = 1;
constexpr double kVerified = -0.5;  // little: a spammer's own domain has that, too

constexpr std::string_view kHeloTells[] = {"helo_verified"};

Finding one(double score, std::string_view reason) { return Finding::score_of(score, std::string(reason)); }

/// Of a canonical literal.
bool is_literal_of(std::string_view literal, const IpAddress& address) {
  return literal == "[" + address.to_string() + "]" || literal == "[IPv6:" + address.to_string() + "]";
}

class Helo final : public Filter {
 public:
  explicit Helo(std::vector<std::string> ours) : ours_(std::move(ours)) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const mail::Peer& peer = transaction.peer;
    if (peer.local) return {};
    if (IpAddress::parse(transaction.helo)) return one(kBareAddress, "a bare address");
    const Result<std::string> name = mail::canonical_domain(transaction.helo);
    if (!name) return one(kNoHost, "no domain name and no address literal");
    if (name->front() == '[') {
      if (is_literal_of(*name, peer.address)) return {};
      return one(kOtherLiteral, "the literal of another address");
    }
    if (is_localhost(*name)) return one(kLocalhost, "calls itself localhost");
    // A host of our own network may be called as we are.
    if (!is_private(peer.address) && std::find(ours_.begin(), ours_.end(), *name) != ours_.end())
      return one(kOurName, "calls itself by our name");
    if (name->find('.') == std::string::npos) return one(kNoHost, "no domain name and no address literal");
    return judge_name(*name, peer.address, facts);
  }

 private:
  static Finding judge_name(const std::string& name, const IpAddress& client, Facts& facts) {
    const dns::Answer* v4 = facts.dns(name, dns::Type::a);
    const dns::Answer* v6 = facts.dns(name, dns::Type::aaaa);
    if (!v4 || !v6) return {};
    Sum sum;
    if (is_generic(name, client)) sum.add(kGeneric, "looks generic");
    const auto is_clients = [&](const dns::Record& record) { return record.address == client; };
    const std::vector<dns::Record>& same = (client.is_v4() ? v4 : v6)->records;
    if (std::any_of(same.begin(), same.end(), is_clients)) {
      facts.tell("helo_verified", "1");
      sum.add(kVerified, "has the client's address");
    } else if (!v4->records.empty() || !v6->records.empty()) {
      return sum.finding();
    } else if (dns::is_known(v4->status) && dns::is_known(v6->status)) {
      sum.add(kWithoutAddress, "has no address");
    } else if (sum.empty()) {
      return Finding::fail("the DNS does not say the addresses of the name");
    }
    return sum.finding();
  }

  std::vector<std::string> ours_;
};

}  // namespace

extern const FilterKind kHelo{
    "helo",
    "What the client calls itself, and whether it may.",
    bit(Phase::helo),
    kHeloTells,
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.helo; },
    [](const Config& config) -> Result<std::unique_ptr<Filter>> { return std::make_unique<Helo>(our_names(config)); }};

}  // namespace maildrop::filter
