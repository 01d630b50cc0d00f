/// fuzz_envelope.cc: any bytes at all as a message, a Received field and a list of addresses: what is read out of them
/// stands in them, within the limits.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "replay/envelope.h"
#include "replay/received.h"

using namespace maildrop;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_received(std::string_view value) {
  const replay::Received received = replay::parse_received(value);
  require(received.helo.size() <= 255 && received.helo.size() <= value.size());
  require(!received.for_to || received.for_to->size() <= value.size());
  if (received.peer) replay::is_private(*received.peer);
}

void check_addresses(std::string_view list) {
  const auto addresses = replay::addresses_of(list, 5);
  require(addresses.size() <= 5);
  for (const std::string& each : addresses) require(!each.empty() && each.size() <= list.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const mail::FromLine from{"bob@example.org", from_millis(0)};
  const replay::Envelope envelope = replay::envelope_of(bytes, &from);
  require(envelope.from && envelope.received && envelope.to.size() <= replay::kMaxRecipients);
  replay::envelope_of(bytes, nullptr);
  check_received(bytes);
  check_addresses(bytes);
  return 0;
}
