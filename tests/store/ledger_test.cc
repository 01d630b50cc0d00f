/// ledger_test.cc: all ledgers keep the contract, do what a few lines of code say they must, and share exactly.
#include "store/ledger.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "store/ledger_contract.h"
#include "store/ledger_reader_contract.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("every ledger keeps the contract") {
  for (const std::string& scheme : kLedgers) {
    std::vector<LedgerScene> scenes(std::begin(kLedgerScenes), std::end(kLedgerScenes));
    scenes.insert(scenes.end(), std::begin(kLedgerReaderScenes), std::end(kLedgerReaderScenes));
    for (const LedgerScene& scene : scenes) {
      World world(scheme);
      const auto ledger = open_ledger_of(world);
      INFO(scheme << ": " << scene.name);
      LedgerStage stage{world, *ledger};
      scene.play(stage);
    }
  }
}

namespace {

/// Keeps all events: of a bucket how many tokens are missing, of a sum what came in each window.
class Model {
 public:
  Answer operator()(const Operation& op, Time at) {
    const std::int64_t now = to_millis(at);
    Answer answer;
    switch (op.kind) {
      case Operation::Kind::add: {
        const std::int64_t window = op.time.count();
        auto& windows = sums_[op.key];
        windows[now / window] += op.amount;
        answer.current = windows[now / window];
        const double share = 1.0 - static_cast<double>(now % window) / static_cast<double>(window);
        sum = static_cast<double>(answer.current) + share * static_cast<double>(windows[now / window - 1]);
        return answer;
      }
      case Operation::Kind::take: {
        auto& [missing, as_of] = buckets_[op.key];
        const double per_ms = op.rate.tokens / static_cast<double>(op.rate.per.count());
        missing = std::max(0.0, missing - static_cast<double>(now - as_of) * per_ms);
        as_of = now;
        answer.granted = missing + static_cast<double>(op.amount) <= op.rate.burst + 1e-6;
        if (answer.granted) missing += static_cast<double>(op.amount);
        return answer;
      }
      default: break;
    }
    auto found = records_.find(op.key);
    if (found != records_.end() && found->second.until <= at) found = records_.erase(found), found = records_.end();
    if (found != records_.end()) answer = found->second;
    answer.found = found != records_.end();
    const bool makes = op.kind == Operation::Kind::put || (op.kind == Operation::Kind::note && !answer.found);
    if (makes) {
      Answer& record = records_[op.key];
      record.since = at;
      record.until = at + op.time;
      record.value = op.value;
    }
    if (op.kind == Operation::Kind::remove) records_.erase(op.key);
    return answer;
  }

  double sum = 0;  // of the last add

 private:
  std::map<std::string, Answer> records_;
  std::map<std::string, std::map<std::int64_t, std::int64_t>> sums_;
  std::map<std::string, std::pair<double, std::int64_t>> buckets_;
};

Operation any_operation(std::mt19937& random) {
  const auto dice = [&](unsigned sides) { return static_cast<int>(random() % sides); };
  const std::string key(1, static_cast<char>("\0ab"[dice(3)]));
  switch (dice(8)) {
    case 0:
      return Operation::put("r", key, Millis(1 + dice(5000)), std::string(static_cast<std::size_t>(dice(3)), '\n'));
    case 1: return Operation::note("r", key, Millis(1 + dice(5000)), std::to_string(dice(100)));
    case 2: return Operation::get("r", key);
    case 3: return Operation::remove("r", key);
    case 4:
    case 5: return Operation::add("n", key, dice(2000) - 700, Millis(7001));
    default: return Operation::take("t", key, static_cast<unsigned>(dice(4)), {4, 1s, 5});
  }
}

}  // namespace

