/// fair_share.h: who may fill how much of a store, and who makes room for others. Pure.
///
/// A source is the network that mail comes from: one who has many addresses of it is one sender. A source never holds
/// more than the store leaves free (the dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds for
/// shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998): one alone fills half of it, k of
/// them k/(k+1), and whoever comes new finds room. More is refused. Before it comes to that, what is older than
/// inbox.min_age makes room, in the steps of Store::purge(): the oldest of a source that will soon hold too much; and
/// when little is left free altogether, the oldest of the source that holds most, or, where all are small, what is in
/// the inboxes that have not received for longest. Nothing younger goes for the sake of others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace maildrop::store {

/// The source of a Summary::peer: `192.0.2.0/24`, `2001:db8::/64`; `local` where there is no address.
std::string source_of(std::string_view peer);

/// Whether a source that holds `held` may add `bytes` where `free` are left. All in bytes.
inline bool may_add(std::uint64_t held, std::uint64_t bytes, std::uint64_t free) {
  return bytes <= free && held + bytes <= free - bytes;
}

/// What is kept free, so that room need not be made for each delivery.
inline std::uint64_t reserve(std::uint64_t capacity) { return capacity / 16; }

/// A source that holds `held` has to make room: it, or everybody, will soon be refused. With 0, whether everybody has.
inline bool must_yield(std::uint64_t held, std::uint64_t free, std::uint64_t capacity) {
  return held + reserve(capacity) > free;
}

/// Sources below a 1/kLarge of the store are too small to make room each by itself.
inline constexpr std::uint64_t kLarge = 1024;
/// Of the largest ones so many are looked at for mail that is old enough.
inline constexpr std::size_t kAsked = 64;

}  // namespace maildrop::store
