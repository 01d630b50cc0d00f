/// answer_cache.h: answers that are given again to requests of the same bytes, while nothing has changed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/route.h"
#include "core/clock.h"

namespace maildrop::api {

/// What an answer goes by beside the bytes of its request.
struct AnswerState {
  store::ChangeMark mark{};    // of the store, before the answer was made
  std::uint64_t settings = 0;  // changes with each new ones
  friend bool operator==(const AnswerState&, const AnswerState&) = default;
};

/// An answer, ready to be sent.
struct KeptAnswer {
  Request request;  // for whom it counts: without client, query and body
  const Route* route = nullptr;
  std::string head;  // of status 200; without its empty line, as fields of a client's rate come behind
  std::string body;
};

/// Of one loop: a list that hundreds poll is made once. All goes at once, when the state changes or the oldest is a
/// second old (an answer may have expired mail for so long), and room for more is only then: so it needs no order, and
/// whoever fills it with junk takes a second of it from others, who are answered as without it. Not thread-safe.
class AnswerCache {
 public:
  static constexpr Millis kAge{1000};
  static constexpr std::size_t kMost = 1024;  // answers: were all in one bucket, they would still be found quickly

  /// `size`: bytes, of answers, their requests and what it takes to find them. 0: nothing is kept.
  explicit AnswerCache(std::uint64_t size) : size_(size) {}

  /// The answer to a request of these bytes, its empty line included; nullptr: there is none.
  std::shared_ptr<const KeptAnswer> find(std::string_view request, const AnswerState& state, Monotonic now);
  /// For an answer with so large a body, to what was parsed of these bytes.
  bool has_room(std::string_view request, const Request& parsed, std::size_t body) const;
  /// `state` and `made`: from before the answer was made. Nothing happens where there is no room, or there is newer.
  void keep(std::string_view request, KeptAnswer answer, const AnswerState& state, Monotonic made, Monotonic now);
  /// What is too old goes, though nobody asks.
  void expire(Monotonic now);
  void clear();
  bool empty() const { return answers_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  static std::uint64_t size_of(std::string_view request, const Request& parsed);

  const std::uint64_t size_;
  std::uint64_t used_ = 0;
  AnswerState state_;
  Monotonic made_{};  // the oldest of them
  std::unordered_map<std::string, std::shared_ptr<const KeptAnswer>, Hash, std::equal_to<>> answers_;
};

}  // namespace maildrop::api
