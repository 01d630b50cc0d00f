/// judged_run.cc: a reader, those who look ahead, and who judges.
#include "replay/judged_run.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "core/clock.h"
#include "dns/ask_all.h"
#include "filter/rehearsal.h"
#include "replay/sample_judge.h"
#include "replay/sample_line.h"
#include "replay/sample_script.h"

namespace maildrop::replay {

namespace {

constexpr unsigned kAhead = 16;  // threads: each waits for the DNS most of its time
constexpr std::chrono::milliseconds kLookEvery{100};

/// No filter waits longer.
DnsSettings dns_settings(const Config& config) {
  DnsSettings settings = config.dns;
  settings.timeout = std::min(settings.timeout, config.filter.timeout);
  return settings;
}

/// Stands still.
class Moment final : public Clock {
 public:
  explicit Moment(Time time) : time_(time) {}
  Time now() const override { return time_; }
  Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }

 private:
  const Time time_;
};

/// The DNS alone answers: filters that wait for the ledger go on without, and ask what they would ask all the same.
class Ahead final : public filter::World {
 public:
  Ahead(dns::Asker& asker, DnsFacts& facts) : asker_(asker), facts_(facts) {}

 protected:
  Result<bool> answer(filter::Case& session, const mail::Transaction&) override {
    const std::vector<dns::Question> questions = session.take_questions();
    std::vector<dns::Question> unknown;
    for (const dns::Question& each : questions)
      if (facts_.find(each) == facts_.end()) unknown.push_back(each);
    const std::vector<dns::Answer> answers = asker_.ask(unknown);
    for (std::size_t i = 0; i < unknown.size(); ++i) facts_.emplace(unknown[i], answers[i]);
    for (const dns::Question& each : questions) session.know(each, facts_.find(each)->second);
    return !questions.empty();
  }

 private:
  dns::Asker& asker_;
  DnsFacts& facts_;
};

}  // namespace

/// All have ended when it goes.
class JudgedRun::Threads {
 public:
  explicit Threads(SampleLine& line) : line_(line) {}
  ~Threads() {
    line_.abandon();
    for (std::thread& each : threads_) each.join();
  }
  template <class Work>
  Result<void> start(Work work) try {
    threads_.emplace_back(std::move(work));
    return {};
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, std::string("cannot start a thread: ") + error.what());
  }

 private:
  SampleLine& line_;
  std::vector<std::thread> threads_;
};

Result<void> JudgedRun::run(Source& source, const Told& told, const GoOn& go_on) {
  SampleLine line(options_.asks);
  SampleJudge judge(config_, chain_);
  if (options_.parts) judge.tell_parts();
  std::optional<SampleJudge> reference;
  if (options_.reference.config) reference.emplace(*options_.reference.config, options_.reference.chain);
  std::unique_ptr<dns::Asker> asker;
  if (options_.asks) {
    asker = std::make_unique<dns::Asker>(dns_settings(config_));
    const auto ask = [&asker](const std::vector<dns::Question>& questions) { return asker->ask(questions); };
    judge.ask_more(ask);
    if (reference) reference->ask_more(ask);
  }
  Threads threads(line);
  TRY(threads.start([&] { read_all(source, line); }));
  for (unsigned i = 0; options_.asks && i < kAhead; ++i) TRY(threads.start([&] { look_ahead(line); }));
  Monotonic next_look{};
  const auto look = [&] {
    const Monotonic now = std::chrono::steady_clock::now();
    if (now < next_look) return true;
    next_look = now + kLookEvery;
    state_.of = of_;
    return go_on(state_);
  };
  while (look()) {
    const std::unique_ptr<SampleLine::Place> place = line.pop(look);
    if (!place) break;
    ++state_.read;
    if (!place->sample) {
      told({.outcome = tl::unexpected(place->sample.error())});
      continue;
    }
    JudgedMessage message{.name = place->sample->name, .outcome = judge.judge(*place->sample, place->facts)};
    const Result<Outcome>& outcome = message.outcome;
    if (reference && outcome) {
      auto before = reference->judge(*place->sample, place->facts);
      if (before) message.before = std::move(*before);
    }
    if (options_.keys || options_.record) message.key = fact_key(*place->sample);
    if (options_.parts) message.likeness = likeness_of(place->sample->data);
    state_.late = judge.late();
    if (!options_.asks) state_.unknown = judge.unknown();
    if (outcome) state_.bytes += outcome->size;
    if (outcome && options_.record) TRY(options_.record->add(message.key, place->facts));
    told(std::move(message));
  }
  go_on(state_);
  return {};
}

/// What it throws (no memory) ends the reading, and is told as one that is broken.
void JudgedRun::read_all(Source& source, SampleLine& line) try {
  for (std::uint64_t taken = 0; options_.limit == 0 || taken < options_.limit; ++taken) {
    std::optional<Result<Sample>> next = source.next();
    if (!next) break;
    if (const auto left = source.left(); left && taken == 0)
      of_ = options_.limit == 0 ? *left + 1 : std::min(*left + 1, options_.limit);
    SampleLine::Place place{std::move(*next)};
    if (place.sample) {
      Envelope& envelope = place.sample->envelope;
      if (options_.from) envelope.from = options_.from;
      if (!options_.rcpt.empty()) envelope.to = options_.rcpt;
      if (options_.facts) {
        auto facts = options_.facts->of(fact_key(*place.sample));
        if (!facts)
          place.sample = tl::unexpected(facts.error());
        else if (*facts)
          place.facts = std::move(**facts);
      }
    }
    if (!line.push(std::move(place))) return;
  }
  line.close();
} catch (const std::exception& error) {
  line.push({fail(Code::internal, std::string("reading ended: ") + error.what())});
  line.close();
}

void JudgedRun::look_ahead(SampleLine& line) const {
  dns::Asker asker(dns_settings(config_));
  while (SampleLine::Place* place = line.to_prepare()) {
    try {
      if (auto script = script_of(*place->sample, config_)) {
        const Moment moment(place->sample->envelope.received.value_or(Time()));
        Ahead world(asker, place->facts);
        filter::Rehearsal(chain_, moment, world)
            .run(std::move(*script), [](filter::Phase, const mail::Transaction&, const filter::Verdict&) {});
      }
    } catch (const std::exception&) {  // no memory: who judges asks for what is missing
    }
    line.prepared(*place);
  }
}

}  // namespace maildrop::replay
