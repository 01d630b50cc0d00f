/// access.cc: the operator's own lists: who is let in whatever else is found, and who is not.
#include <algorithm>
#include <optional>

#include "filter/client_name.h"
#include "filter/filter.h"
#include "filter/pattern.h"

namespace maildrop::filter {

namespace {

constexpr double kDenied = 7;  // as Haraka's karma has it
constexpr std::string_view kAccessReply = "5.7.1 you are not welcome here";

Subject subject_at(Phase phase) {
  switch (phase) {
    case Phase::helo: return Subject::helo;
    case Phase::mail: return Subject::from;
    case Phase::rcpt: return Subject::to;
    default: return Subject::client;
  }
}

class Access final : public Filter {
 public:
  using List = std::vector<Pattern>;
  Access(List allow, List deny, Action action) : allow_(std::move(allow)), deny_(std::move(deny)), action_(action) {}

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    Subjects subjects{phase, transaction};
    if (phase == Phase::connect && (has_client(allow_) || has_client(deny_))) {
      subjects.client = client_name(transaction, facts);
      if (!subjects.client.known) return {};
    }
    if (const Pattern* allowed = find(allow_, subjects)) return Finding::allow("allowed by " + allowed->text());
    if (const Pattern* denied = find(deny_, subjects))
      return Finding::act(action_, kDenied, std::string(kAccessReply), "denied by " + denied->text());
    if (subjects.client.failed && subjects.client.name.empty())
      return Finding::fail("the DNS does not say the name of the client");
    return {};
  }

 private:
  struct Subjects {
    Phase phase;
    const mail::Transaction& transaction;
    ClientName client{};
  };

  static bool has_client(const List& list) {
    return std::any_of(list.begin(), list.end(), [](const Pattern& each) { return each.subject() == Subject::client; });
  }

  static const Pattern* find(const List& list, const Subjects& subjects) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const Pattern& pattern) { return matches(pattern, subjects); });
    return found == list.end() ? nullptr : &*found;
  }

  static bool matches(const Pattern& pattern, const Subjects& subjects) {
    const mail::Transaction& transaction = subjects.transaction;
    if (pattern.subject() == Subject::network)
      return subjects.phase == Phase::connect && !transaction.peer.local && pattern.matches(transaction.peer.address);
    if (pattern.subject() != subject_at(subjects.phase)) return false;
    switch (pattern.subject()) {
      case Subject::network: return false;
      case Subject::client: return !subjects.client.name.empty() && pattern.matches(subjects.client.name);
      case Subject::helo: return pattern.matches(transaction.helo);
      case Subject::from: return pattern.matches(transaction.from);
      case Subject::to: return pattern.matches(transaction.recipients.back().address);
    }
    return false;
  }

  List allow_;
  List deny_;
  Action action_;
};

Action action_of(AccessFilter::Action action) {
  switch (action) {
    case AccessFilter::Action::reject: return Action::reject;
    case AccessFilter::Action::defer: return Action::defer;
    case AccessFilter::Action::discard: return Action::discard;
    case AccessFilter::Action::disconnect: return Action::disconnect;
  }
  return Action::reject;
}

}  // namespace

extern const FilterKind kAccess{"access",
                                "The operator's own lists: who is let in whatever else is found, and who is not.",
                                bit(Phase::connect) | bit(Phase::helo) | bit(Phase::mail) | bit(Phase::rcpt),
                                {},
                                Evidence::wish,
                                [](const FilterSettings& settings) -> const FilterUse& { return settings.access; },
                                [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                  const AccessFilter& settings = config.filter.access;
                                  auto allow = TRY(in_setting("allow", Pattern::parse(settings.allow)));
                                  auto deny = TRY(in_setting("deny", Pattern::parse(settings.deny)));
                                  return std::make_unique<Access>(std::move(allow), std::move(deny),
                                                                  action_of(settings.action));
                                }};

}  // namespace maildrop::filter
