/// bounce.cc: mail from nobody. Nobody here sends mail, so each bounce is the answer to a forged sender.
#include <algorithm>

#include "core/text.h"
#include "filter/filter.h"
#include "mail/headers.h"
#include "mail/parameters.h"

namespace maildrop::filter {

namespace {

constexpr double kFromNobody = 1;  // little: programs confirm accounts with <>, too, and that is what inboxes are for
constexpr double kSeveral = 2;     // a bounce goes to the one who sent the message (RFC 5321 6.1)
constexpr double kNoReport = 1;

constexpr std::size_t kLongestFrom = 1000;  // bytes of a From that are looked at

bool is(const mail::HeaderField& field, std::string_view name) { return equals_ignoring_case(field.name, name); }

/// The first word: what follows is a comment, or parameters.
std::string_view first_word(std::string_view value) {
  value = trim(value);
  return value.substr(0, value.find_first_of(" \t\r\n;("));
}

bool is_report_type(std::string_view content_type) {
  const std::string type = mail::parse_parameters(content_type).value;
  return type == "multipart/report" || type == "message/delivery-status" || type == "message/disposition-notification";
}

/// A program wrote it as an answer: by the standards, or by the customs of older programs.
bool is_sign(const mail::HeaderField& field) {
  if (is(field, "Auto-Submitted")) return !equals_ignoring_case(first_word(field.value), "no");  // RFC 3834 5
  if (is(field, "Content-Type")) return is_report_type(field.value);                             // RFC 6522
  if (is(field, "Precedence")) return equals_ignoring_case(first_word(field.value), "auto_reply");
  if (is(field, "From"))  // qmail's reports have nothing else
    return to_lower(field.value.substr(0, kLongestFrom)).find("mailer-daemon") != std::string::npos;
  return is(field, "X-Failed-Recipients") || is(field, "X-Autoreply") || is(field, "X-Autorespond");
}

bool is_report(std::string_view message) {
  const mail::Headers headers = mail::scan_headers(message);
  return std::any_of(headers.fields.begin(), headers.fields.end(), is_sign);
}

class Bounce final : public Filter {
 public:
  Finding judge(Phase phase, const mail::Transaction& transaction, Facts&) const override {
    if (!transaction.from.is_null()) return {};
    if (phase == Phase::message)
      return is_report(transaction.data) ? Finding{} : Finding::score_of(kNoReport, "from nobody, and no report");
    if (transaction.recipients.size() == 1) return Finding::score_of(kFromNobody, "from nobody");
    return Finding::act(Action::reject, kSeveral, "5.7.1 a bounce has one recipient", "from nobody to several");
  }
};

}  // namespace

extern const FilterKind kBounce{
    "bounce",
    "Mail from nobody: whether it is a bounce, and to one.",
    bit(Phase::rcpt) | bit(Phase::message),
    {},
    Evidence::own,
    [](const FilterSettings& settings) -> const FilterUse& { return settings.bounce; },
    [](const Config&) -> Result<std::unique_ptr<Filter>> { return std::make_unique<Bounce>(); }};

}  // namespace maildrop::filter
