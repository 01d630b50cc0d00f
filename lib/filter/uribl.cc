/// uribl.cc: which lists in the DNS have the domains that a message names: whose URLs it has, and whose mail it says it
/// is (RFC 5782).
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/special_networks.h"
#include "core/text.h"
#include "filter/dnsbl_list.h"
#include "filter/filter.h"
#include "filter/message_urls.h"
#include "filter/our_names.h"
#include "filter/public_suffix.h"
#include "mail/headers.h"
#include "mail/mailboxes.h"

namespace maildrop::filter {

namespace {

constexpr double kMostUriblScore = 6;   // of all lists and names together: lists copy from each other
constexpr std::size_t kMostLists = 10;  // with it a message has twelve names at least: Facts::kMostQuestions
constexpr std::size_t kTests = 3;       // questions by which a list is tested
constexpr std::size_t kMostOfField = 3;

constexpr std::string_view kUriblTells[] = {"uribl"};

using State = DnsblList::State;

/// What lists are asked about: organisational domains, and addresses in their place.
class Names {
 public:
  Names(std::size_t most, const std::vector<std::string>& own) : most_(most), own_(own) {}

  std::vector<std::string> take() { return std::move(names_); }
  void allow(std::size_t most) { most_ = most; }

  void add(std::string_view host) {
    if (names_.size() == most_) return;
    std::string name;
    if (const auto address = IpAddress::parse(host)) {
      if (!is_reserved(*address)) name = address->to_string();
    } else {
      name = organisational_domain(host);
    }
    const auto has = [&](const auto& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
    if (!name.empty() && !has(names_) && !has(own_)) names_.push_back(std::move(name));
  }

  void add_mailboxes(const mail::Headers& headers, std::string_view name) {
    const mail::HeaderField* field = headers.find(name);
    if (!field) return;
    const mail::MailboxDomains found = mail::mailbox_domains(field->value);
    for (std::size_t i = 0; i < found.domains.size() && i < kMostOfField; ++i) add(found.domains[i]);
  }

 private:
  std::size_t most_;
  const std::vector<std::string>& own_;
  std::vector<std::string> names_{};
};

/// What all lists say.
class UriblTally {
 public:
  explicit UriblTally(unsigned reject_at) : reject_at_(reject_at) {}

  void ignore(const DnsblList& list, State why) {
    append_entry(ignored_, ", ", list.shown() + " " + std::string(DnsblList::shown(why)));
  }
  void add_answer() { any_works_ = true; }

  void add(const DnsblList& list, const std::string& name, const DnsblList::Said& said) {
    if (said.codes.empty()) return;
    append_entry(listed_, ", ", name + " by " + list.shown() + ":" + said.shown_codes());
    score_ += said.score;
    if (said.score <= 0 || std::find(bad_.begin(), bad_.end(), name) != bad_.end()) return;
    if (bad_.empty()) first_ = name + " is listed by " + list.shown();
    bad_.push_back(name);
  }

  Finding finding(Facts& facts) const {
    if (!any_works_) return Finding::fail("no list is of use: " + ignored_);
    std::string names;
    for (const std::string& name : bad_) append_entry(names, " ", name);
    if (!names.empty()) facts.tell("uribl", names);
    std::string reason;
    if (!listed_.empty()) reason = "listed: " + listed_;
    if (!ignored_.empty()) append_entry(reason, "; ", "ignored: " + ignored_);
    const double score = std::min(score_, kMostUriblScore);
    if (reject_at_ == 0 || bad_.size() < reject_at_) return Finding::score_of(score, std::move(reason));
    return Finding::act(Action::reject, score, "5.7.1 " + first_, std::move(reason));
  }

