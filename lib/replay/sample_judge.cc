/// sample_judge.cc: from a record to a transaction, and from what was found to a fate.
#include "replay/sample_judge.h"

#include <algorithm>
#include <map>
#include <utility>

#include "filter/rehearsal.h"
#include "filter/scoring.h"
#include "filter/world.h"
#include "replay/sample_script.h"
#include "replay/weigh.h"
#include "store/memory_ledger.h"

namespace maildrop::replay {

namespace {

/// All phases and recipients of one message, as they are decided.
struct Sheet {
  std::vector<Step> steps;
  std::map<std::size_t, std::uint64_t> micros;
};

void note(const filter::Findings& findings, filter::Phase phase, Sheet& sheet) {
  Step step{phase};
  findings.each([&](std::size_t filter, const filter::Finding& finding, std::uint64_t micros) {
    sheet.micros[filter] += micros;
    if (!is_silent(finding)) step.found.emplace_back(filter, finding);
  });
  sheet.steps.push_back(std::move(step));
}

std::vector<Hit> hits_of(const filter::Rules& rules, const std::vector<Step>& steps) {
  std::map<std::size_t, Hit> hits;
  for (const Step& step : steps) {
    for (const auto& [filter, finding] : step.found) {
      const filter::Effect effect = filter::effect_of(rules.filters[filter].use, finding);
      Hit& hit = hits[filter];
      hit.filter = filter;
      hit.score += effect.score;
      hit.counts = effect.counts;
      hit.failed |= finding.failed;
      if (filter::rank_of(finding.action) > filter::rank_of(hit.action)) hit.action = finding.action;
      if (hit.reason.empty()) hit.reason = finding.reason;
    }
  }
  std::vector<Hit> found;
  for (auto& [filter, hit] : hits) {
    hit.without = weigh(rules, steps, filter).fate;
    found.push_back(std::move(hit));
  }
  return found;
}

}  // namespace

/// The wall clock is that of the messages; the other hand is real, as it measures what filters cost.
class SampleJudge::Day final : public Clock {
 public:
  Time now() const override { return now_; }
  Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
  /// false: it is later already.
  bool go_on_to(Time time) {
    if (time < now_) return false;
    now_ = time;
    return true;
  }

 private:
  Time now_{};
};

class SampleJudge::World final : public filter::World {
 public:
  World(SampleJudge& judge, DnsFacts& known) : judge_(judge), known_(known) {}

 protected:
  Result<bool> answer(filter::Case& session, const mail::Transaction&) override {
    Result<bool> done = true;
    std::vector<dns::Question> unknown;
    for (const dns::Question& question : session.take_questions()) {
      const auto found = known_.find(question);
      if (found == known_.end())
        unknown.push_back(question);
      else
        session.know(question, found->second);
    }
    if (!unknown.empty()) {
      judge_.unknown_ += unknown.size();
      auto answers = judge_.ask_more_ ? judge_.ask_more_(unknown) : std::vector<dns::Answer>(unknown.size());
      if (!answers) done = tl::unexpected(answers.error());
      for (std::size_t i = 0; i < unknown.size(); ++i) {
        dns::Answer answer = answers ? std::move(answers->at(i)) : dns::Answer();
        if (judge_.ask_more_ && answers) known_.emplace(unknown[i], answer);
        session.know(unknown[i], std::move(answer));
      }
    }
    for (const filter::Knowledge::Errand* errand : session.take_errands())
      session.know(errand->number, judge_.ledger_->run(errand->operation));
    for (const filter::Knowledge::Call* call : session.take_calls())
      session.know_call(call->number, fail(Code::unavailable, "services are not asked about recorded mail"));
    return done;
  }

 private:
  SampleJudge& judge_;
  DnsFacts& known_;
};

SampleJudge::SampleJudge(const Config& config, std::shared_ptr<const filter::Chain> chain)
    : config_(config),
      chain_(std::move(chain)),
      day_(std::make_unique<Day>()),
      ledger_(store::make_memory_ledger(*day_, config.limits.ledger)) {}

SampleJudge::~SampleJudge() = default;

void SampleJudge::tell_parts() { bare_ = bare_rules(chain_->rules()); }

Result<Outcome> SampleJudge::judge(const Sample& sample, DnsFacts& known) {
  filter::Script script = TRY(script_of(sample, config_));
  const Time time = sample.envelope.received.value_or(day_->now());
  if (!day_->go_on_to(time)) ++late_;
  World world(*this, known);
  filter::Rehearsal rehearsal(chain_, *day_, world);
  Sheet sheet;
  TRY(rehearsal.run(std::move(script), [&](filter::Phase phase, const mail::Transaction&, const filter::Verdict&) {
    note(rehearsal.session().findings(), phase, sheet);
  }));
  for (store::Operation& operation : rehearsal.take_errands_behind()) ledger_->run(operation);
  const filter::Rules& rules = chain_->rules();
  filter::Upshot upshot = weigh(rules, sheet.steps);
  Outcome outcome;
  outcome.name = sample.name;
  outcome.label = sample.label;
  outcome.time = time;
  outcome.size = sample.data.size();
  outcome.fate = upshot.fate;
  outcome.by = std::move(upshot.by);
  outcome.score = upshot.score;
  outcome.hits = hits_of(rules, sheet.steps);
  if (bare_) outcome.parts = parts_of(*bare_, sheet.steps);
  for (const auto& [filter, micros] : sheet.micros) outcome.costs.push_back({filter, micros});
  return outcome;
}

}  // namespace maildrop::replay
