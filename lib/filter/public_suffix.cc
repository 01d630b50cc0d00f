/// public_suffix.cc: the only file that uses libpsl.
#include "filter/public_suffix.h"

#include <libpsl.h>

#include "mail/address.h"

namespace maildrop::filter {

namespace {

/// As long as the process lives; nullptr: no list at all, which a library without one built in may have.
const psl_ctx_t* list() {
  static const psl_ctx_t* const kList = psl_latest(nullptr);
  return kList;
}

/// An address of IPv4, or what a browser may take for one: no top-level domain is a number.
bool ends_in_number(std::string_view name) {
  const char last = name.back();
  return last >= '0' && last <= '9' &&
         name.substr(name.rfind('.') + 1).find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string organisational_domain(std::string_view name) {
  const auto canonical = mail::canonical_domain(name);  // the list's lower case, A-labels and no final dot
  if (!canonical || canonical->front() == '[' || ends_in_number(*canonical) || !list()) return {};
  const char* domain = psl_registrable_domain(list(), canonical->c_str());
  return domain ? std::string(domain) : std::string();
}

bool is_same_organisation(std::string_view one, std::string_view other) {
  if (one == other) return true;
  const std::string domain = organisational_domain(one);
  return !domain.empty() && domain == organisational_domain(other);
}

}  // namespace maildrop::filter
