/// redis_link.h: one connection to a Redis server: commands out, replies in, all before a deadline. The one place that
/// knows hiredis.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/redis_target.h"

struct redisContext;

namespace maildrop::store::redis {

using Steady = std::chrono::steady_clock;

struct Reply {
  enum class Kind { nil, number, text, list, error };

  Kind kind = Kind::nil;
  std::int64_t number = 0;
  std::string text;  // of an error, too: `OOM command not allowed when used memory > 'maxmemory'.`
  std::vector<Reply> list;

  bool is(Kind k) const { return kind == k; }
  /// The number, or the text read as one; 0 for what is none.
  std::int64_t as_number() const;
  /// `NOSCRIPT` of an error; empty for all else.
  std::string_view error_word() const;
};

/// An error reply as ours: over_limit for OOM, unavailable for all others (READONLY, LOADING, MISCONF, BUSY, NOAUTH,
/// NOREPLICAS, MASTERDOWN, ...): they end by themselves or by an operator's hand, and mail is worth waiting.
Error error_of(const Reply& reply, const Place& from);

struct Login {
  std::string username;  // empty: `default`
  std::string password;  // empty: no AUTH
  unsigned database = 0;
};

/// For one thread at a time. Blocking, until the deadline at most, but for the look-up of a host's name.
class Link {
 public:
  /// Connected, logged in, and answering: a stopped server's socket accepts, too.
  ///   unavailable  whatever it was
  static Result<Link> open(const Place& place, const Login& login, Steady::time_point deadline);

  Link(Link&&) noexcept;
  Link& operator=(Link&&) noexcept;
  ~Link();

  const Place& place() const { return place_; }
  /// Its socket, which stays the link's: who shuts it down from another thread ends what waits for an answer.
  int descriptor() const;

  /// Queues one command. The bytes are copied.
  void add(std::span<const std::string_view> words);
  void add(std::initializer_list<std::string_view> words) { add(std::span(words.begin(), words.size())); }

  /// Sends what is queued, and appends one reply for each command to `replies`, as far as they come. An error reply is
  /// a reply.
  ///   unavailable  the connection has failed, or the deadline is over; the link is of no use any more. Commands
  ///                without a reply may have been executed
  Result<void> exchange(Steady::time_point deadline, std::vector<Reply>& replies);
  /// The same for one command.
  Result<Reply> ask(std::initializer_list<std::string_view> words, Steady::time_point deadline);

  /// Whether it can be used again: all is answered, and the server has not closed it meanwhile.
  bool is_idle() const;
  /// What went wrong last; empty: nothing.
  const std::string& failure() const { return failure_; }

  /// What a subscription sends. false: nothing until then.
  Result<bool> next(Steady::time_point deadline, Reply& reply);

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };

  Link(std::unique_ptr<redisContext, Free> context, Place place);
  Error failed(std::string_view what);
  std::string last_words(int error) const;
  Result<void> send_all(Steady::time_point deadline);
  Result<void> wait(short events, Steady::time_point deadline);
  Result<bool> take(Reply& reply);
  Result<void> read();

  std::unique_ptr<redisContext, Free> context_;
  Place place_;
  std::string output_;       // to be sent
  std::size_t waiting_ = 0;  // commands without a reply
  std::string failure_;
};

}  // namespace maildrop::store::redis