TEST_CASE("any sequence of operations comes to what the model says") {
  for (const std::string& scheme : kLedgers) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
      World world(scheme);
      auto ledger = open_ledger_of(world);
      std::mt19937 random(seed);
      Model model;
      for (int step = 0; step < 300; ++step) {
        INFO(scheme << " seed " << seed << " step " << step);
        if (random() % 2 == 0) world.clock.advance(Millis(random() % 2 == 0 ? random() % 300 : random() % 9000));
        if (random() % 50 == 0 && scheme != "memory") ledger = open_ledger_of(world);
        std::vector<Operation> batch;
        for (std::size_t n = random() % 6; batch.size() <= n;) batch.push_back(any_operation(random));
        const auto answers = ledger->run(batch);
        REQUIRE(answers.size() == batch.size());
        for (std::size_t i = 0; i < batch.size(); ++i) {
          REQUIRE(answers[i]);
          const Answer want = model(batch[i], world.clock.now());
          CHECK(answers[i]->found == want.found);
          CHECK(answers[i]->value == want.value);
          CHECK(answers[i]->since == want.since);
          CHECK(answers[i]->until == want.until);
          CHECK(answers[i]->granted == want.granted);
          CHECK(answers[i]->current == want.current);
          // The share of a window is cut to 1/4096 of it.
          if (batch[i].kind == Operation::Kind::add)
            CHECK(std::abs(static_cast<double>(answers[i]->sum) - model.sum) < 2 + std::abs(model.sum) / 100);
        }
      }
    }
  }
}

TEST_CASE("all come to the same numbers, however odd they are") {
  std::vector<std::unique_ptr<World>> worlds;
  std::vector<std::unique_ptr<Ledger>> ledgers;
  for (const std::string& scheme : kLedgers) {
    worlds.push_back(std::make_unique<World>(scheme));
    ledgers.push_back(open_ledger_of(*worlds.back()));
  }
  std::mt19937_64 random(7);
  const Millis windows[] = {1ms, 7ms, 86399999ms, Operation::kLongest / 2};
  const Rate rates[] = {{7, 3s, 1000}, {1'000'000, 1s, 1'000'000}, {3, Operation::kLongest, 3}, {1, 1ms, 1}};
  for (int step = 0; step < 400; ++step) {
    const Millis time(random() % 3 == 0 ? random() % 100'000'000 : random() % 3);
    Operation op =
        Operation::add("n", std::to_string(random() % 2),
                       static_cast<std::int64_t>(random() % 2'000'000'001) - 1'000'000'000, windows[random() % 4]);
    if (step % 2 == 0) {
      const Rate& rate = rates[random() % 4];
      op = Operation::take("t", std::to_string(random() % 2), static_cast<unsigned>(random() % (rate.burst + 1)), rate);
    }
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < ledgers.size(); ++i) {
      worlds[i]->clock.advance(time);
      answers.push_back(done(*ledgers[i], op));
    }
    for (const Answer& each : answers) {
      INFO("step " << step);
      CHECK(each.sum == answers[0].sum);
      CHECK(each.current == answers[0].current);
      CHECK(each.granted == answers[0].granted);
      CHECK(each.wait == answers[0].wait);
      CHECK(each.left == answers[0].left);
    }
  }
}

namespace {

/// What is left of records that come and go: all of them, in the order of their use.
class Shelf {
 public:
  void put(const std::string& space, const std::string& key, Time until) {
    remove(space, key);
    kept_.push_back({space, key, until});
  }
  void remove(const std::string& space, const std::string& key) {
    std::erase_if(kept_, [&](const Kept& each) { return each.space == space && each.key == key; });
  }
  void shrink(Time now, std::size_t most) {
    std::erase_if(kept_, [&](const Kept& each) { return each.until <= now; });
    while (kept_.size() > most) {
      std::map<std::string, std::size_t> sizes;
      for (const Kept& each : kept_) ++sizes[each.space];
      std::pair<std::size_t, std::string> largest;
      for (const auto& [space, size] : sizes) largest = std::max(largest, {size, space});
      kept_.erase(
          std::find_if(kept_.begin(), kept_.end(), [&](const Kept& each) { return each.space == largest.second; }));
    }
  }
  bool has(const std::string& space, const std::string& key) const {
    return std::any_of(kept_.begin(), kept_.end(),
                       [&](const Kept& each) { return each.space == space && each.key == key; });
  }

 private:
  struct Kept {
    std::string space, key;
    Time until;
  };
  std::vector<Kept> kept_;
};

}  // namespace

