/// shadow_judge.cc: asks both at once, and goes on when the one in force has spoken and the other has, or had his time.
#include "filter/shadow_judge.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <optional>
#include <string>
#include <utility>

#include "filter/fate.h"
#include "filter/heard_once.h"
#include "filter/trace.h"

namespace maildrop::filter {

namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
using std::chrono::milliseconds;

/// Before who asked goes on without a verdict.
constexpr milliseconds kSpare{100};

struct BothTerms {
  Judge::Terms in_force, shadow;
};

/// At RCPT, of the recipient.
About about_of(Phase phase) { return phase == Phase::rcpt ? About::recipient : About::message; }

}  // namespace

struct ShadowJudge::Shared {
  Judge& in_force;
  Judge& shadow;
  std::vector<std::reference_wrapper<asio::io_context>> loops;
  metrics::Registry& metrics;
  milliseconds grace;
  metrics::Counter& missed;

  void count(const Upshot& in_force_does, const Upshot& shadow_would) const {
    metrics
        .counter(kFates, kFatesHelp,
                 "fate=\"" + std::string(name_of(in_force_does.fate)) + "\",shadow=\"" +
                     std::string(name_of(shadow_would.fate)) + "\"")
        .add();
  }

  static constexpr std::string_view kFates = "maildrop_filter_shadow_total";
  static constexpr std::string_view kFatesHelp =
      "Messages, and recipients and sessions that were refused: what became of them, and what would have by "
      "filter.shadow";
};

/// One of the two, and what comes of its verdicts.
struct Side {
  std::unique_ptr<Trial> trial;
  std::uint8_t phases = 0;
  SessionFate fate{};

  bool wants(Phase phase) const { return trial && (phases & bit(phase)) != 0; }
  Upshot upshot(About about) const {
    if (!trial || about != About::message) return fate.of(about, {});
    const Judgement judgement = trial->judgement(about);
    return fate.of(about, {judgement.mark, judgement.by, judgement.evidence});
  }
};

class ShadowJudge::ShadowTrial final : public Trial {
 public:
  ShadowTrial(const Shared& shared, std::size_t loop, const BothTerms& terms)
      : shared_(shared),
        in_force_{shared.in_force.begin(loop, terms.in_force), terms.in_force.phases},
        timer_(shared.loops.at(loop).get().get_executor()) {
    try {
      shadow_ = {shared.shadow.begin(loop, terms.shadow), terms.shadow.phases};
    } catch (...) {  // no memory: without it
      shared_.missed.add();
    }
  }

  void judge(Phase phase, const mail::Transaction& transaction, Done done) override {
    give_up();
    const auto question = std::make_shared<Question>();
    question->phase = phase;
    question->began = Steady::now();
    question->done = std::move(done);
    question_ = question;
    begin(phase);
    ask_shadow(question, transaction);
    if (!in_force_.wants(phase)) return decide(*question, Verdict());
    in_force_.trial->judge(phase, transaction, done_of([this, weak = std::weak_ptr(question)](auto verdict) {
                             const std::shared_ptr<Question> open = weak.lock();
                             if (!open) return;
                             open->in_force_over = true;
                             if (!verdict) return give_up();
                             decide(*open, std::move(*verdict));
                           }));
  }

  Judgement judgement(About about) override {
    Judgement judgement = in_force_.trial->judgement(about);
    if (!shadow_.trial || missed_ != 0) return judgement;
    judgement.shadow = shadow_.upshot(about);
    judgement.verdicts += format_shadow(*judgement.shadow);
    return judgement;
  }

  const std::string* told(std::string_view fact) const override { return in_force_.trial->told(fact); }

  void give_up() override {
    timer_.cancel();
    if (const auto question = std::exchange(question_, nullptr)) {
      if (!question->in_force_over) in_force_.trial->give_up();
      if (!question->shadow_over) cut(*question);
    }
  }

 private:
  /// Callbacks hold it weakly: when it is gone, nobody waits for them.
  struct Question {
    Phase phase{};
    Steady::time_point began{};
    Done done{};
    std::optional<Verdict> verdict{};  // of who is in force
    bool in_force_over = false, shadow_over = false;
  };

