/// canary.h: one message through a server and back: whether mail goes all of its way, and how long that takes.
///
/// It is sent by SMTP like any other, read by whatever shows the inboxes, removed, and looked for once more. Its inbox
/// has a name of its own, with 80 random bits: so nobody else writes to it, and no inbox of anybody is touched.
/// Whatever goes wrong, what can be removed of it is; the rest expires as all mail does.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/net.h"
#include "core/result.h"
#include "mail/inbox.h"
#include "store/store.h"

namespace maildrop::smtp {

/// In their order.
enum class CanaryStep {
  look,     // at its inbox, which is empty: where that cannot be read nothing is sent
  connect,  // to the server, up to its answer to EHLO
  deliver,  // until it says 250
  read,     // its bytes, which hold what nobody else knows
  remove,
  check,  // that it is gone
};
inline constexpr std::size_t kCanarySteps = 6;
std::string_view name_of(CanaryStep step);  // `look`, `connect`, ...

/// Where a message goes in.
struct CanaryDoor {
  Endpoint at;  // ip or unix_path
  bool lmtp = false;
  std::string preamble{};  // a PROXY header, where the server wants one of us
};

/// The doors that can be knocked at from this machine, of addresses that a server listens on: 0.0.0.0, [::] and * mean
/// loopback; what systemd passes (fd:NAME) and ports that the system picks are left out.
std::vector<CanaryDoor> canary_doors(const std::vector<Endpoint>& listen, bool lmtp, const ProxySettings& proxy);

/// Nobody else's inbox.
struct CanaryBox {
  std::string address;
  mail::Inbox inbox = mail::Inbox::trusted({});
};
/// Another one each time.
///   invalid  with inbox.naming = domain each inbox is a whole domain's, and mail.domains has no `*`, by which there
///            would be one for it alone
Result<CanaryBox> make_canary_box(const Config& config);

struct CanaryOptions {
  std::vector<CanaryDoor> doors;    // tried in their order, until one can be connected to
  Millis timeout{10'000};           // for all of it; a call to the inboxes that has begun goes on
  std::function<bool()> give_up{};  // asked every tenth of a second while the server is waited for
};

struct CanaryReport {
  std::size_t done = 0;  // steps that went well, from the first
  std::array<std::chrono::microseconds, kCanarySteps> took{};
  std::string door{};            // that it went through, or was last tried
  bool reached = false;          // that one could be connected to
  std::optional<Error> error{};  // of the step behind those that are done; it may hold what a server said

  bool well() const { return done == kCanarySteps; }
  std::chrono::microseconds total() const;
};

/// `delivered in 3 ms, read in 1 ms, removed in 1 ms`, or up to where it failed: `delivered in 3 ms, not read: ...`.
/// Not made safe for a terminal.
std::string in_words(const CanaryReport& report);

/// Blocking: as long as the timeout and one call of `inboxes`, with some more calls where something is left to remove.
/// Errors of the server: unavailable, for refusals of both kinds, or timed_out; of the inboxes: theirs. REQUIRES: there
/// is a door.
CanaryReport send_canary(store::Inboxes& inboxes, const CanaryBox& box, const CanaryOptions& options,
                         const Clock& clock);

}  // namespace maildrop::smtp
