/// our_names.cc: what the settings say we are called.
#include "filter/our_names.h"

#include "mail/address.h"

namespace maildrop::filter {

std::vector<std::string> our_names(const Config& config) {
  std::vector<std::string> names = config.mail.domains;
  names.push_back(effective_hostname(config.smtp));
  std::vector<std::string> ours;
  for (const std::string& each : names) {
    const Result<std::string> name = mail::canonical_domain(each);
    if (name && name->front() != '[' && !is_localhost(*name)) ours.push_back(*name);
  }
  return ours;
}

bool is_localhost(std::string_view name) {
  return name == "localhost" || name == "localhost.localdomain" || name.ends_with(".localhost");
}

}  // namespace maildrop::filter
