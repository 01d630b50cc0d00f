/// early_talker.cc: who speaks before it is his turn. Software that sends spam often does not read what it is told.
#include "filter/filter.h"

namespace maildrop::filter {

namespace {

constexpr double kGreeting = 3;  // as Haraka's karma has it
constexpr double kGroup = 2;     // less: what stands between client and server may gather lines

Finding found(double score, std::string reason) {
  return Finding::act(Action::reject, score, "5.5.1 you talk before it is your turn", std::move(reason));
}

class EarlyTalker final : public Filter {
 public:
  Finding judge(Phase phase, const mail::Transaction& transaction, Facts&) const override {
    const mail::Early& early = transaction.early;
    if (phase == Phase::message) return early.data ? found(kGroup, "sent the message before 354") : Finding{};
    if (early.greeting) return found(kGreeting, "spoke before the greeting");
    return early.helo ? found(kGroup, "sent more before the answer to " + hello(transaction)) : Finding{};
  }

 private:
  static std::string hello(const mail::Transaction& transaction) { return transaction.esmtp ? "EHLO" : "HELO"; }
};

}  // namespace

extern const FilterKind kEarlyTalker{
    "early_talker",
    "Whether the client waits for its turn to speak.",
    bit(Phase::helo) | bit(Phase::message),
    {},
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.early_talker; },
    [](const Config&) -> Result<std::unique_ptr<Filter>> { return std::make_unique<EarlyTalker>(); }};

}  // namespace maildrop::filter
