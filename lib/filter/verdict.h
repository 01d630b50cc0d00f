/// verdict.h: an opinion about a transaction, and who gives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "mail/transaction.h"

namespace maildrop::filter {

/// When filters are asked, in this order. headers: after the header, before the body has arrived.
enum class Phase : std::uint8_t { connect, helo, mail, rcpt, headers, message };
/// As metrics have them, in the order of Phase.
inline constexpr std::string_view kPhaseNames[] = {"connect", "helo", "mail", "rcpt", "headers", "message"};
inline constexpr std::uint8_t bit(Phase phase) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(phase)); }

/// pass, tag and quarantine let the transaction go on. defer is 4xx, reject 5xx. discard accepts the message and drops
/// it. disconnect refuses and closes. delay lets it go on after a
/// pause, of 30 s at most.
enum class Action : std::uint8_t { pass, tag, quarantine, defer, reject, discard, disconnect, delay };

struct Verdict {
  Action action = Action::pass;
  double score = 0;
  std::string reply;   // for the peer: `550 5.7.1 text`; empty: the phase's standard reply
  std::string reason;  // for operators
  std::chrono::milliseconds delay{0};

  bool refuses() const { return action == Action::defer || action == Action::reject || action == Action::disconnect; }
};

/// Whoever is asked for verdicts. Called on a loop's thread; must not block; calls `done` exactly once, on that same
/// thread, at once or later. The transaction outlives `done`.
class Judge {
 public:
  using Done = std::function<void(Verdict)>;
  virtual ~Judge() = default;
  virtual std::uint8_t phases() const = 0;  // bit() of each phase it wants to be asked at
  virtual void judge(Phase phase, const mail::Transaction& transaction, Done done) = 0;
};

}  // namespace maildrop::filter
