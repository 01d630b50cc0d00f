/// flood.h: how much a source may do in a minute, so that one that floods is slowed down before anybody else notices.
///
/// A token bucket for each kind of thing, twice: for a source (an IPv4 address, an IPv6 /64: one customer has that many
/// addresses) and for the network around it (a /24, a /48). A bucket holds a minute's worth.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "core/buckets.h"
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
    float tokens;
    unsigned per_minute;  // what it holds
  };

  /// `clock` outlives it.
  Flood(const Clock& clock, const FloodLimits& limits) : clock_(clock), buckets_(Rates(limits)) {}

  /// One more. false: too many, of the source or of its network, and nothing is counted.
  bool take(const IpAddress& address, Of of);
  /// Has it done all the wrong that it may for now?
  bool outcast(const IpAddress& address) const;
  /// Has the source (not its network) done half of that?
  bool suspect(const IpAddress& address) const;

  /// What a source or network has used of what it may do.
  struct Standing {
    IpAddress prefix;
    bool network;
    std::array<float, 4> used;      // by Of: tokens that are missing now
    std::array<unsigned, 4> limit;  // of them a minute; 0: any number
    bool outcast;
  };
  /// Of those that are known; nothing: it has used none. Of `address` as a source, or of the network around it.
  std::optional<Standing> standing(const IpAddress& address, bool network) const;
  /// Those that have used the largest part of anything, of the kLook seen last, the first ones.
  std::vector<Standing> busiest(std::size_t most) const;
  /// Gives them all back, here: others who share the buckets may tell of them again.
  void forgive(const IpAddress& address);
  static constexpr std::size_t kLook = 2000;  // loops wait meanwhile: some tenths of a millisecond

  /// For those who share their buckets (FloodLimits::shared): as Buckets has it.
  std::vector<Spending> untold(std::size_t most);
  void hear(const Spending& told, float missing);

  /// Of the next tokens on: what is in the buckets stays, up to their new size.
  void apply(const FloodLimits& limits);
  std::size_t size() const;

 private:
  /// A source, or the network around it, and its buckets.
  struct Rates {
    struct Key {
      IpAddress prefix;
      bool network;
      friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hash {
      std::size_t operator()(const Key& key) const { return std::hash<IpAddress>()(key.prefix) + key.network; }
    };
    static constexpr std::size_t kKinds = 4;  // of Of

    explicit Rates(const FloodLimits& l) : limits(l), records(l.records), shared(l.shared) {}
    unsigned per_minute(const Key& key, std::size_t kind) const;

    FloodLimits limits;
    std::size_t records;
    bool shared;
  };

  static Rates::Key key_of(const IpAddress& address, bool network);
  bool is_spent(const IpAddress& address, bool network, Of of, Monotonic now) const;
  Standing standing(const Rates::Key& key, Monotonic now) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  Buckets<Rates> buckets_;
};

}  // namespace maildrop::service
