/// ledger_reader_contract.h: what every ledger promises those who only ask, as scenes to be played on each of them.
#pragma once

#include "store/ledger_contract.h"

namespace maildrop::store::test {

inline const LedgerScene kLedgerReaderScenes[] = {
    {"a batch that only asks removes nothing, neither what has expired nor what is too many",
     [](LedgerStage& s) {
       flood(s.ledger, "a", 0, 30);
       s(Op::put("s", "a", 1min));
       s.wait(1min);
       s.ledger.set_limit(10);
       const std::vector<Op> batch{Op::get("s", "a"), Op::add("n", "a", 0, 1min), Op::take("t", "a", 0, {1, 1min, 1})};
       for (const auto& answer : s.ledger.run(batch)) REQUIRE(answer);
       CHECK(held(s.ledger, "a", 0, 30) == 30);
       CHECK(s.ledger.stats().records == 31);
       s(Op::put("a", "29", 1h));
       CHECK(s.ledger.stats().records == 10);
       CHECK(s.ledger.stats().expired == 1);
     }},
    {"who opens it to read sees what others wrote, and changes nothing, whatever his limit",
     [](LedgerStage& s) {
       const Rate rate{1, 1h, 3};
       flood(s.ledger, "a", 0, 30);
       s(Op::put("s", "old", 1min));
       s(Op::put("s", "a", 2h, "x"));
       s(Op::add("n", "a", 7, 1h));
       s(Op::take("t", "a", 2, rate));
       s.wait(1min);
       const auto reader = read_ledger_of(s.world, 10);
       const std::vector<Op> asks{Op::get("s", "a"), Op::get("s", "old"), Op::add("n", "a", 0, 1h),
                                  Op::take("t", "a", 0, rate)};
       const auto answers = reader->run(asks);
       CHECK(answers[0]->value == "x");
       CHECK_FALSE(answers[1]->found);
       CHECK(answers[2]->sum >= 6);  // one less where a window began
       CHECK(answers[3]->left == 1);
       CHECK(reader->stats().records == 34);
       for (const Op& op : {Op::put("s", "a", 1h, "y"), Op::note("s", "b", 1h), Op::remove("s", "a"),
                            Op::add("n", "a", 1, 1h), Op::take("t", "a", 1, rate)}) {
         const auto refused = reader->run(std::vector<Op>{op, Op::get("s", "a")});
         REQUIRE_FALSE(refused[0]);
         CHECK(refused[0].error().code == Code::invalid);
         CHECK(refused[1]->value == "x");
       }
       CHECK(held(s.ledger, "a", 0, 30) == 30);
       CHECK(s(Op::add("n", "a", 0, 1h)).sum == answers[2]->sum);
       CHECK(s(Op::take("t", "a", 0, rate)).left == 1);
       CHECK(s.ledger.stats().records == 34);
       s(Op::put("s", "a", 1h, "y"));
       CHECK(done(*reader, Op::get("s", "a")).value == "y");
     }},
};

}  // namespace maildrop::store::test
