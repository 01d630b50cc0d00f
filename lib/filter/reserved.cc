/// reserved.cc: mail for names that prove who owns a domain, for those that nobody may write to, and for those that
/// everybody may.
#include "filter/reserved.h"

#include "filter/filter.h"
#include "mail/inbox.h"

namespace maildrop::filter {

namespace {

constexpr double kForReserved = 1;  // authorities write once a year, and who looks for holes tries all of these names
constexpr double kForRefused = 3;   // as a name that is not there: who writes to it has it of no one

/// Names, and nothing else of a policy: local parts are compared, whatever inboxes are named by.
InboxSettings names(std::vector<std::string> names) {
  InboxSettings settings;
  settings.reserved = std::move(names);
  return settings;
}

const InboxSettings& open_to_all() {
  static const InboxSettings kOpen = names({"postmaster", "abuse"});
  return kOpen;
}

class Reserved final : public Filter {
 public:
  Reserved(std::vector<std::string> reserved, std::vector<std::string> refused)
      : reserved_(names(std::move(reserved))), refused_(names(std::move(refused))) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts&) const override {
    const auto inbox = mail::Inbox::of(transaction.recipients.back().address, reserved_, {});
    if (!inbox) return {};
    if (inbox->is_reserved(open_to_all()))
      return {.reason = "for " + inbox->name() + ": no score refuses it", .spares = true};
    if (inbox->is_reserved(refused_))
      return Finding::act(Action::reject, kForRefused, "5.1.1 nobody reads mail for this name",
                          "for " + inbox->name() + ", who gets no mail");
    if (inbox->is_reserved(reserved_)) return Finding::score_of(kForReserved, "for " + inbox->name());
    return {};
  }

 private:
  InboxSettings reserved_;
  InboxSettings refused_;
};

}  // namespace

Result<std::string> refused_name(const std::string& text) {
  InboxSettings as_written;
  as_written.plus_tag = InboxSettings::PlusTag::keep;
  const auto inbox = mail::Inbox::parse(text, as_written);
  if (!inbox || text.find('@') != std::string::npos) return fail(Code::invalid, "'" + text + "' is no local part");
  if (inbox->name().find('+') != std::string::npos)
    return fail(Code::invalid, "'" + text + "' would never match: names are compared without their +tag");
  if (inbox->is_reserved(open_to_all()))
    return fail(Code::invalid, "mail for '" + text + "' is never refused (RFC 5321 4.5.1, RFC 2142 4)");
  return inbox->name();
}

extern const FilterKind kReserved{
    "reserved",
    "Mail for names that prove who owns a domain (inbox.reserved), and for those that nobody may write to.",
    bit(Phase::rcpt),
    {},
    Evidence::wish,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.reserved; },
    [](const Config& config) -> Result<std::unique_ptr<Filter>> {
      std::vector<std::string> refused;
      for (const std::string& name : config.filter.reserved.refuse)
        refused.push_back(TRY(in_setting("refuse", refused_name(name))));
      return std::make_unique<Reserved>(config.inbox.reserved, std::move(refused));
    }};

}  // namespace maildrop::filter
