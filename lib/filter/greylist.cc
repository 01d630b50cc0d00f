/// greylist.cc: who comes for the first time is told to come again, which senders of spam seldom do (RFC 6647).
///
/// A triplet (network of the client, inbox, sender) is noted when it comes first. When it comes again, neither too soon
/// nor too late, its host is known from then on, whoever it writes to. Where mail is not deferred (all modes but
/// enforce) nobody ever comes again: then hosts alone are noted, as if each had, in a space of their own. What is told
/// so is how much mail would have been late, and what is learnt so has no part in it when mail is deferred.
#include <chrono>

#include "core/special_networks.h"
#include "core/text.h"
#include "filter/filter.h"
#include "filter/generic_name.h"
#include "filter/pattern.h"
#include "filter/remembered.h"

namespace maildrop::filter {

namespace {

using store::Answer;
using store::Operation;

// Of its lifetime, after which a record of a host that is seen again is written anew: a day of a month, and not each
// time.
constexpr int kRefreshAt = 32;

/// No two triplets have one key: neither a network nor the name of an inbox has a blank, and what may have is the last.
std::string triplet_of(const mail::Transaction& transaction) {
  return retry_network(transaction.peer.address) + " " + transaction.recipients.back().inbox.name() + " " +
         transaction.from.to_string();
}

/// In whole seconds, that are enough.
std::string seconds(Millis time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

class Greylist final : public Filter {
 public:
  Greylist(const GreylistFilter& settings, std::vector<Pattern> except)
      : settings_(settings), except_(std::move(except)), defers_(settings.mode == FilterUse::Mode::enforce) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    const mail::Peer& peer = transaction.peer;
    if (peer.local || is_private(peer.address)) return {};
    const std::string* name = facts.told("client_name");
    const std::string* spf = facts.told("spf");
    if (facts.waits()) return {};
    for (const Pattern& pattern : except_)
      if (matches(pattern, transaction, *name)) return passed("excepted by " + pattern.text());
    if (*spf == "pass" && !name->empty()) return passed("SPF pass, from " + *name);
    // A generic name is of a customer, who has another one tomorrow.
    const bool own_name = !name->empty() && !is_generic(*name, peer.address);
    const std::string host = own_name ? known_host_key(*name) : known_network_key(peer.address);
    return defers_ ? judge_host(host, transaction, facts) : watch_host(host, facts);
  }

 private:
  static Finding passed(std::string reason) { return Finding::score_of(0, std::move(reason)); }
  static Finding failed(const Error& error) { return Finding::fail("the ledger does not say: " + error.what); }
  static Finding deferred(Millis wait, std::string reason) {
    return Finding::act(Action::defer, 0, "4.7.1 come again in " + seconds(wait), std::move(reason));
  }

  static bool matches(const Pattern& pattern, const mail::Transaction& transaction, const std::string& name) {
    const mail::Recipient& recipient = transaction.recipients.back();
    switch (pattern.subject()) {
      case Subject::network: return pattern.matches(transaction.peer.address);
      case Subject::client: return pattern.matches(name);
      case Subject::helo: return pattern.matches(transaction.helo);
      case Subject::from: return pattern.matches(transaction.from);
      case Subject::to: return pattern.matches(recipient.address) || pattern.matches(address_of(recipient));
    }
    return false;
  }

  /// As its inbox is called, whatever tag and letters were used.
  static mail::Address address_of(const mail::Recipient& recipient) {
    const std::string& inbox = recipient.inbox.name();
    return {.local = inbox.substr(0, inbox.find('@')), .domain = recipient.address.domain};
  }

  Finding judge_host(const std::string& host, const mail::Transaction& transaction, Facts& facts) const {
    const Result<Answer>* known = facts.ledger(Operation::get(kKnownSpace, host));
    if (!known) return {};
    if (!*known) return failed(known->error());
    if ((*known)->found) {
      refresh(kKnownSpace, host, **known, facts);
      return passed("known: " + host);
    }
    const Result<Answer>* first =
        facts.ledger(Operation::note(kTripletSpace, triplet_of(transaction), settings_.retry_within));
    if (!first) return {};
    if (!*first) return failed(first->error());
    if (!(*first)->found) return deferred(settings_.delay, "first seen");
    // Without a sign: a clock that was set back holds nobody up for longer than the delay, and that once more.
    const Millis since = std::chrono::abs(facts.now() - (*first)->since);
    if (since < settings_.delay) return deferred(settings_.delay - since, "came again after " + seconds(since));
    facts.ledger(Operation::put(kKnownSpace, host, settings_.remember));  // of no matter here whether that fails
    return passed("came again after " + seconds(since) + ", known from now on: " + host);
  }

  Finding watch_host(const std::string& host, Facts& facts) const {
    const Result<Answer>* known = facts.ledger(Operation::get(kKnownSpace, host));
    const Result<Answer>* seen = facts.ledger(Operation::note(kWatchedSpace, host, settings_.remember));
    if (facts.waits()) return {};
    if (!*known) return failed(known->error());
    if ((*known)->found) return passed("known: " + host);
    if (!*seen) return failed(seen->error());
    if (!(*seen)->found) return deferred(settings_.delay, "would defer " + seconds(settings_.delay));
    refresh(kWatchedSpace, host, **seen, facts);
    return passed("would be known, if it had come again: " + host);
  }

  void refresh(std::string_view space, const std::string& host, const Answer& record, Facts& facts) const {
    if (facts.now() - record.since >= settings_.remember / kRefreshAt)
      facts.ledger(Operation::put(space, host, settings_.remember));
  }

  GreylistFilter settings_;
  std::vector<Pattern> except_;
  bool defers_;
};

}  // namespace

extern const FilterKind kGreylist{"greylist",
                                  "Who comes for the first time, and is told to come again.",
                                  bit(Phase::rcpt),
                                  {},
                                  Evidence::wish,
                                  [](const FilterSettings& settings) -> const FilterUse& { return settings.greylist; },
                                  [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                    auto except =
                                        TRY(in_setting("except", Pattern::parse(config.filter.greylist.except)));
                                    return std::make_unique<Greylist>(config.filter.greylist, std::move(except));
                                  }};

}  // namespace maildrop::filter