  void begin(Phase phase) {
    if (phase != Phase::rcpt) missed_ &= bit(phase) - 1;  // what came of the phases from here on is void
    in_force_.fate.begin(phase);
    shadow_.fate.begin(phase);
  }

  /// First: while it waits for the world, the other does.
  void ask_shadow(const std::shared_ptr<Question>& question, const mail::Transaction& transaction) {
    if (!shadow_.wants(question->phase)) {
      question->shadow_over = true;
      return;
    }
    try {
      shadow_.trial->judge(question->phase, transaction, done_of([this, weak = std::weak_ptr(question)](auto verdict) {
                             if (const std::shared_ptr<Question> open = weak.lock()) hear_shadow(*open, verdict);
                           }));
    } catch (...) {
      hear_shadow(*question, {});
    }
  }

  void hear_shadow(Question& question, const std::optional<Verdict>& verdict) {
    if (question.shadow_over) return;
    if (!verdict) miss(question);
    if (verdict) shadow_.fate.decided(*verdict);
    question.shadow_over = true;
    if (question.verdict) end();
  }

  void decide(Question& question, Verdict verdict) {
    if (in_force_.wants(question.phase)) in_force_.fate.decided(verdict);
    question.verdict = std::move(verdict);
    if (question.shadow_over) return end();
    const auto elapsed = Steady::now() - question.began;
    timer_.expires_after(std::min<Steady::duration>(shared_.grace, kVerdictTime - kSpare - elapsed));
    timer_.async_wait([this, weak = std::weak_ptr(question_)](const boost::system::error_code& error) {
      const std::shared_ptr<Question> open = weak.lock();
      if (error || !open) return;
      cut(*open);
      end();
    });
  }

  /// What would become of the transaction cannot be told from then on.
  void miss(Question& question) {
    question.shadow_over = true;
    missed_ |= bit(question.phase);
    shared_.missed.add();
  }
  void cut(Question& question) {
    miss(question);
    shadow_.trial->give_up();
  }

  void end() {
    timer_.cancel();
    const std::shared_ptr<Question> question = std::exchange(question_, nullptr);
    const Verdict& verdict = *question->verdict;
    const bool over = question->phase == Phase::message || verdict.refuses() ||
                      (question->phase == Phase::rcpt && verdict.action == Action::discard);
    if (over && shadow_.trial && missed_ == 0) {
      const About about = about_of(question->phase);
      shared_.count(in_force_.upshot(about), shadow_.upshot(about));
    }
    const Done done = std::move(question->done);
    done(*std::move(question->verdict));
  }

  const Shared& shared_;
  Side in_force_, shadow_{};
  Timer timer_;
  std::shared_ptr<Question> question_{};  // that is open
  unsigned missed_ = 0;                   // bit() of each phase that the shadow said nothing of
};

ShadowJudge::ShadowJudge(Judge& in_force, Judge& shadow, std::vector<std::reference_wrapper<asio::io_context>> loops,
                         metrics::Registry& metrics, milliseconds grace)
    : shared_(new Shared{in_force, shadow, std::move(loops), metrics, grace,
                         metrics.counter("maildrop_filter_shadow_missed_total",
                                         "Phases at which filter.shadow gave no verdict in time")}) {
  metrics.counters(Shared::kFates, Shared::kFatesHelp);
}
ShadowJudge::~ShadowJudge() = default;

Judge::Terms ShadowJudge::terms() const {
  BothTerms both{shared_->in_force.terms(), shared_->shadow.terms()};
  const auto phases = static_cast<std::uint8_t>(both.in_force.phases | both.shadow.phases);
  return {phases, std::make_shared<const BothTerms>(std::move(both))};
}

std::unique_ptr<Trial> ShadowJudge::begin(std::size_t loop, const Terms& terms) {
  const auto both = std::static_pointer_cast<const BothTerms>(terms.rules);
  if (both->shadow.phases == 0) return shared_->in_force.begin(loop, both->in_force);
  return std::make_unique<ShadowTrial>(*shared_, loop, *both);
}

}  // namespace maildrop::filter
