/// client_name.h: the host name of a client, as far as it is true.
#pragma once

#include <string>

#include "filter/facts.h"
#include "mail/transaction.h"

namespace maildrop::filter {

inline constexpr std::size_t kMostNames = 10;  // of an address, that are looked at

struct ClientName {
  bool known = false;     // false: ask again when the facts are there
  std::string name{};     // confirmed: the address has that name, and the name that address (FCrDNS, RFC 8601 2.7.3)
  std::string claimed{};  // the first that its address has, true or not
  bool failed = false;    // the DNS did not say
};

/// Of an address with several names the first one that is confirmed. One that a balancer told (XCLIENT) is as good.
ClientName client_name(const mail::Transaction& transaction, Facts& facts);

}  // namespace maildrop::filter
