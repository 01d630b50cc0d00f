/// mailboxes.h: whose addresses a From or Reply-To field has (RFC 5322 3.4), for who must not be deceived about it.
/// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::mail {

/// The domains of the addresses in such a field, in order, none twice. Names, comments, groups and source routes are
/// passed over: `a@good.example <b@evil.example>` and `"a@good.example" <b@evil.example>` are of evil.example alone.
/// Where it can be read in several ways (two addresses without a comma, two `@` in one) it is the domains of all.
struct MailboxDomains {
  static constexpr std::size_t kMost = 20;  // of one field

  std::vector<std::string> domains;  // canonical_domain(): `[192.0.2.1]` for literals
  std::size_t addresses = 0;         // that have a domain, those of one domain too; a hundred at most
  bool unreadable = false;           // an address is none, or a comment or quotes do not end: a reader may see others
  bool cut = false;                  // there are more than kMost, or a hundred with those that are the same

  void add(std::string domain);
};

/// `field` is a raw value, folded as it may be. O(n), without recursion.
MailboxDomains mailbox_domains(std::string_view field);

}  // namespace maildrop::mail