TEST_CASE("what is too many goes as the model says, by spaces") {
  const std::vector<std::string> spaces{"a", "b", "b2", "c-", "d"};
  constexpr unsigned kKeys = 30;
  constexpr std::size_t kBatch = 8, kMost = 40;  // so that all that is too many may go beside one batch
  std::vector<Operation> questions;
  for (const std::string& space : spaces)
    for (unsigned key = 0; key < kKeys; ++key) questions.push_back(Operation::get(space, std::to_string(key)));
  for (const std::string& scheme : kLedgers) {
    World world(scheme);
    auto ledger = open_ledger_of(world);
    std::mt19937 random(3);
    Shelf shelf;
    std::size_t most = kMost, flooded = 0;
    for (int step = 0; step < 300; ++step) {
      INFO(scheme << " step " << step);
      if (random() % 8 == 0) world.clock.advance(Millis(random() % 3000));
      if (random() % 20 == 0 && scheme != "memory") ledger = open_ledger_of(world);
      if (random() % 10 == 0) most = 1 + random() % kMost;
      if (random() % 10 == 0) flooded = random() % spaces.size();
      ledger->set_limit(most);
      std::vector<Operation> batch;
      while (batch.size() < kBatch) {
        const std::string& space = spaces[random() % 2 == 0 ? flooded : random() % spaces.size()];
        const std::string key = std::to_string(random() % kKeys);
        const Millis lifetime(1000 + random() % 20000);
        const bool puts = batch.empty() || random() % 4 > 0;  // what only removes need not make room
        batch.push_back(puts ? Operation::put(space, key, lifetime) : Operation::remove(space, key));
        if (puts) shelf.put(space, key, world.clock.now() + lifetime);
        if (!puts) shelf.remove(space, key);
      }
      for (const auto& answer : ledger->run(batch)) REQUIRE(answer);
      shelf.shrink(world.clock.now(), most);
      const auto answers = ledger->run(questions);
      for (std::size_t i = 0; i < questions.size(); ++i) {
        INFO(questions[i].space << " " << questions[i].key);
        REQUIRE(answers[i]);
        REQUIRE(answers[i]->found == shelf.has(questions[i].space, questions[i].key));
      }
    }
  }
}

namespace {

constexpr unsigned kTokens = 500;
constexpr Rate kBucket{1, Operation::kLongest / kTokens, kTokens};

/// Takes from the bucket, in batches, until it has been refused; how many it got.
unsigned drain(const World& world) {
  auto ledger = open_ledger(ledger_options(world.options));
  if (!ledger) return 0;
  unsigned got = 0;
  const std::vector<Operation> batch(7, Operation::take("t", "a", 1, kBucket));
  for (bool refused = false; !refused;) {
    for (const auto& answer : (*ledger)->run(batch)) {
      if (!answer) continue;  // others were busy for too long: nothing was taken
      got += answer->granted ? 1 : 0;
      refused = refused || !answer->granted;
    }
  }
  return got;
}

}  // namespace

TEST_CASE("a bucket of N grants exactly N, to threads that have it open each for itself") {
  for (const std::string& scheme : kLedgers) {
    World world(scheme);
    const auto first = open_ledger_of(world);
    std::vector<unsigned> got(4);
    std::vector<std::thread> threads;
    for (unsigned& each : got) threads.emplace_back([&] { each = drain(world); });
    for (std::thread& each : threads) each.join();
    INFO(scheme);
    CHECK(got[0] + got[1] + got[2] + got[3] == kTokens);
  }
}

TEST_CASE("a bucket of N grants exactly N, to processes") {
  for (const std::string scheme : {"sqlite", "redis"}) {
    World world(scheme);
    std::vector<pid_t> children;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    for (int i = 0; i < 4; ++i) {
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        const unsigned got = drain(world);
        ::_exit(::write(ends[1], &got, sizeof got) == sizeof got ? 0 : 1);
      }
      children.push_back(child);
    }
    unsigned sum = 0;
    for (const pid_t child : children) {
      unsigned got = 0;
      REQUIRE(::read(ends[0], &got, sizeof got) == sizeof got);
      sum += got;
      int status = 0;
      CHECK(::waitpid(child, &status, 0) == child);
      CHECK(status == 0);
    }
    ::close(ends[0]);
    ::close(ends[1]);
    INFO(scheme);
    CHECK(sum == kTokens);
  }
}
