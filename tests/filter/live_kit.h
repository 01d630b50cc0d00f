/// live_kit.h: filters before sessions on a loop, with a world that does what a test says.
#pragma once

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "filter/kit.h"
#include "filter/live_judge.h"
#include "filter/service_kit.h"
#include "service/loops.h"
#include "store/bookkeeper.h"
#include "store/memory_ledger.h"

namespace maildrop::filter::test {

inline constexpr std::uint8_t kConnect = bit(Phase::connect);
inline constexpr std::chrono::seconds kPatience{10};

/// Answers from tables: at once, later, or when a test says so.
class TableResolver final : public dns::Resolver {
 public:
  explicit TableResolver(boost::asio::io_context& loop) : loop_(loop) {}

  dns::Lookup ask(const dns::Question& question, const IpAddress& source, Done done) override {
    sources.insert(source);
    ++asked;
    if (const auto known = at_once.find(question.name); known != at_once.end()) return dns::Lookup(known->second);
    auto kept = std::make_shared<Done>(std::move(done));
    if (const auto known = later.find(question.name); known != later.end()) {
      boost::asio::post(loop_, [kept, answer = known->second] { tell(kept, answer); });
    } else {
      waiting.emplace(question.name, kept);
    }
    return dns::Lookup(kept);
  }

  static void tell(const std::shared_ptr<Done>& kept, const dns::Answer& answer) {
    const Done done = *kept;
    if (done) done(answer);
  }

  std::map<std::string, dns::Answer> at_once;
  std::map<std::string, dns::Answer> later;
  std::multimap<std::string, std::shared_ptr<Done>> waiting;
  int asked = 0;
  std::set<IpAddress> sources;

 private:
  boost::asio::io_context& loop_;
};

/// Looks a name up, and scores what it finds.
inline Chain::Link looks_up(std::string name, FilterUse use = scored()) {
  return link("list", kConnect | bit(Phase::mail), use, [name](Phase, const mail::Transaction&, Facts& facts) {
    const dns::Answer* answer = facts.dns(name, dns::Type::a);
    if (!answer) return Finding{};
    if (!dns::is_known(answer->status)) return Finding::fail("no answer");
    return Finding::score_of(static_cast<double>(answer->records.size()), "found");
  });
}

struct Stage {
  explicit Stage(std::shared_ptr<const Chain> chain)
      : loops(1),
        resolver(loops.at(0).context()),
        services(std::make_unique<service::ServiceClient>(loops.at(0).context())),
        served(loops.at(0).context()),
        ledger(store::make_memory_ledger(clock, 100)),
        bookkeeper(*ledger, metrics),
        judge({{{loops.at(0).context(), resolver, *services}}, bookkeeper, clock, metrics, Millis(0)},
              std::move(chain)) {
    loops.start();
  }
  ~Stage() {
    on_loop([this] {
      trial.reset();
      services.reset();
      served.close();
    });
    loops.finish();
    loops.join();
  }

  template <class Run>
  void on_loop(Run run) {
    std::promise<void> ran;
    boost::asio::post(loops.at(0).context(), [&] {
      run();
      ran.set_value();
    });
    REQUIRE(ran.get_future().wait_for(kPatience) == std::future_status::ready);
  }

  std::future<Verdict> ask(Phase phase) {
    auto verdict = std::make_shared<std::promise<Verdict>>();
    on_loop([&] {
      if (!trial) trial = judge.begin(0, judge.terms());
      trial->judge(phase, transaction, [verdict](Verdict said) { verdict->set_value(std::move(said)); });
    });
    return verdict->get_future();
  }

  static Verdict wait(std::future<Verdict> verdict) {
    REQUIRE(verdict.wait_for(kPatience) == std::future_status::ready);
    return verdict.get();
  }

  SystemClock clock;
  metrics::Registry metrics;
  service::Loops loops;
  TableResolver resolver;
  std::unique_ptr<service::ServiceClient> services;
  Service served;
  std::unique_ptr<store::Ledger> ledger;
  store::Bookkeeper bookkeeper;
  LiveJudge judge;
  mail::Transaction transaction = transaction_of("192.0.2.1");
  std::unique_ptr<Trial> trial;
};

}  // namespace maildrop::filter::test
