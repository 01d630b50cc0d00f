/// stored.cc: the session's word before the header's.
#include "replay/stored.h"

#include <utility>

#include "replay/sample.h"

namespace maildrop::replay {

Result<Sample> sample_of_stored(const std::string& before, const mail::Inbox& inbox, const store::Message& message,
                                const SourceOptions& options) {
  const store::Summary& summary = message.summary;
  Sample sample = TRY(sample_of(before + inbox.name() + "/" + summary.id.text(), message.data, nullptr, options));
  Envelope& envelope = sample.envelope;
  envelope.from = summary.from;
  if (!summary.to.empty()) envelope.to = {summary.to};
  const auto peer = IpAddress::parse(summary.peer);  // none over a unix socket
  envelope.peer = peer ? std::optional(*peer) : std::nullopt;
  envelope.helo = summary.helo;
  envelope.received = summary.received;
  return sample;
}

}  // namespace maildrop::replay
