/// redis_client.h: links to the server that a URL names, made when they are needed and kept for whoever needs the next.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/result.h"
#include "store/redis_link.h"
#include "store/redis_scripts.h"
#include "store/redis_target.h"

namespace maildrop::store::redis {

/// Thread-safe; outlives its leases. As many links as there are leases at once, and no more than kIdle kept besides.
///
/// Where getting a link has failed, or a link has, no link of before is used again, and the next tries come at growing
/// distances, of a second at most; what is asked in between fails at once with the last error. So a server that hangs
/// costs one time-out and not one for each call, and one that comes back is found within a second.
class Client {
 public:
  static constexpr std::chrono::milliseconds kFirstPause{50};  // between a failure and the next try

  Client(Target target, RedisSettings settings);
  Client(const Client&) = delete;

  /// A link for one holder; it goes back when the lease ends, unless it has failed or something is still unanswered.
  class Lease {
   public:
    Lease(Client& client, Link link, std::uint64_t generation);
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Link* operator->() { return &*link_; }
    /// EVALSHA of the script, with `words` as its arguments.
    void run(Script script, std::vector<std::string_view> words);
    /// Sends what was added, and gives what came back; the first error is the result.
    Result<std::vector<Reply>> answers(Steady::time_point deadline);
    /// Teaches the server all scripts (again: after a SCRIPT FLUSH).
    Result<void> load(Steady::time_point deadline);

   private:
    Client* client_;
    std::optional<Link> link_;
    std::uint64_t generation_;
  };

  ///   unavailable  no server, or it does not answer, before `deadline`; or its clock and ours are too far apart
  ///   corrupt      a newer maildrop's data
  Result<Lease> borrow(Steady::time_point deadline);
  /// A link of one's own, for subscriptions: to the master, where there are sentinels.
  Result<Link> open(Steady::time_point deadline) const;
  /// A script that one call needs.
  Result<Reply> run(Script script, const std::vector<std::string_view>& words);
  /// The server is not what it should be: no link of now is used again.
  void distrust();
  /// Where there are sentinels: whether their majority still says what it said when the last link was made; if not,
  /// distrust().
  void follow(Steady::time_point deadline);
  bool has_sentinels() const { return !target_.master.empty(); }

  const RedisSettings& settings() const { return settings_; }
  /// By when something that begins now has to be done.
  Steady::time_point deadline() const { return Steady::now() + settings_.timeout; }

 private:
  Result<Place> find_master(Steady::time_point deadline) const;
  Result<Link> open_at(const Place& place, Steady::time_point deadline) const;
  Result<Link> prepared(Steady::time_point deadline);
  void give_back(Link link, std::uint64_t generation);
  void note_failure(const Error& error, std::uint64_t generation);

  const Target target_;
  const RedisSettings settings_;
  std::mutex mutex_;
  std::vector<Link> idle_;
  std::array<std::string, kScripts> digests_;  // of the scripts, as the server names them; the same for every server
  Place master_;                               // of the last link
  std::uint64_t generation_ = 0;               // links of an earlier one are not kept, and their failures old news
  std::optional<Error> failed_;                // the last try
  Steady::time_point next_try_{};
  std::chrono::milliseconds pause_{0};
};

}  // namespace maildrop::store::redis
