/// answer_ages.h: when servers said what they said, beside a cache that does not tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "dns/answer.h"

namespace maildrop::dns {

/// A bounded memory of the last answers of servers. A question is known by a hash of 64 bits, so that names of
/// strangers are not kept; two with the same one share an age. For one thread.
class AnswerAges {
 public:
  using Key = std::uint64_t;
  using Moment = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kMost = 10'000;  // of all loops; each is two nodes and a bucket, 90 bytes: 0.9 MB

  static Key key_of(const Question& question);

  /// Of these, the one that was said longest ago goes for the next. REQUIRES: `most` > 0.
  explicit AnswerAges(std::size_t most);

  /// Servers said it now, and that it may be used for `ttl`. Without memory it is not known afterwards.
  void said(Key key, std::chrono::seconds ttl, Moment now) noexcept;

  /// How long ago that was, of an answer that may still be used for `ttl` (stale: 0). Nothing where it is not known: it
  /// never was, or went, or the cache has got a newer one behind our back, by another question or for nobody any more.
  std::optional<std::chrono::seconds> age(Key key, std::chrono::seconds ttl, Moment now) noexcept;

 private:
  struct Said {
    Moment at;
    Moment until;
    std::list<Key>::iterator place;
  };
  /// Strangers choose the names, and know how they are hashed: with a factor that they do not know, theirs do not all
  /// fall into one bucket.
  struct Spread {
    std::uint64_t factor;
    std::size_t operator()(Key key) const noexcept { return key * factor; }
  };
  using Table = std::unordered_map<Key, Said, Spread>;

  void forget(Table::iterator which) noexcept;

  const std::size_t most_;
  Table said_;
  std::list<Key> order_;  // the one that was said longest ago is first
};

}  // namespace maildrop::dns
