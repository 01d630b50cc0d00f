/// verdict.h: an opinion about a transaction, and who gives it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mail/transaction.h"
#include "store/store.h"

namespace maildrop::filter {

/// When filters are asked, in this order. headers: after the header, before the body has arrived.
enum class Phase : std::uint8_t { connect, helo, mail, rcpt, headers, message };
/// As metrics have them, in the order of Phase.
inline constexpr std::string_view kPhaseNames[] = {"connect", "helo", "mail", "rcpt", "headers", "message"};
inline constexpr std::uint8_t bit(Phase phase) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(phase)); }

/// pass, tag and quarantine let the transaction go on. defer is 4xx, reject 5xx. discard accepts the message and drops
/// it; said of a recipient, it drops his copy alone. disconnect refuses and closes. delay lets it go on after a pause,
/// of kLongestDelay at most; without one where flood.held connections wait already, and a drain ends it.
enum class Action : std::uint8_t { pass, tag, quarantine, defer, reject, discard, disconnect, delay };
inline constexpr std::chrono::seconds kLongestDelay{30};  // a client waits for minutes, but its connection is held

/// Verdict::by, where it is the sum of all scores that decided: no filter has that name.
inline constexpr std::string_view kSum = "score";

struct Verdict {
  Action action = Action::pass;
  double score = 0;
  std::string reply;      // for the peer: `550 5.7.1 text`; empty: the phase's standard reply
  std::string reason;     // for operators
  std::string by{};       // the filter whose action it is; kSum: the sum's; empty: nobody's, or of a pass
  bool evidence = false;  // what was seen of the mail and its client (Evidence::own) is enough for the action
  std::chrono::milliseconds delay{0};

  bool refuses() const { return action == Action::defer || action == Action::reject || action == Action::disconnect; }
};

/// Whom findings are of: a message, and all who get it; the recipient who was asked about last; one about whom nobody
/// was asked, as there is no such inbox. What was found of one recipient is not told of another.
enum class About : std::uint8_t { message, recipient, unasked_recipient };

/// What becomes of a message, from best to worst for its sender. deferred: it was told to come again, and nobody knows
/// whether it would have.
enum class Fate : std::uint8_t { accepted, tagged, quarantined, discarded, deferred, rejected };
inline constexpr std::size_t kFates = 6;
/// In the order of Fate.
inline constexpr std::array<std::string_view, kFates> kFateNames{"accepted",  "tagged",   "quarantined",
                                                                 "discarded", "deferred", "rejected"};
constexpr std::string_view name_of(Fate fate) { return kFateNames[static_cast<std::size_t>(fate)]; }

/// A fate, and whose it is.
struct Upshot {
  Fate fate{};
  std::string by{};      // as Verdict::by; empty: of accepted ones
  double score = 0;      // the sum of all that count
  std::string reason{};  // one line, for operators; may hold anything that a stranger wrote
};

/// What is kept with a message, or reported of who was refused.
struct Judgement {
  store::Mark mark = store::Mark::none;
  std::string by{};                // whose the mark is, as Verdict::by
  bool evidence = false;           // for the mark, as Verdict::evidence
  std::optional<float> score{};    // nothing: nobody judged it
  std::string verdicts{};          // filter/trace.h
  std::optional<Upshot> shadow{};  // of the rules that only look on (filter/shadow_judge.h), where they have an opinion
};

/// How long a verdict is waited for: a peer hears its reply within 2 s, whatever hangs. A pause that is meant is a
/// delay.
inline constexpr std::chrono::milliseconds kVerdictTime{1900};

/// One session before a Judge: the home of what is remembered of it from phase to phase. Owned by its connection; used,
/// and destroyed with it, on its loop's thread.
class Trial {
 public:
  using Done = std::function<void(Verdict)>;
  virtual ~Trial() = default;

  /// Must not block. Calls `done` on that same thread, at once or later; only the first call counts. Where none comes,
  /// the answer is a defer, and the log tells why: this threw, all copies of `done` are gone without a call (they go
  /// on that thread, too), kVerdictTime is over, the server drains. A call that is too late, even after the connection
  /// has ended, does nothing, and the next question may be put before it. The transaction is as it was asked about
  /// while the answer is waited for; it stays in its place as long as the Trial.
  virtual void judge(Phase phase, const mail::Transaction& transaction, Done done) = 0;

  /// Nobody waits for the open question, if there is one: nothing is looked at for it any more.
  virtual void give_up() {}

  /// What was found of the session until now, and of that.
  virtual Judgement judgement(About) { return {}; }
  /// What filters told of its session and transaction (FilterKind::tells); nullptr: nothing. Until the next question.
  virtual const std::string* told(std::string_view) const { return nullptr; }
};

/// Whoever is asked for verdicts: one for all loops. Thread-safe.
class Judge {
 public:
  virtual ~Judge() = default;

  /// What it goes by now, for sessions that begin with it: they are judged by it to their end.
  struct Terms {
    std::uint8_t phases = 0;              // bit() of each phase it wants to be asked at
    std::shared_ptr<const void> rules{};  // its own
  };
  virtual Terms terms() const = 0;

  /// For a session on that loop (an index of service::Loops), when it is asked for the first time; again when XCLIENT
  /// has made its peer another one. May throw, as Trial::judge().
  virtual std::unique_ptr<Trial> begin(std::size_t loop, const Terms& terms) = 0;
};

}  // namespace maildrop::filter
