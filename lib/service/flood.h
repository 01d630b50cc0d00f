/// flood.h: how much a source may do in a minute, so that one that floods is slowed down before anybody else notices.
///
/// A token bucket (as RFC 2697 has it) for each kind of thing, twice: for a source (an IPv4 address, an IPv6 /64: one
/// customer has that many addresses) and for the network around it (a /24, a /48). A bucket holds a minute's worth.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

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
};

/// In the memory of this process. Thread-safe, never blocks for long.
class Flood {
 public:
  enum class Of : std::uint8_t { connection, message, recipient, error };

  /// `clock` outlives it.
  Flood(const Clock& clock, FloodLimits limits) : clock_(clock), limits_(limits) {}

  /// One more. false: too many, of the source or of its network, and nothing is counted.
  bool take(const IpAddress& address, Of of);
  /// Has it done all the wrong that it may for now?
  bool outcast(const IpAddress& address) const;
  /// Has the source (not its network) done half of that?
  bool suspect(const IpAddress& address) const;

  /// Of the next tokens on: what is in the buckets stays, up to their new size.
  void apply(FloodLimits limits);
  std::size_t size() const;

 private:
  static constexpr std::size_t kKinds = 4;
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
  };
  using Records = std::list<Record>;  // seen last comes first

  static Key key_of(const IpAddress& address, bool network);
  unsigned per_minute(Of of, bool network) const;
  float spent(const Record& record, Of of, Monotonic now) const;
  const Record* find(const Key& key) const;
  bool is_spent(const Key& key, Of of, Monotonic now) const;
  Record& touch(const Key& key, Monotonic now);
  void shrink();

  const Clock& clock_;
  mutable std::mutex mutex_;
  FloodLimits limits_;
  Records records_;
  std::unordered_map<Key, Records::iterator, Hash> by_key_;
};

}  // namespace maildrop::service
