/// judged_run.h: a run of recorded mail through the filters of this process.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/result.h"
#include "filter/chain.h"
#include "replay/fact_book.h"
#include "replay/likeness.h"
#include "replay/outcome.h"
#include "replay/source.h"

namespace maildrop::replay {

struct JudgedRunOptions {
  std::uint64_t limit = 0;          // messages, broken ones included; 0: all
  std::vector<std::string> rcpt{};  // in place of those that are recorded; empty: those
  std::optional<std::string> from{};
  const FactBook* facts = nullptr;  // what was recorded before
  bool asks = false;                // the DNS about what is not known
  FactWriter* record = nullptr;     // told what each was judged by
  bool keys = false;                // JudgedMessage::key is wanted
  bool parts = false;               // Outcome::parts and JudgedMessage::likeness are
  /// Judges all, too, by a ledger of its own: for JudgedMessage::before.
  struct Reference {
    const Config* config = nullptr;
    std::shared_ptr<const filter::Chain> chain{};
  };
  Reference reference{};  // without a configuration there is none
};

struct JudgedMessage {
  std::string name{};  // empty: it could not be read, which the error tells
  std::string key{};   // fact_key()
  Likeness likeness{};
  Result<Outcome> outcome;          // or why it is broken
  std::optional<Outcome> before{};  // by the reference
};

/// Counted, besides the outcomes.
struct JudgedRunState {
  std::uint64_t read = 0;     // broken ones included
  std::uint64_t of = 0;       // that there are, and will be judged; 0: it is not known
  std::uint64_t bytes = 0;    // of messages that were judged
  std::uint64_t late = 0;     // SampleJudge::late()
  std::uint64_t unknown = 0;  // SampleJudge::unknown(), where nobody was asked
};

/// Messages are read on a thread of its own; where the DNS is asked, 16 others find out ahead what each will ask. They
/// are judged one after the other, in their order, on the caller's thread (sample_judge.h): so the outcomes do not
/// depend on the number of threads. Memory: SampleLine's, whatever is read.
class JudgedRun {
 public:
  /// All given outlives it.
  JudgedRun(const Config& config, std::shared_ptr<const filter::Chain> chain, const JudgedRunOptions& options)
      : config_(config), chain_(std::move(chain)), options_(options) {}

  /// In order.
  using Told = std::function<void(JudgedMessage message)>;
  /// Asked about ten times a second: false ends the run.
  using GoOn = std::function<bool(const JudgedRunState&)>;
  /// Once. `source` is used on another thread until this returns.
  ///   unavailable  there can be no thread or no resolver, or what is recorded cannot be written
  Result<void> run(Source& source, const Told& told, const GoOn& go_on);

  const JudgedRunState& state() const { return state_; }

 private:
  class Threads;
  void read_all(Source& source, class SampleLine& line);
  void look_ahead(class SampleLine& line) const;

  const Config& config_;
  const std::shared_ptr<const filter::Chain> chain_;
  const JudgedRunOptions& options_;
  JudgedRunState state_;
  std::atomic<std::uint64_t> of_{0};  // for state_, by who reads
};

}  // namespace maildrop::replay
