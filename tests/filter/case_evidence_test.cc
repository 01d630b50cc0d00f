/// case_evidence_test.cc: which actions are of what was seen of the mail, and not of lists and wishes.
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

const Finding kReject = Finding::act(Action::reject, 2, "5.7.1 go away", "bad");

}  // namespace

TEST_CASE("a verdict and a mark say whether what was seen of the mail is enough for them") {
  const FakeClock clock;
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  const auto of = [](Evidence evidence, Finding found, FilterUse use = {.mode = FilterUse::Mode::enforce}) {
    Chain::Link made = finds("x", bit(Phase::message), use, std::move(found));
    made.evidence = evidence;
    return made;
  };
  const auto judge = [&](auto... links) {
    FilterSettings sums;
    sums.tag = 3;
    sums.reject = 10;
    Case session(chain_of(sums, std::move(links)...), clock);
    const bool verdict = world.judge(session, Phase::message, transaction).evidence;
    return std::pair(verdict, session.findings().marked().evidence);
  };
  using Both = std::pair<bool, bool>;
  const auto score = [](double sum) { return Finding::score_of(sum, "x"); };
  const Finding tag = Finding::act(Action::tag, 0, "", "x"), drop = Finding::act(Action::discard, 0, "", "x");
  CHECK(judge(of(Evidence::own, kReject)) == Both(true, false));
  CHECK(judge(of(Evidence::list, kReject)) == Both(false, false));
  CHECK(judge(of(Evidence::wish, drop)) == Both(false, false));
  CHECK(judge(of(Evidence::own, drop)) == Both(true, false));
  CHECK(judge(of(Evidence::list, kReject), of(Evidence::own, tag)) == Both(false, true));
  CHECK(judge(of(Evidence::list, kReject), of(Evidence::own, kReject)) == Both(true, true));  // a tag by the sum
  CHECK(judge(of(Evidence::own, score(10))) == Both(true, true));
  CHECK(judge(of(Evidence::own, score(9)), of(Evidence::wish, score(1))) == Both(false, true));
  CHECK(judge(of(Evidence::own, score(2)), of(Evidence::list, score(2))) == Both(false, false));
  CHECK(judge(of(Evidence::own, score(10)), of(Evidence::wish, score(-5))) == Both(false, true));  // it is not refused
  CHECK(judge(of(Evidence::own, score(10), {.mode = FilterUse::Mode::observe}), of(Evidence::list, score(10))) ==
        Both(false, false));
  const FilterUse strict{.mode = FilterUse::Mode::enforce, .on_error = FilterUse::OnError::reject};
  CHECK(judge(of(Evidence::own, Finding::fail("x"), strict)) == Both(false, false));  // nothing was seen
}
