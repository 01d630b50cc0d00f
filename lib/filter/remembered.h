/// remembered.h: of whom filters keep what he did, and under which names in the ledger: for filters, and for who looks
/// into it.
#pragma once

#include <string>
#include <string_view>

#include "core/net.h"
#include "core/special_networks.h"
#include "core/text.h"
#include "mail/transaction.h"

namespace maildrop::filter {

// Spaces of the ledger.
inline constexpr std::string_view kVerdictSpace = "verdict";
inline constexpr std::string_view kGoodSpace = "reputation-good";
inline constexpr std::string_view kBadSpace = "reputation-bad";
// Whoever brings many triplets into the ledger, hosts keep their share.
inline constexpr std::string_view kTripletSpace = "greylist";
inline constexpr std::string_view kKnownSpace = "greylist-known";
inline constexpr std::string_view kWatchedSpace = "greylist-watched";

// Keys.
inline std::string address_key(const IpAddress& address) { return address.source().to_string(); }
inline std::string network_key(const IpAddress& address) { return "net " + address.network().to_string(); }
/// What a retry has to share with the first try: large senders try again from the machine next to it.
inline std::string retry_network(const IpAddress& address) {
  return address.prefix(address.is_v4() ? 24 : 64).to_string();
}
inline std::string known_network_key(const IpAddress& address) { return "network " + retry_network(address); }
inline std::string known_host_key(std::string_view name) { return "host " + to_lower(name); }

/// Behind an address of one's own network are all who send by its relays.
inline bool is_remembered(const mail::Peer& peer) { return !peer.local && !is_private(peer.address); }

}  // namespace maildrop::filter
