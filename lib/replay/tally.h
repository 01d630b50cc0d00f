/// tally.h: what came of recorded mail that was sent.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "replay/latencies.h"
#include "replay/source.h"
#include "smtp/client_dialog.h"

namespace maildrop::replay {

/// A message that was not taken, and why. Strangers' bytes.
struct Trouble {
  std::string name;
  std::string what;
};

/// Bounded, whatever is sent and whatever a server says. Not thread-safe.
struct Tally {
  static constexpr std::size_t kReplies = 50;        // different texts; the rest is counted as one
  static constexpr std::size_t kReplyBytes = 100;    // of a text
  static constexpr std::size_t kTroublesNamed = 20;  // a screen; the rest is counted
  static constexpr std::size_t kTroubleBytes = 500;  // of a reason: an address that is none may have 100,000

  // Messages; each that was read is one of these in the end.
  std::uint64_t accepted = 0;  // for all of their recipients
  std::uint64_t deferred = 0;  // 4xx for one at least, to the last try
  std::uint64_t refused = 0;   // 5xx for one at least
  std::uint64_t lost = 0;      // no answer for one at least, to the last try
  std::uint64_t broken = 0;    // could not be read or sent at all
  std::uint64_t unsent = 0;    // were read when the run ended early, and not tried

  std::array<std::uint64_t, kLabels> labels{};  // of those that could be read

  std::uint64_t bytes = 0;       // of accepted messages
  std::uint64_t recipients = 0;  // that were accepted
  std::uint64_t tries = 0;       // transactions begun
  std::uint64_t retries = 0;     // of messages
  std::uint64_t connections = 0;
  std::uint64_t connection_failures = 0;         // not made, or refused before a message
  std::map<std::string, std::uint64_t> replies;  // by reply_kind(): one for each recipient and try that it decided on
  std::uint64_t other_replies = 0;
  Latencies connect;  // from the beginning to the answer to EHLO
  Latencies message;  // from MAIL to the last reply
  std::vector<Trouble> troubles;
  std::uint64_t more_troubles = 0;

  std::uint64_t labelled(Label label) const { return labels[static_cast<std::size_t>(label)]; }
  std::uint64_t read() const { return accepted + deferred + refused + lost + broken + unsent; }

  void add_reply(const smtp::Outcome& outcome);
  void add_trouble(std::string name, std::string_view what);
  /// One message of `fate`; counts it, and names it if it was not taken.
  void add_message(smtp::Fate fate, const std::string& name, const std::string& why);
};

/// A reply as a kind: safe for a terminal, without what is another each time (ids, addresses).
std::string reply_kind(std::string_view reply);

}  // namespace maildrop::replay
