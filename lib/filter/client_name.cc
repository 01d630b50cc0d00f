/// client_name.cc: from the address to its names, and back.
#include "filter/client_name.h"

#include <algorithm>

namespace maildrop::filter {

namespace {

bool has(const dns::Answer& answer, const IpAddress& address) {
  return std::any_of(answer.records.begin(), answer.records.end(),
                     [&](const dns::Record& record) { return record.address == address; });
}

}  // namespace

ClientName client_name(const mail::Transaction& transaction, Facts& facts) {
  ClientName found;
  if (!transaction.peer.name.empty() || transaction.peer.local) {
    found.known = true;
    found.name = found.claimed = transaction.peer.name;
    return found;
  }
  const IpAddress& address = transaction.peer.address;
  const dns::Answer* names = facts.dns(*dns::Question::reverse(address, dns::Type::ptr));
  if (!names) return found;
  found.failed = !dns::is_known(names->status);
  if (!names->records.empty()) found.claimed = names->records.front().text;
  const dns::Type type = address.is_v4() ? dns::Type::a : dns::Type::aaaa;
  bool all = true;
  for (std::size_t i = 0; i < names->records.size() && i < kMostNames; ++i) {
    const dns::Answer* addresses = facts.dns(names->records[i].text, type);
    all = all && addresses;
    if (!addresses) continue;
    if (found.name.empty() && has(*addresses, address)) found.name = names->records[i].text;
    found.failed = found.failed || !dns::is_known(addresses->status);
  }
  found.known = all;
  return found;
}

}  // namespace maildrop::filter