 private:
  unsigned reject_at_;
  bool any_works_ = false;
  double score_ = 0;
  std::vector<std::string> bad_{};  // names that lists of bad ones have
  std::string listed_, ignored_;
  std::string first_;
};

class Uribl final : public Filter {
 public:
  Uribl(std::vector<DnsblList> lists, const UriblFilter& settings, std::vector<std::string> own)
      : lists_(std::move(lists)), most_(settings.most), reject_at_(settings.reject_at), own_(std::move(own)) {
    if (!lists_.empty()) most_ = std::min(most_, Facts::kMostQuestions / lists_.size() - kTests);
  }

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (lists_.empty()) return {};
    const std::string* client = facts.told("client_name");
    if (!client) return {};
    using List = std::vector<std::string>;
    const List& names = facts.once<List>([&] { return names_in(transaction, *client); });
    if (names.empty()) return {};
    UriblTally tally(reject_at_);
    for (const DnsblList& list : lists_) ask(list, names, facts, tally);
    if (facts.waits()) return {};
    return tally.finding(facts);
  }

 private:
  /// Of who sends first, and no more than half: the other half is for URLs, whatever a sender fills his fields with.
  std::vector<std::string> names_in(const mail::Transaction& transaction, const std::string& client) const {
    Names names((most_ + 1) / 2, own_);
    const mail::Headers headers = mail::scan_headers(transaction.data);
    names.add(transaction.from.domain);
    names.add_mailboxes(headers, "From");
    names.add_mailboxes(headers, "Reply-To");
    names.add_mailboxes(headers, "Message-ID");
    names.add(transaction.helo);
    names.add(client);
    names.allow(most_);
    for (const MessageUrl& url : message_urls(transaction.data).urls) names.add(url.host);
    return names.take();
  }

  static void ask(const DnsblList& list, const std::vector<std::string>& names, Facts& facts, UriblTally& tally) {
    const DnsblList::SelfTest test = list.self_test();
    const dns::Answer* listed = facts.dns(test.listed);
    const dns::Answer* listed_too = facts.dns(test.listed_too);
    const dns::Answer* unlisted = facts.dns(test.unlisted);
    std::vector<const dns::Answer*> answers;
    for (const std::string& name : names) answers.push_back(answer_for(list, name, facts));
    if (facts.waits()) return;
    if (const State state = list.state_by(*listed, *listed_too, *unlisted); state != State::works)
      return tally.ignore(list, state);
    State worst = State::works;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const DnsblList::Said said = list.said_by(*answers[i]);
      if (said.state == State::works) tally.add_answer();
      if (said.state != State::works) worst = said.state;
      tally.add(list, names[i], said);
    }
    if (worst != State::works) tally.ignore(list, worst);
  }

  static const dns::Answer* answer_for(const DnsblList& list, const std::string& name, Facts& facts) {
    static const dns::Answer kNoName{.status = dns::Status::no_name};
    if (const auto address = IpAddress::parse(name)) return facts.dns(list.question_for(*address));
    const auto question = list.question_for(name);
    return question ? facts.dns(*question) : &kNoName;
  }

  std::vector<DnsblList> lists_;
  std::size_t most_;
  unsigned reject_at_;
  std::vector<std::string> own_;  // domains that nobody is asked about
};

std::vector<std::string> own_domains(const Config& config) {
  std::vector<std::string> domains;
  for (const std::string& name : our_names(config)) domains.push_back(organisational_domain(name));
  return domains;
}

}  // namespace

extern const FilterKind kUribl{
    "uribl",
    "Which lists in the DNS have the domains of the URLs in a message, and of who sends it.",
    bit(Phase::message),
    kUriblTells,
    Evidence::list,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.uribl; },
    [](const Config& config) -> Result<std::unique_ptr<Filter>> {
      auto lists = TRY(in_setting("lists", DnsblList::parse(config.filter.uribl.lists, DnsblList::Of::names)));
      if (lists.size() > kMostLists) return fail(Code::invalid, "lists: more than 10 zones");
      return std::make_unique<Uribl>(std::move(lists), config.filter.uribl, own_domains(config));
    }};

}  // namespace maildrop::filter
