/// remembered.h: of whom filters keep what he did, and under which names in the ledger.
#pragma once

#include <string_view>

#include "core/special_networks.h"
#include "mail/transaction.h"

namespace maildrop::filter {

// Spaces of the ledger.
inline constexpr std::string_view kVerdictSpace = "verdict";
inline constexpr std::string_view kGoodSpace = "reputation-good";
inline constexpr std::string_view kBadSpace = "reputation-bad";

/// Behind an address of one's own network are all who send by its relays.
inline bool is_remembered(const mail::Peer& peer) { return !peer.local && !is_private(peer.address); }

}  // namespace maildrop::filter
