/// fair_share.h: who may fill how much of a store, and who makes room for others. No I/O.
///
/// A source is the network that mail comes from: one who has many addresses of it is one sender. A source never holds
/// more than the store leaves free (the dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds for
/// shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998): one alone fills half of it, k of
/// them k/(k+1), and whoever comes new finds room. More is refused. Before it comes to that, what is older than
/// inbox.min_age makes room, in the steps of Store::purge(): the oldest of a source that will soon hold too much; and
/// when little is left free altogether, the oldest of the source that holds most, or, where small ones hold most, what
/// is in the inboxes that have not received for longest. Nothing younger goes for the sake of others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace maildrop::store {

/// A /24 of IPv4, a /48 of IPv6 (what one customer may have at most: a /64 each for what he sends would cost him
/// nothing), or `local`, for what has no address. Its number says which: it may be kept.
enum class Source : std::uint64_t { local = 0 };

/// Of a Summary::peer.
Source source_of(std::string_view peer);
/// `192.0.2.0/24`, `2001:db8::/48`, `local`.
std::string to_string(Source source);

/// Whether a source that holds `held` may add `bytes` where `free` are left. All in bytes.
inline bool may_add(std::uint64_t held, std::uint64_t bytes, std::uint64_t free) {
  return bytes <= free && held <= free - bytes && bytes <= free - bytes - held;
}

/// What is kept free, so that room need not be made for each delivery.
inline std::uint64_t reserve(std::uint64_t capacity) { return capacity / 16; }

/// A source that holds `held` has to make room: it, or everybody, will soon be refused. With 0, whether everybody has.
inline bool must_yield(std::uint64_t held, std::uint64_t free, std::uint64_t capacity) {
  return held + reserve(capacity) > free;
}

/// Where `used` is all that is stored and the large sources have so much of it: whether small ones make room, too.
/// Where they hold less than half, a flood would push them out; then it is refused.
inline bool small_ones_yield(std::uint64_t large, std::uint64_t used) { return large < used / 2; }

/// Sources below a 1/kLarge of the store are too small to make room each by itself.
inline constexpr std::uint64_t kLarge = 1024;
/// Of the largest ones so many are looked at for mail that is old enough.
inline constexpr std::size_t kAsked = 64;

/// For a store that cannot afford to note each message: what to note of one of `bytes`, so that the sum of a source is
/// right on average, and of a large one within some hundredths (threshold sampling: Duffield, Lund and Thorup, IEEE
/// Transactions on Information Theory 51(5), 2005). 0: nothing, which is the answer for most. `random`: any of all
/// numbers, each as likely.
std::uint64_t weight_in_sample(std::uint64_t bytes, std::uint64_t capacity, std::uint64_t random);

/// What each source holds, in half a mebibyte however many there are: a count-min sketch (Cormode and Muthukrishnan,
/// Journal of Algorithms 55(1), 2005), and the large ones by name. Not thread-safe.
class Holdings {
 public:
  struct Holder {
    Source source;
    std::uint64_t bytes;
  };

  explicit Holdings(std::uint64_t capacity);

  void add(Source source, std::uint64_t bytes);
  /// REQUIRES: so much of it was added before; if not, nothing is left.
  void take(Source source, std::uint64_t bytes);
  /// Never less than it is; more by a few thousandths of a 1/kLarge for each 1/kLarge of all, if by anything.
  std::uint64_t of(Source source) const;
  /// The large ones, the largest first; and what they hold together.
  std::vector<Holder> largest() const;
  std::uint64_t of_large() const;

 private:
  static constexpr std::size_t kRows = 4;
  static constexpr std::size_t kColumns = 1u << 14;
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };

  std::size_t column(std::size_t row, Source source) const;
  void note(Source source);

  const std::uint64_t large_from_;
  std::array<std::uint64_t, kRows> seeds_;  // nobody can choose whose numbers his fall on
  std::unique_ptr<std::uint64_t[], Free> cells_;
  std::unordered_map<Source, std::uint64_t> large_;
};

}  // namespace maildrop::store
