/// policy.cc: the settings in the form that a session needs.
#include "smtp/session.h"

namespace maildrop::smtp {

Policy::Policy(const Config& given, filter::Judge::Terms judged, std::shared_ptr<const service::TlsContext> context)
    : config(given), tls(std::move(context)), hostname(effective_hostname(given.smtp)), terms(std::move(judged)) {
  if (auto made = mail::Aliases::make(config.inbox)) aliases = std::move(*made);
  for (const std::string& domain : config.mail.domains) {
    if (domain == "*") {
      any_domain = true;
    } else if (Result<std::string> canonical = mail::canonical_domain(domain)) {
      domains.insert(std::move(*canonical));
    }
  }
}

bool Policy::accepts(const mail::Address& recipient) const {
  if (recipient.domain.empty()) return true;  // <postmaster>, RFC 5321 4.5.1
  return any_domain || domains.contains(recipient.domain);
}

}  // namespace maildrop::smtp
