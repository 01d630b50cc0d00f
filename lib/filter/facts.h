/// facts.h: what a filter may ask about the world.
///
/// An answer that is not known yet is nullptr, and is noted; who runs the filters asks for all that was noted at once,
/// and has them judge again. So a filter reads as if every answer were there, all lookups of a phase run in parallel,
/// and what was recorded once can be played again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "dns/answer.h"
#include "filter/knowledge.h"
#include "service/request.h"
#include "store/ledger.h"

namespace maildrop::filter {

class Case;

/// What came of a transaction, or of a session, as all filters see it but the one that asks to know: who keeps count of
/// strangers must not go by his own word.
///   good     a message was taken, and they found next to nothing
///   bad      their scores come to what tags a message, or worse; or one of them wants it tagged, or worse. A deferral
///            is not: it says that a filter does not know yet
///   refused  bad, and it was refused or dropped for good
/// Neither good nor bad: what was broken off, and whom somebody allows.
enum class Outcome : std::uint8_t { good, bad, refused };

/// The view of one filter, while it judges. What it points to is there until then.
class Facts {
 public:
  // What one filter may ask for in a phase; the same once more is none. Beyond it has failed.
  static constexpr std::size_t kMostQuestions = 150;  // SPF: ten times ten addresses of MX, and what leads there
  static constexpr std::size_t kMostOperations = 10;  // and the same number of those at_end()
  static constexpr std::size_t kMostCalls = 4;
  static constexpr std::size_t kMostTold = 1024;  // bytes of a fact that is told

  /// Always an answer in the end: one that did not come in time is Status::timed_out, and a name that cannot be one
  /// (empty labels, 300 bytes) is not there: no_name.
  const dns::Answer* dns(std::string_view name, dns::Type type);
  const dns::Answer* dns(const dns::Question& question);

  /// Carried out once in this phase for this recipient, however often it is asked for: the same operation gives the
  /// same answer. timed_out, if that did not come in time; it may be carried out all the same.
  const Result<store::Answer>* ledger(const store::Operation& operation);

  /// A question to a service, asked once in this phase for this recipient, as an operation of the ledger. What stands
  /// between its parts is the message, as far as it has come. timed_out, if there was no answer in time.
  const Result<service::Answer>* call(std::shared_ptr<const service::Request> request);

  /// What a filter before this one in the order told of this transaction, in this phase or an earlier one, or this one
  /// in an earlier one; empty: nothing. At RCPT, of this recipient.
  const std::string* told(std::string_view fact);
  /// Whether it was told at all, if only that it is empty: else its filter is off, or has failed. REQUIRES: told() gave
  /// an answer.
  bool was_told(std::string_view fact) const;
  /// All that told() would say: facts and what was told of them. nullptr: somebody may tell yet.
  using Told = std::vector<std::pair<std::string_view, std::string_view>>;
  const Told* all_told();
  /// For those behind it; `fact` is one of FilterKind::tells. Counts when the filter has come to its end.
  void tell(std::string_view fact, std::string value);

  /// Carried out when it is over and that came of it: asked at connect or HELO, the session, otherwise the transaction;
  /// of several recipients, for the last one that was asked about. Nobody waits for it, and what fails is lost. Counts
  /// when the filter has come to its end.
  void at_end(Outcome outcome, store::Operation operation);

  /// What `make` works out of the transaction, made in the first try of this phase and kept for the others: what is
  /// costly, and small, since it is held while answers are waited for. A filter asks for one type alone.
  template <class T, class Make>
  const T& once(Make make) {
    if (!kept_) kept_ = std::make_shared<const T>(make());
    return *static_cast<const T*>(kept_.get());
  }

  /// The text of the message as people read it (mail::text_of), the first kMostText bytes; made once for all filters.
  static constexpr std::size_t kMostText = 256 * 1024;
  const std::string& text() const;

  Time now() const;  // of the phase; the same in each try

  /// Something that it has asked for is not known yet.
  bool waits() const { return !lookups_.empty() || !errands_.empty() || !calls_.empty() || !tellers_.empty(); }

 private:
  friend class Case;
  /// Whether it may: what it has asked for before costs nothing. If not, it has asked for too much.
  bool may_ask(bool before, std::size_t until_now, std::size_t most, std::string_view what);
  Facts(Case& of, std::size_t filter, bool late, std::shared_ptr<const void>& kept)
      : case_(of), filter_(filter), late_(late), kept_(kept) {}

  Case& case_;
  std::size_t filter_;
  bool late_;  // what is not known is not waited for
  std::shared_ptr<const void>& kept_;
  std::string too_much_{};         // of what it has asked for; empty: of nothing
  std::set<dns::Question> asked_;  // each once, whatever is known of it, and also where Knowledge has no room for it
  std::vector<const Knowledge::Errand*> ordered_;  // the same
  std::size_t asked_calls_ = 0;
  Told all_told_;
  // What it waits for.
  std::vector<const Knowledge::Lookup*> lookups_;
  std::vector<const Knowledge::Errand*> errands_;
  std::vector<const Knowledge::Call*> calls_;
  std::vector<std::size_t> tellers_;  // filters, in the order of the chain
  // What it went by: of asked_, and what is known.
  std::vector<std::pair<const dns::Question*, const dns::Answer*>> used_;
  std::vector<std::pair<std::string_view, std::string>> told_;
  std::vector<std::pair<Outcome, store::Operation>> wishes_;
};

}  // namespace maildrop::filter
