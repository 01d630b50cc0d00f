/// sample_judge.h: recorded messages before the filters of this process, one after the other, as on the day.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "filter/chain.h"
#include "replay/fact_book.h"
#include "replay/outcome.h"
#include "store/ledger.h"

namespace maildrop::replay {

/// Who answers what is not known yet; in the order of the questions. Without, nobody does: `failed`.
using AskMore = std::function<Result<std::vector<dns::Answer>>(const std::vector<dns::Question>& questions)>;

/// Keeps a ledger, which begins empty, as greylisting, rates and reputation do of a day's mail; its time is that of the
/// messages, and never goes back: one that came before another that was judged is judged at the time of that one.
/// Services are not there. Deterministic: the same messages in the same order, with the same facts, have the same
/// outcomes but for their costs. Not thread-safe.
class SampleJudge {
 public:
  /// `config` outlives it; the chain is of that.
  SampleJudge(const Config& config, std::shared_ptr<const filter::Chain> chain);
  ~SampleJudge();

  void ask_more(AskMore ask) { ask_more_ = std::move(ask); }
  /// Outcome::parts is wanted.
  void tell_parts();

  /// `known` has all in the end that it was judged by. An error is of this message alone:
  /// as script_of() (sample_script.h), or what was asked could not be asked at all.
  Result<Outcome> judge(const Sample& sample, DnsFacts& known);

  /// How many were judged at a time that was not theirs.
  std::uint64_t late() const { return late_; }
  /// Questions that nothing was known of, of all messages.
  std::uint64_t unknown() const { return unknown_; }

 private:
  class Day;
  class World;
  const Config& config_;
  const std::shared_ptr<const filter::Chain> chain_;
  const std::unique_ptr<Day> day_;
  const std::unique_ptr<store::Ledger> ledger_;
  AskMore ask_more_;
  std::optional<filter::Rules> bare_;  // for Outcome::parts
  std::uint64_t late_ = 0, unknown_ = 0;
};

}  // namespace maildrop::replay
