/// sample_script.cc: what strangers wrote into a record, checked.
#include "replay/sample_script.h"

#include <algorithm>
#include <utility>

#include "mail/address.h"

namespace maildrop::replay {

Result<filter::Script> script_of(const Sample& sample, const Config& config) {
  const Envelope& envelope = sample.envelope;
  filter::Script script;
  mail::Transaction& transaction = script.transaction;
  transaction.peer.local = !envelope.peer;  // filters that go by its address pass over it
  if (envelope.peer) transaction.peer.address = *envelope.peer;
  transaction.helo = envelope.helo;
  transaction.esmtp = true;
  if (envelope.from && !envelope.from->empty()) {
    auto from = mail::parse_address(*envelope.from);
    if (!from) return fail(Code::invalid, "its sender: " + from.error().what);
    transaction.from = std::move(*from);
  }
  transaction.declared_size = sample.data.size();
  Error why{Code::invalid, "no recipient is known"};
  for (const std::string& to : envelope.to) {
    auto address = mail::parse_address(to);
    const std::string& domain = config.mail.domains.front();
    auto inbox = address ? mail::Inbox::of(*address, config.inbox, domain) : tl::unexpected(address.error());
    if (!inbox) {
      why = std::move(inbox.error());
      continue;
    }
    const auto is_same = [&](const mail::Recipient& each) { return each.inbox.name() == inbox->name(); };
    if (std::none_of(script.to.begin(), script.to.end(), is_same))
      script.to.push_back({std::move(*address), std::move(*inbox)});
  }
  if (script.to.empty()) return tl::unexpected(why);
  script.message = sample.data;
  return script;
}

}  // namespace maildrop::replay
