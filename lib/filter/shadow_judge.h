/// shadow_judge.h: two judges before the same sessions: what the one says is done, and what the other says is kept, to
/// see what would come of its rules.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "core/metrics.h"
#include "filter/verdict.h"

namespace maildrop::filter {

class ShadowJudge final : public Judge {
 public:
  /// What the shadow may take longer than who is in force: so much longer a client waits at most. What it would have
  /// said of that phase, and so of the message, is not known then, and counted as missed.
  static constexpr std::chrono::milliseconds kGrace{500};

  /// All outlive it, and it outlives its trials. `loops` by their index of service::Loops.
  ShadowJudge(Judge& in_force, Judge& shadow, std::vector<std::reference_wrapper<boost::asio::io_context>> loops,
              metrics::Registry& metrics, std::chrono::milliseconds grace = kGrace);
  ~ShadowJudge() override;

  /// Phases that either of them wants to be asked at.
  Terms terms() const override;
  /// Its verdicts, and what is told, are of the one in force alone; whatever the shadow does changes nothing but how
  /// long they take. Judgement::shadow has what the shadow would have done, behind a refusal too: of a message that it
  /// would have refused at RCPT, that; of one that was refused before it was whole, what it came to until then.
  std::unique_ptr<Trial> begin(std::size_t loop, const Terms& terms) override;

 private:
  struct Shared;
  class ShadowTrial;
  std::unique_ptr<Shared> shared_;
};

}  // namespace maildrop::filter
