/// rates.h: how many requests a client may make in a minute, and all clients together for one inbox. No sockets.
///
/// A client is an IPv4 address or an IPv6 /64. Of these one customer may have 65,536 (RFC 6177), so the /48 around it
/// is bounded as well. What many addresses ask of one inbox is bounded, too: the mail of a box is not to be guessed at
/// from everywhere at once. All hold a minute's worth.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.h"
#include "core/buckets.h"
#include "core/clock.h"
#include "core/net.h"
#include "store/bookkeeper.h"

namespace maildrop::api {

struct RateLimits {
  unsigned client = 0;      // requests of a client, a minute; 0: any number. Of an IPv6 /48: kNetworkFactor times that
  unsigned inbox = 0;       // for an inbox
  std::size_t records = 1;  // of clients, of networks, and of inboxes; the one unseen for longest is forgotten
  bool shared = false;      // untold() is called, again and again
};

/// In the memory of this process, so that a refusal costs no thread and no store. Thread-safe, never blocks for long.
class Rates {
 public:
  enum class Of : std::uint8_t { client, network, inbox };
  static constexpr std::size_t kKinds = 3;  // of Of
  /// What an IPv6 /48 may do for each /64: less than the five that use up an inbox where the settings are the defaults.
  static constexpr unsigned kNetworkFactor = 4;

  /// What became of a request, and what its client may know of that.
  struct Answer {
    bool granted = true;
    Of of = Of::client;  // whose rate the rest is about
    unsigned limit = 0;  // 0: there is none
    unsigned left = 0;   // requests that may come now
    unsigned wait = 0;   // seconds within which there is one more; of a refused one, after which it would not be
    /// Refusals of that kind, of all clients, since the log was last told of one, this one included; 0: it is not to
    /// be told yet.
    std::uint64_t to_tell = 0;
  };
  /// What was taken from one bucket.
  struct Spending {
    Of of;
    IpAddress client{};  // or the network
    std::string inbox{};
    float tokens;
    unsigned per_minute;  // what it holds
  };

  /// `clock` outlives it.
  Rates(const Clock& clock, const RateLimits& limits);

  /// One request, for `inbox` (its canonical name; empty: for none); for a long poll or a stream, when it begins. One
  /// that a later one of these rates refuses counts for the earlier all the same: client, network, inbox.
  Answer take(const IpAddress& client, const std::string& inbox);

  /// One more for an inbox, by a client whose request was taken already.
  Answer take(const std::string& inbox);

  /// For those who share their buckets (RateLimits::shared): as Buckets has it.
  std::vector<Spending> untold(std::size_t most);
  void hear(const Spending& told, float missing);

  /// Of the next requests on: what is in the buckets stays, up to their new size.
  void apply(const RateLimits& limits);
  /// Clients, networks and inboxes that are known.
  std::size_t size() const;

 private:
  template <class K, class H>
  struct PerMinute {
    using Key = K;
    using Hash = H;
    static constexpr std::size_t kKinds = 1;
    unsigned per_minute(const Key&, std::size_t) const { return rate; }
    unsigned rate;
    std::size_t records;
    bool shared;
  };
  using Clients = PerMinute<IpAddress, std::hash<IpAddress>>;
  using Inboxes = PerMinute<std::string, std::hash<std::string>>;

  template <class AnyRates>
  static Answer take_of(Buckets<AnyRates>& buckets, const typename AnyRates::Key& key, Of of, Monotonic now);
  /// `answer`, which the log may be told of.
  Answer noted(Answer answer, Monotonic now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  Buckets<Clients> clients_;
  Buckets<Clients> networks_;
  Buckets<Inboxes> inboxes_;
  struct Refusals {
    std::uint64_t untold = 0;
    Monotonic next_told = Monotonic::min();
  };
  std::array<Refusals, kKinds> refusals_;  // by Of
};

/// `client`, `network`, `inbox`.
std::string_view name_of(Rates::Of of);

/// 429, with the seconds to wait. REQUIRES: it was not granted.
Fault over_rate(const Rates::Answer& answer);

/// RateLimit-Policy and RateLimit as draft-ietf-httpapi-ratelimit-headers-10 has them; none where there is no limit.
/// Of what others ask of an inbox an answer tells nothing until the inbox is refused.
void add_rate_fields(const Rates::Answer& answer, Response& response);

/// Tells the ledger what was taken here since the last time, and has `rates` hear how much was taken everywhere, as
/// store/rate_sharing.h has it. Called about once a second by one thread; never blocks.
void share_rates(const std::shared_ptr<Rates>& rates, store::Bookkeeper& ledger);

}  // namespace maildrop::api
