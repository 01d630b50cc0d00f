/// ledger_contract.h: what every ledger promises (store/ledger.h), as scenes to be played on each of them.
#pragma once

#include "store/ledger_kit.h"

namespace maildrop::store::test {

struct LedgerStage {
  World& world;
  Ledger& ledger;

  Answer operator()(const Operation& operation) { return done(ledger, operation); }
  void wait(std::chrono::milliseconds time) { world.clock.advance(time); }
};

struct LedgerScene {
  const char* name;
  void (*play)(LedgerStage&);
};

using Op = Operation;

inline const LedgerScene kLedgerScenes[] = {
    {"a record is there for its lifetime, counted from the last put",
     [](LedgerStage& s) {
       CHECK_FALSE(s(Op::get("s", "a")).found);
       const Time begin = s.world.clock.now();
       CHECK_FALSE(s(Op::put("s", "a", 1h, "x")).found);
       s.wait(59min);
       Answer answer = s(Op::get("s", "a"));
       CHECK(answer.found);
       CHECK(answer.since == begin);
       CHECK(answer.until == begin + 1h);
       CHECK(answer.value == "x");
       answer = s(Op::put("s", "a", 1h, "y"));
       CHECK((answer.found && answer.value == "x"));
       s.wait(1h - 1ms);
       CHECK(s(Op::get("s", "a")).value == "y");
       s.wait(1ms);
       CHECK_FALSE(s(Op::get("s", "a")).found);
     }},
    {"a note leaves what is there: who comes back is told when he came first",
     [](LedgerStage& s) {
       const Time begin = s.world.clock.now();
       CHECK_FALSE(s(Op::note("s", "a", 1h, "first")).found);
       s.wait(10min);
       const Answer answer = s(Op::note("s", "a", 1h, "second"));
       CHECK((answer.found && answer.since == begin && answer.value == "first"));
       s.wait(50min);
       CHECK_FALSE(s(Op::note("s", "a", 1h, "third")).found);
       CHECK(s(Op::get("s", "a")).value == "third");
     }},
    {"remove says whether there was one",
     [](LedgerStage& s) {
       CHECK_FALSE(s(Op::remove("s", "a")).found);
       s(Op::put("s", "a", 1h, "x"));
       CHECK(s(Op::remove("s", "a")).value == "x");
       CHECK_FALSE(s(Op::remove("s", "a")).found);
       CHECK_FALSE(s(Op::get("s", "a")).found);
       CHECK(s.ledger.stats().records == 0);
     }},
    {"keys and values are any bytes, and those of one space are not those of another",
     [](LedgerStage& s) {
       const std::string zero("a\0b", 3), line("a\nb \xff%s' ;--"), digest(65, 'k');
       std::string longest(Op::kLongestKey, 'k');
       for (const std::string& key : {std::string(), zero, line, digest, longest, std::string("a")}) {
         CHECK_FALSE(s(Op::put("s", key, 1h, "of " + key.substr(0, 100))).found);
         CHECK_FALSE(s(Op::get("s2", key)).found);
       }
       for (const std::string& key : {std::string(), zero, line, digest, longest, std::string("a")})
         CHECK(s(Op::get("s", key)).value == "of " + key.substr(0, 100));
       longest.back() = 'l';
       CHECK_FALSE(s(Op::get("s", longest)).found);
       std::string every(256, '\0');
       for (int i = 0; i < 256; ++i) every[static_cast<std::size_t>(i)] = static_cast<char>(i);
       s(Op::put("s", "every", 1h, every));
       CHECK(s(Op::get("s", "every")).value == every);
     }},
    {"a sum is of what came within the window, what is older as if it had come evenly",
     [](LedgerStage& s) {
       s.wait(1min - std::chrono::milliseconds(to_millis(s.world.clock.now()) % 60000));
       CHECK(s(Op::add("s", "a", 0, 1min)).sum == 0);
       CHECK(s.ledger.stats().records == 0);
       CHECK(s(Op::add("s", "a", 3, 1min)).sum == 3);
       s.wait(30s);
       CHECK(s(Op::add("s", "a", 5, 1min)).sum == 8);
       s.wait(45s);  // a quarter of the next
       Answer answer = s(Op::add("s", "a", 1, 1min));
       CHECK(answer.sum == 7);
       CHECK(answer.current == 1);
       s.wait(15s);
       CHECK(s(Op::add("s", "a", 0, 1min)).sum == 5);
       s.wait(30s);
       CHECK(s(Op::add("s", "a", 0, 1min)).sum == 1);
       s.wait(1min);
       CHECK(s(Op::add("s", "a", 0, 1min)).sum == 0);
       CHECK(s(Op::add("s", "a", -4, 1min)).sum == -4);
       s.wait(90s);
       CHECK(s(Op::add("s", "a", 0, 1min)).sum == -2);
       CHECK(s(Op::add("s", "a", 7, 1h)).sum == 7);  // another window, another count
     }},
    {"sums have a largest one",
     [](LedgerStage& s) {
       for (int i = 0; i < 7; ++i) {
         std::vector<Op> batch(Ledger::kLargestBatch, Op::add("s", "a", Op::kLargestAmount, Op::kLongest / 2));
         for (const auto& answer : s.ledger.run(batch)) REQUIRE(answer);
       }
       CHECK(s(Op::add("s", "a", 0, Op::kLongest / 2)).sum == 1'000'000'000'000);
     }},
    {"a bucket gives its burst at once, then what comes back",
     [](LedgerStage& s) {
       const Rate rate{6, 1min, 3};
       CHECK(s(Op::take("s", "a", 0, rate)).left == 3);
       for (int left : {2, 1, 0}) {
         const Answer answer = s(Op::take("s", "a", 1, rate));
         CHECK((answer.granted && answer.left == left && answer.wait == 0ms));
       }
       Answer answer = s(Op::take("s", "a", 1, rate));
       CHECK_FALSE(answer.granted);
       CHECK(answer.wait == 10s);
       CHECK(s(Op::take("s", "a", 2, rate)).wait == 20s);
       CHECK(s(Op::take("s", "a", 0, rate)).granted);
       s.wait(10s - 1ms);
       CHECK(s(Op::take("s", "a", 1, rate)).wait == 1ms);
       s.wait(1ms);
       CHECK(s(Op::take("s", "a", 1, rate)).granted);
       s.wait(20s);
       CHECK_FALSE(s(Op::take("s", "a", 3, rate)).granted);
       CHECK(s(Op::take("s", "a", 2, rate)).granted);
       s.wait(24h);
       CHECK(s(Op::take("s", "a", 3, rate)).granted);
       CHECK(s(Op::take("s", "b", 3, rate)).granted);
     }},
    {"a full bucket is not kept",
     [](LedgerStage& s) {
       s(Op::take("s", "a", 1, {60, 1min, 100}));
       CHECK(s.ledger.stats().records == 1);
       s.wait(1s);
       s(Op::take("s", "b", 1, {60, 1min, 100}));
       CHECK(s.ledger.stats().records == 1);
       CHECK(s.ledger.stats().expired == 1);
     }},
    {"a clock that is set back makes nobody wait longer than for a full bucket",
     [](LedgerStage& s) {
       const Rate rate{1, 1min, 5};
       s.wait(24h);
       CHECK(s(Op::take("s", "a", 5, rate)).granted);
       CHECK(s(Op::add("s", "n", 2, 1min)).sum >= 2);
       s.world.clock.jump(-24h);
       CHECK(s(Op::take("s", "a", 1, rate)).wait == 1min);
       CHECK(s(Op::add("s", "n", 2, 1min)).sum >= 4);
       s.wait(3min);
       CHECK(s(Op::add("s", "n", 0, 1min)).sum == 0);
     }},
    {"a batch is done in its order, each by itself",
     [](LedgerStage& s) {
       const std::vector<Op> batch{Op::put("s", "a", 1h, "1"), Op::get("s", "a"),
                                   Op::remove("s", "a"),       Op::get("s", "a"),
                                   Op::get("no space", "a"),   Op::put("s", "a", 0ms),
                                   Op::note("s", "a", 1h),     Op::take("s", "b", 2, {1, 1min, 1})};
       const auto answers = s.ledger.run(batch);
       REQUIRE(answers.size() == batch.size());
       CHECK(answers[1]->value == "1");
       CHECK(answers[2]->found);
       CHECK_FALSE(answers[3]->found);
       for (const std::size_t i : {4u, 5u, 7u}) {
         REQUIRE_FALSE(answers[i]);
         CHECK(answers[i].error().code == Code::invalid);
       }
       CHECK(has(s.ledger, "a"));
       CHECK(s.ledger.run(std::span<const Op>()).empty());
     }},
    {"what another kind of operation left counts as nothing",
     [](LedgerStage& s) {
       s(Op::put("s", "a", 1h, "1"));
       CHECK(s(Op::add("s", "a", 1, 1min)).sum == 1);
       CHECK_FALSE(s(Op::get("s", "a")).found);
       CHECK(s(Op::take("s", "a", 1, {1, 1min, 1})).granted);
       CHECK(s(Op::add("s", "a", 1, 1min)).sum == 1);
       CHECK(s.ledger.stats().records == 1);
     }},
    {"there are never more than the limit: what was used longest ago makes room",
     [](LedgerStage& s) {
       s.ledger.set_limit(10);
       for (int i = 0; i < 10; ++i) s(Op::put("s", std::to_string(i), 1h));
       s(Op::put("s", "0", 1h));  // used again
       for (int i = 10; i < 15; ++i) {
         s(Op::put("s", std::to_string(i), 1h));
         CHECK(s.ledger.stats().records == 10);
       }
       CHECK(s.ledger.stats().evicted == 5);
       CHECK(has(s.ledger, "0"));
       for (int i = 1; i <= 5; ++i) CHECK_FALSE(has(s.ledger, std::to_string(i)));
       for (int i = 6; i < 15; ++i) CHECK(has(s.ledger, std::to_string(i)));
     }},
    {"a space that is alone may have all, and one that floods evicts nothing of a small one",
     [](LedgerStage& s) {
       s.ledger.set_limit(100);
       flood(s.ledger, "big", 0, 100);
       CHECK(s.ledger.stats().evicted == 0);
       flood(s.ledger, "small", 0, 20);  // comes to a full ledger, and is not used again
       flood(s.ledger, "tiny", 0, 1);
       flood(s.ledger, "big", 100, 300);
       flood(s.ledger, "big", 400, 20, 1);
       CHECK(s.ledger.stats().records == 100);
       CHECK(s.ledger.stats().evicted == 341);
       CHECK(held(s.ledger, "small", 0, 20) == 20);
       CHECK(held(s.ledger, "tiny", 0, 1) == 1);
       CHECK(held(s.ledger, "big", 341, 79) == 79);  // the last ones
     }},
    {"floods share evenly, down to the part that is each one's by right",
     [](LedgerStage& s) {
       s.ledger.set_limit(90);
       flood(s.ledger, "a", 0, 500);
       flood(s.ledger, "b", 0, 500);
       CHECK(held(s.ledger, "a", 455, 45) == 45);
       CHECK(held(s.ledger, "b", 455, 45) == 45);
       flood(s.ledger, "a", 500, 500, 7);
       flood(s.ledger, "c", 0, 500, 1);
       for (const char* space : {"a", "b", "c"}) {
         INFO(space);
         CHECK(held(s.ledger, space, 0, 1000) == 30);
       }
       CHECK(held(s.ledger, "b", 470, 30) == 30);
       CHECK(s.ledger.stats().records == 90);
     }},
    {"of spaces that hold as many, the one whose name sorts last loses first",
     [](LedgerStage& s) {
       s.ledger.set_limit(3);
       for (const char* space : {"b", "c", "a", "a-", "ab"}) s(Op::put(space, "0", 1h));
       CHECK(has(s.ledger, "0", "a"));
       CHECK(has(s.ledger, "0", "a-"));
       CHECK(has(s.ledger, "0", "ab"));
     }},
    {"a space has what its long keys are, too, and what each kind of operation left",
     [](LedgerStage& s) {
       s.ledger.set_limit(10);
       const std::string longer(100, 'k');
       for (int i = 0; i < 20; ++i) s(Op::put("long", longer + std::to_string(i), 1h));
       for (int i = 0; i < 3; ++i) s(Op::add("sums", std::to_string(i), 1, 1h));
       for (int i = 0; i < 3; ++i) s(Op::take("rates", std::to_string(i), 1, {1, 1h, 1}));
       for (int i = 20; i < 40; ++i) s(Op::put("long", longer + std::to_string(i), 1h));
       for (int i = 0; i < 3; ++i) CHECK(s(Op::add("sums", std::to_string(i), 0, 1h)).current == 1);
       for (int i = 0; i < 3; ++i) CHECK_FALSE(s(Op::take("rates", std::to_string(i), 1, {1, 1h, 1})).granted);
       for (int i = 36; i < 40; ++i) CHECK(has(s.ledger, longer + std::to_string(i), "long"));
     }},
    {"a space that lost what it had, however it did, counts for what is left",
     [](LedgerStage& s) {
       s.ledger.set_limit(40);
       flood(s.ledger, "a", 0, 30);
       for (int i = 0; i < 30; ++i) s(Op::remove("a", std::to_string(i)));
       for (int i = 0; i < 30; ++i) s(Op::put("b", std::to_string(i), 1min));
       s.wait(1min);
       flood(s.ledger, "c", 0, 25);
       CHECK(s.ledger.stats().records == 25);
       flood(s.ledger, "a", 0, 10);
       flood(s.ledger, "b", 0, 10);
       CHECK(held(s.ledger, "a", 0, 10) == 10);
       CHECK(held(s.ledger, "b", 0, 10) == 10);
       CHECK(held(s.ledger, "c", 5, 20) == 20);
       CHECK(s.ledger.stats().evicted == 5);
     }},
    {"as many spaces as records: each step finds the largest all the same",
     [](LedgerStage& s) {
       s.ledger.set_limit(200);
       for (int i = 0; i < 300; ++i) s(Op::put("s" + std::to_string(1000 + i), "0", 1h));
       s(Op::put("s1000", "1", 1h));  // the largest, then
       CHECK(s.ledger.stats().records == 200);
       CHECK_FALSE(has(s.ledger, "0", "s1000"));
       for (int i = 1001; i < 1200; ++i) CHECK(has(s.ledger, "0", "s" + std::to_string(i)));
     }},
    {"what has expired goes before what has not",
     [](LedgerStage& s) {
       s.ledger.set_limit(4);
       s(Op::put("s", "old", 10h));
       for (const char* key : {"a", "b", "c"}) s(Op::put("s", key, 1min));
       s.wait(1min);
       s(Op::put("s", "new", 1h));
       CHECK(has(s.ledger, "old"));
       CHECK(s.ledger.stats().records == 2);
       CHECK(s.ledger.stats().expired == 3);
       CHECK(s.ledger.stats().evicted == 0);
     }},
    {"a flood of new keys stays within the limit, and he who is refused is not forgotten for it",
     [](LedgerStage& s) {
       s.ledger.set_limit(50);
       const Rate rate{1, 1h, 1};
       CHECK(s(Op::take("s", "he", 1, rate)).granted);
       for (int i = 0; i < 20; ++i) {
         std::vector<Op> batch;
         for (int j = 0; j < 40; ++j) batch.push_back(Op::take("s", std::to_string(1000 * i + j), 1, rate));
         batch.push_back(Op::take("s", "he", 1, rate));
         const auto answers = s.ledger.run(batch);
         CHECK_FALSE(answers.back()->granted);
         CHECK(s.ledger.stats().records <= 50);
       }
     }},
    {"a lower limit is come to in steps",
     [](LedgerStage& s) {
       for (int i = 0; i < 5; ++i) {
         std::vector<Op> batch;
         for (int j = 0; j < 100; ++j) batch.push_back(Op::put("s", std::to_string(100 * i + j), 1h));
         for (const auto& answer : s.ledger.run(batch)) REQUIRE(answer);
       }
       CHECK(s.ledger.stats().records == 500);
       s.ledger.set_limit(10);
       std::uint64_t before = 500;
       for (int i = 0; s.ledger.stats().records > 10; ++i) {
         REQUIRE(i < 100);
         s(Op::put("s", "one", 1h));
         CHECK(s.ledger.stats().records + 40 > before);
         before = s.ledger.stats().records;
       }
       CHECK(has(s.ledger, "one"));
       CHECK(has(s.ledger, "499"));
     }},
    {"a lower limit takes from the largest first, until all are even",
     [](LedgerStage& s) {
       flood(s.ledger, "a", 0, 300);
       flood(s.ledger, "b", 0, 100);
       flood(s.ledger, "c", 0, 10);
       const auto lower = [&](std::size_t most) {
         s.ledger.set_limit(most);
         for (int i = 0; s.ledger.stats().records > most; ++i) {
           REQUIRE(i < 100);
           s(Op::put("c", "0", 1h));
         }
       };
       lower(160);
       CHECK(held(s.ledger, "a", 225, 75) == 75);
       CHECK(held(s.ledger, "b", 25, 75) == 75);
       CHECK(held(s.ledger, "c", 0, 10) == 10);
       lower(15);
       for (const char* space : {"a", "b", "c"}) CHECK(held(s.ledger, space, 0, 300) == 5);
       CHECK(has(s.ledger, "0", "c"));  // used last
       s.ledger.set_limit(1000);
       flood(s.ledger, "a", 0, 500);
       CHECK(s.ledger.stats().records == 510);
     }},
    {"a lower limit takes from many that are even as from few",
     [](LedgerStage& s) {
       const auto name = [](int i) { return "s" + std::to_string(100 + i); };
       for (int i = 0; i < 40; ++i) flood(s.ledger, name(i), 0, 5);
       s.ledger.set_limit(166);  // as many as one batch may remove
       s(Op::put(name(0), "4", 1h));
       CHECK(s.ledger.stats().records == 166);
       for (int i = 0; i < 40; ++i) CHECK(held(s.ledger, name(i), 0, 5) == (i < 6 ? 5 : 4));
       s.ledger.set_limit(100);
       for (int i = 0; s.ledger.stats().records > 100; ++i) {
         REQUIRE(i < 10);
         s(Op::put(name(0), "4", 1h));
       }
       for (int i = 0; i < 40; ++i) {
         INFO(i);
         CHECK(held(s.ledger, name(i), 0, 5) == (i < 20 ? 3 : 2));
         CHECK(has(s.ledger, "4", name(i)));
       }
     }},
    {"more than a batch takes is refused, and the others are done",
     [](LedgerStage& s) {
       std::vector<Op> batch(Ledger::kLargestBatch + 1, Op::put("s", "a", 1h));
       batch.back() = Op::put("s", "b", 1h);
       const auto answers = s.ledger.run(batch);
       REQUIRE_FALSE(answers.back());
       CHECK(answers.back().error().code == Code::over_limit);
       CHECK(has(s.ledger, "a"));
       CHECK_FALSE(has(s.ledger, "b"));
     }},
    {"two that have it open see the same",
     [](LedgerStage& s) {
       const auto other = open_ledger_of(s.world);
       s(Op::put("s", "a", 1h, "x"));
       CHECK(done(*other, Op::get("s", "a")).value == "x");
       CHECK(done(*other, Op::take("s", "b", 1, {1, 1h, 1})).granted);
       CHECK_FALSE(s(Op::take("s", "b", 1, {1, 1h, 1})).granted);
     }},
    {"two that have it open know what each space holds, whoever put it there",
     [](LedgerStage& s) {
       const auto other = open_ledger_of(s.world, 60);
       s.ledger.set_limit(60);
       flood(s.ledger, "a", 0, 60);
       flood(*other, "b", 0, 20);
       flood(s.ledger, "c", 0, 1, 1);
       flood(*other, "a", 60, 200);
       CHECK(held(s.ledger, "b", 0, 20) == 20);
       CHECK(held(s.ledger, "c", 0, 1) == 1);
       CHECK(held(s.ledger, "a", 221, 39) == 39);
     }},
};

}  // namespace maildrop::store::test
