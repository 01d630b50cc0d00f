/// fcrdns.cc: whether the address of a client has a name, whether that is true, and what it looks like. Tells it as
/// `iprev`, too (RFC 8601 2.7.3).
#include "core/special_networks.h"
#include "filter/client_name.h"
#include "filter/filter.h"
#include "filter/generic_name.h"

namespace maildrop::filter {

namespace {

// Haraka's karma takes 6 for none. Who must receive from everybody meets many small servers without: half of it.
constexpr double kNameless = 3;
constexpr double kFalse = 2;  // anybody may claim a name; more often it is a mistake
constexpr double kGenericName = 1;

constexpr std::string_view kFcrdnsTells[] = {"client_name", "iprev"};

class Fcrdns final : public Filter {
 public:
  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const mail::Peer& peer = transaction.peer;
    // The world has no names for these, and what is not asked does not fail.
    if (peer.name.empty() && !peer.local && is_private(peer.address)) return {};
    const ClientName client = client_name(transaction, facts);
    if (!client.known) return {};
    if (!client.name.empty()) {
      facts.tell("client_name", client.name);
      facts.tell("iprev", "pass");
      if (peer.local || !is_generic(client.name, peer.address)) return {};
      return Finding::score_of(kGenericName, client.name + " looks generic");
    }
    if (peer.local) return {};
    facts.tell("iprev", client.failed ? "temperror" : client.claimed.empty() ? "permerror" : "fail");
    if (client.failed) return Finding::fail("the DNS does not say the name of the client");
    if (client.claimed.empty()) return Finding::score_of(kNameless, "no reverse name");
    return Finding::score_of(kFalse, client.claimed + " is not confirmed");
  }
};

}  // namespace

extern const FilterKind kFcrdns{
    "fcrdns",
    "Whether the client's address has a name that has that address.",
    bit(Phase::connect),
    kFcrdnsTells,
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.fcrdns; },
    [](const Config&) -> Result<std::unique_ptr<Filter>> { return std::make_unique<Fcrdns>(); }};

}  // namespace maildrop::filter
