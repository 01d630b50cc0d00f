/// rate.cc: who sends more than he may, by the settings of whoever receives.
#include <algorithm>
#include <optional>

#include "filter/filter.h"
#include "filter/rate_limit.h"

namespace maildrop::filter {

namespace {

constexpr double kOver = 2;
// Who hears a 4xx at once comes again at once, with all that he has: first he is slowed down.
constexpr Millis kPause = std::chrono::seconds(3);  // as Haraka's limit has it

using Class = RateLimit::Class;

std::string_view reply_for(Class of) {
  switch (of) {
    case Class::connection: return "4.7.1 too many connections, come again later";
    case Class::client: return "4.7.1 too many recipients from your address, come again later";
    case Class::null: return "4.7.1 too many bounces from your address, come again later";
    case Class::sender: return "4.7.1 too many recipients from this domain, come again later";
    case Class::recipient: return "4.7.1 too many messages for this recipient, come again later";
  }
  return "";
}

/// Whose count it is; nothing: this limit has no part in it.
std::optional<std::string> owner(Class of, const mail::Transaction& transaction, const std::string& spf) {
  const mail::Address& from = transaction.from;
  switch (of) {
    case Class::connection:
    case Class::client: break;
    case Class::null:
      if (!from.is_null()) return std::nullopt;
      break;
    case Class::sender:
      if (from.domain.empty()) return std::nullopt;
      // Anybody can send by that name. Who may not is counted apart, or he could use up what belongs to those who may.
      return (spf == "pass" ? "pass " : "other ") + from.domain;
    case Class::recipient: return transaction.recipients.back().inbox.name();
  }
  return transaction.peer.address.source().to_string();
}

/// What comes of all limits that were asked.
struct RateTally {
  const RateLimit* over = nullptr;   // the first that refuses
  const RateLimit* a_bit = nullptr;  // the first that is a little exceeded
  std::optional<std::string> failure{};

  bool is_settled() const { return over || failure; }

  void add(const RateLimit& limit, const Result<store::Answer>& answer) {
    if (!answer) {
      failure = "the ledger does not say: " + answer.error().what;
    } else if (!answer->granted) {
      if (!over) over = &limit;
    } else if (!a_bit && answer->left < limit.margin()) {
      a_bit = &limit;
    }
  }

  Finding finding() const {
    if (over) return Finding::act(Action::defer, kOver, std::string(reply_for(over->of())), "over " + over->text());
    if (failure) return Finding::fail(*failure);
    if (!a_bit) return {};
    return {.action = Action::delay, .score = kOver, .reason = "a little over " + a_bit->text(), .delay = kPause};
  }
};

/// Who is refused by a limit of his own takes nothing of what he shares with others, or one client that goes on trying
/// could use up an inbox: each step is asked about when the one before it has been granted.
unsigned step_of(Class of) {
  switch (of) {
    case Class::sender: return 1;
    case Class::recipient: return 2;
    default: return 0;
  }
}

class Rate final : public Filter {
 public:
  explicit Rate(std::vector<RateLimit> limits) : limits_(std::move(limits)) {}

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (limits_.empty() || transaction.peer.local) return {};
    const std::string* spf = facts.told("spf");
    if (!spf) return {};
    RateTally tally;
    unsigned step = 0;
    for (const RateLimit& limit : limits_) {
      if ((limit.of() == Class::connection) != (phase == Phase::connect)) continue;
      const std::optional<std::string> whose = owner(limit.of(), transaction, *spf);
      if (!whose) continue;
      if (step_of(limit.of()) > step && (facts.waits() || tally.is_settled())) break;
      step = step_of(limit.of());
      if (const auto* answer = facts.ledger(limit.take(*whose))) tally.add(limit, *answer);
    }
    return facts.waits() ? Finding{} : tally.finding();
  }

 private:
  std::vector<RateLimit> limits_;  // by their step
};

}  // namespace

extern const FilterKind kRate{"rate",
                              "Who sends more than he may.",
                              bit(Phase::connect) | bit(Phase::rcpt),
                              {},
                              Evidence::wish,
                              [](const FilterSettings& settings) -> const FilterUse& { return settings.rate; },
                              [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                auto limits = TRY(in_setting("limits", RateLimit::parse(config.filter.rate.limits)));
                                return std::make_unique<Rate>(std::move(limits));
                              }};

}  // namespace maildrop::filter
