/// dnsbl.cc: which lists in the DNS have the client (RFC 5782).
#include <array>

#include "core/special_networks.h"
#include "core/text.h"
#include "filter/dnsbl_list.h"
#include "filter/filter.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kDnsblTells[] = {"dnsbl", "dnswl"};

using State = DnsblList::State;

/// What all lists say.
class DnsblTally {
 public:
  explicit DnsblTally(unsigned reject_at) : reject_at_(reject_at) {}

  void add(const DnsblList& list, const DnsblList::Said& said) {
    if (said.state != State::works)
      return append_entry(ignored_, ", ", list.shown() + " " + std::string(DnsblList::shown(said.state)));
    any_works_ = true;
    if (said.codes.empty()) return;
    append_entry(listed_, ", ", list.shown() + ":" + said.shown_codes());
    score_ += said.score;
    append_entry(said.score < 0 ? good_ : bad_, " ", list.shown());
    if (said.score > 0 && count_++ == 0) first_ = list.shown();
  }

  Finding finding(Facts& facts) const {
    if (!any_works_) return Finding::fail("no list is of use: " + ignored_);
    if (!bad_.empty()) facts.tell("dnsbl", bad_);
    if (!good_.empty()) facts.tell("dnswl", good_);
    std::string reason;
    if (!listed_.empty()) reason = "listed by " + listed_;
    if (!ignored_.empty()) append_entry(reason, "; ", "ignored: " + ignored_);
    if (reject_at_ == 0 || count_ < reject_at_) return Finding::score_of(score_, std::move(reason));
    return Finding::act(Action::reject, score_, "5.7.1 listed by " + first_, std::move(reason));
  }

 private:
  unsigned reject_at_;
  bool any_works_ = false;
  unsigned count_ = 0;  // of lists of bad senders that have it
  double score_ = 0;
  std::string listed_, bad_, good_, ignored_;
  std::string first_;
};

class Dnsbl final : public Filter {
 public:
  Dnsbl(std::vector<DnsblList> lists, unsigned reject_at) : lists_(std::move(lists)), reject_at_(reject_at) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const mail::Peer& peer = transaction.peer;
    if (lists_.empty() || peer.local || is_private(peer.address)) return {};
    DnsblTally tally(reject_at_);
    for (const DnsblList& list : lists_) {
      const DnsblList::Questions questions = list.questions_for(peer.address);
      const dns::Answer* client = facts.dns(questions.client);
      const dns::Answer* listed = facts.dns(questions.listed);
      const dns::Answer* unlisted = facts.dns(questions.unlisted);
      if (!facts.waits()) tally.add(list, list.said_by(*client, *listed, *unlisted));
    }
    if (facts.waits()) return {};
    return tally.finding(facts);
  }

 private:
  std::vector<DnsblList> lists_;
  unsigned reject_at_;
};

}  // namespace

extern const FilterKind kDnsbl{"dnsbl",
                               "Which lists in the DNS have the client's address.",
                               bit(Phase::connect),
                               kDnsblTells,
                               Evidence::list,
                               [](const FilterSettings& settings) -> const FilterUse& { return settings.dnsbl; },
                               [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                 auto lists = TRY(in_setting("lists", DnsblList::parse(config.filter.dnsbl.lists)));
                                 return std::make_unique<Dnsbl>(std::move(lists), config.filter.dnsbl.reject_at);
                               }};

}  // namespace maildrop::filter
