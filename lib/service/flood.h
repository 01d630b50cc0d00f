/// flood.h: how much a source may do in a minute, so that one that floods is slowed down before anybody else notices.
///
/// A token bucket (as RFC 2697 has it) for each kind of thing, twice: for a source (an IPv4 address, an IPv6 /64: one
/// customer has that many addresses) and for the network around it (a /24, a /48). A bucket holds a minute's worth.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/net.h"

namespace maildrop::service {

struct FloodLimits {
  unsigned connections = 0;  // of a source, a minute; 0: any number
  unsigned messages = 0;
  unsigned recipients = 0;
  unsigned errors = 0;
  unsigned network_factor = 1;  // a network may do that many times as much
  std::size_t records = 1;      // of sources and networks; the one unseen for longest is forgotten
  bool shared = false;          // untold() is called, again and again
};

/// In the memory of this process. Thread-safe, never blocks for long.
class Flood {
 public:
  enum class Of : std::uint8_t { connection, message, recipient, error };

  /// What was taken from one bucket.
  struct Spending {
    IpAddress prefix;
    bool network;
    Of of;
    unsigned tokens;
    unsigned per_minute;  // what it holds
  };

  /// `clock` outlives it.
  Flood(const Clock& clock, FloodLimits limits) : clock_(clock), limits_(limits) {}

  /// One more. false: too many, of the source or of its network, and nothing is counted.
  bool take(const IpAddress& address, Of of);
  /// Has it done all the wrong that it may for now?
  bool outcast(const IpAddress& address) const;
  /// Has the source (not its network) done half of that?
  bool suspect(const IpAddress& address) const;

  /// For those who share their buckets (FloodLimits::shared): what was taken since this was last asked, and has not
  /// come back. A bucket is worth telling of when a sixteenth of it is gone, so that strangers who come once cost
  /// nothing. Of `most` buckets at most, and the others the next time.
  std::vector<Spending> untold(std::size_t most);
  /// So many tokens are missing from the bucket of all who share it, those of `told` included: as many as two buckets
  /// hold at most, since they hear of each other late. What was taken here since comes on top.
  void hear(const Spending& told, unsigned missing);

  /// Of the next tokens on: what is in the buckets stays, up to their new size.
  void apply(FloodLimits limits);
  std::size_t size() const;

 private:
  static constexpr std::size_t kKinds = 4;
  static constexpr std::size_t kMostUntold = 10'000;  // buckets; others wait until there is room
  struct Key {
    IpAddress prefix;
    bool network;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return std::hash<IpAddress>()(key.prefix) + key.network; }
  };
  struct Record {
    Key key;
    std::array<float, kKinds> spent;  // tokens that are missing
    Monotonic as_of;
    std::array<unsigned, kKinds> untold{};
    std::array<bool, kKinds> waiting{};  // in untold_
  };
  using Records = std::list<Record>;  // seen last comes first

  static Key key_of(const IpAddress& address, bool network);
  unsigned per_minute(Of of, bool network) const;
  float spent(const Record& record, Of of, Monotonic now) const;
  void spend(const Key& key, Of of, Monotonic now);
  const Record* find(const Key& key) const;
  bool is_spent(const Key& key, Of of, Monotonic now) const;
  Record& touch(const Key& key, Monotonic now);
  void shrink();

  const Clock& clock_;
  mutable std::mutex mutex_;
  FloodLimits limits_;
  Records records_;
  std::unordered_map<Key, Records::iterator, Hash> by_key_;
  std::deque<std::pair<Key, Of>> untold_;
};

}  // namespace maildrop::service
