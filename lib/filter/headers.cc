/// headers.cc: what is odd about the header of a message (RFC 5322), by the rules of header_rules.h.
#include <algorithm>

#include "core/special_networks.h"
#include "filter/filter.h"
#include "filter/header_rules.h"
#include "filter/our_names.h"
#include "filter/sum.h"

namespace maildrop::filter {

namespace {

class HeaderFilter final : public Filter {
 public:
  using Rules = std::vector<const HeaderRule*>;
  HeaderFilter(std::vector<std::string> ours, Rules except) : ours_(std::move(ours)), except_(std::move(except)) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const mail::Peer& peer = transaction.peer;
    HeaderPlace place{.envelope_domain = transaction.from.domain, .smtputf8 = transaction.smtputf8, .now = facts.now()};
    // A host of our own network may be called as we are.
    if (!peer.local && !is_private(peer.address)) place.our_names = ours_;
    Sum sum;
    for (const Oddity& odd : oddities(transaction.data, place)) {
      if (std::find(except_.begin(), except_.end(), odd.rule) != except_.end()) continue;
      sum.add(odd.rule->score, text_of(odd));
    }
    return sum.finding();
  }

 private:
  static std::string text_of(const Oddity& odd) {
    return std::string(odd.rule->name) + (odd.detail.empty() ? "" : " (" + std::string(odd.detail) + ")");
  }

  std::vector<std::string> ours_;
  Rules except_;
};

}  // namespace

extern const FilterKind kHeaders{"headers",
                                 "What is odd about the header of a message.",
                                 bit(Phase::message),
                                 {},
                                 Evidence::own,
                                 [](const FilterSettings& settings) -> const FilterUse& { return settings.headers; },
                                 [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                   HeaderFilter::Rules except;
                                   for (const std::string& name : config.filter.headers.except)
                                     except.push_back(TRY(in_setting("except", parse_header_rule(name))));
                                   return std::make_unique<HeaderFilter>(our_names(config), std::move(except));
                                 }};

}  // namespace maildrop::filter
