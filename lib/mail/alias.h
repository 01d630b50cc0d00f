/// alias: an address for an inbox that does not tell which: who has it can send there, and not read.
///
///   d-c5w0q1...   `d-`, and as base32 (core/random.h): id of the key 1 byte, nonce 4, tag 4, and enciphered in 11, 20
///                 or 29 bytes the name and the day on which it expires
///
/// Nothing is kept: the address itself tells, to who has the key. Each alias has a nonce of its own, so that two of one
/// inbox have nothing in common but the key's id, and asking for the alias of a guess confirms nothing, short of asking
/// 2^32 times for one with the same nonce. Three sizes, so that its length hardly tells that of the name. The local
/// part has 34, 49 or 63 letters of the 64 that may be.
///
/// The tag is HMAC-SHA256 of key id, nonce, domain and content, cut to four bytes; what enciphers is HMAC-SHA256, under
/// another key, of id, nonce and tag: a synthetic IV, so that a nonce that comes twice tells at most that two aliases
/// are equal. Four bytes are enough: whoever forges an alias gets mail into an inbox to which he could have written by
/// its name, or an expired alias renewed, and learns no name. For that he has to try 2^32 addresses on average, and
/// hears 550 for each, at flood.error_rate: 60 a minute make 136 years, and 5 days of 10,000 sources at once.
///
/// What it stands for, by inbox.naming: with `local` a local part, at whatever domain it is written to; with `full` an
/// address whose domain is the alias's own, and it is good at that domain alone (the tag goes by it, or bob@a.example's
/// mail could be had for bob@b.example); with `domain` there are none. A name is read by the policy of today, so that
/// an alias of bob+x that was made with inbox.plus_tag = keep is one of bob after `strip`.
///
/// It hides a name from who does not guess it. Who does can send something there, and read that inbox like anybody.
///
/// With inbox.classic_alias_modifier the classic aliases of an older service (mail/classic_alias.h) are read as well,
/// with or without those above. They have no key, expiry, or domain: with `full` the one of bob is bob's at each domain
/// it is written to; with `domain` there are none. What is like an alias of ours is never taken for one of these while
/// ours are on, so they have up to 29 letters then; any other name that is none of them stays an inbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "mail/classic_alias.h"
#include "mail/inbox.h"

namespace maildrop::mail {

/// Whether a name is so like an alias that it is no inbox where inbox.alias is on: its local part, without a +tag, is
/// `d-` and 30 or more of `a-z 0-9`. Any of ours is, also with a letter changed, lost or added: its mail must not lie
/// in an inbox of that name, which anybody may read.
bool is_like_alias(const Inbox& name);

/// The keys and the classic modifier, and what they say. Thread-safe.
class Aliases {
 public:
  // An expiry is a day since 1970 in two bytes: until 2149.
  static constexpr Millis kLongest = std::chrono::hours(24 * 3650);

  struct Opened {
    Inbox inbox;
    std::size_t key = 0;          // 0: the one that makes new ones
    unsigned key_id = 0;          // 0 to 255
    std::optional<Time> expires;  // from then on it is refused; nothing: never
    bool classic = false;         // by the modifier: it has no key
  };

  /// invalid: aliases are off, both kinds, or there is no key, or a setting is wrong.
  static Result<Aliases> make(const InboxSettings& settings);

  /// An alias as it is called: `d-...`, with inbox.naming = full `d-...@example.org`. It expires at the end of the day
  /// (UTC) of `expires`: no earlier, and a day later at most.
  ///   over_limit  the name is too long: of `a-z 0-9 . _ - =` up to 43 characters go in, with an expiry 40; with `+` or
  ///               letters beyond ASCII up to 28 and 26 bytes
  ///   invalid     it looks like an alias itself, or is a classic one; it would expire after 2149; inbox.alias is off
  Result<Inbox> make_alias(const Inbox& inbox, std::optional<Time> expires = {}) const;

  /// The classic alias of it, always the same: `d-...`, with inbox.naming = full `d-...@example.org`.
  ///   over_limit  the name is too long: of up to 61 characters each has one, where inbox.alias is on of up to 28 (with
  ///               a modifier that is no longer)
  ///   invalid     ClassicAliases::encode() says so, or they are off
  Result<Inbox> make_classic_alias(const Inbox& inbox) const;

  /// What an alias is of, expired or not.
  ///   not_found   it is none of ours: what() is for who has the key
  Result<Opened> open(const Inbox& alias) const;

  /// Where mail to `name` goes: to the inbox of that name, or to that of the alias that it is.
  ///   not_found   inbox.alias is on, and it is like an alias, and none that is good now
  Result<Inbox> destination(Inbox name, Time now) const;

  std::size_t keys() const { return keys_.size(); }
  bool has_classic() const { return classic_.has_value(); }

 private:
  struct Key {
    std::uint8_t id = 0;
    std::string tag;
    std::string cipher;
  };
  explicit Aliases(const InboxSettings& settings) : settings_(settings) {}
  Result<Opened> read(std::string_view content, std::string_view domain) const;
  Result<Inbox> open_classic(const Inbox& alias) const;

  InboxSettings settings_;
  std::vector<Key> keys_;  // none: inbox.alias is off
  std::optional<ClassicAliases> classic_;
};

/// Whoever holds no Aliases asks it so: `name` itself where aliases are off.
Result<Inbox> destination(const std::optional<Aliases>& aliases, Inbox name, Time now);

}  // namespace maildrop::mail
