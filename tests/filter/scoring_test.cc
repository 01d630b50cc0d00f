/// scoring_test.cc: replies of refusals.
#include "filter/scoring.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("a reply has the code of its phase, and a class that fits") {
  CHECK(reply_of(Phase::connect, Action::reject, "5.7.1 no") == "554 5.7.1 no");
  CHECK(reply_of(Phase::connect, Action::defer, "4.7.1 no") == "421 4.7.1 no");
  CHECK(reply_of(Phase::rcpt, Action::defer, "5.7.1 no") == "450 4.7.1 no");
  CHECK(reply_of(Phase::message, Action::disconnect, "4.7.1 no") == "550 5.7.1 no");
  CHECK(reply_of(Phase::message, Action::reject, "").empty());
}

TEST_CASE("a reply that has no code gets one") {
  CHECK(reply_of(Phase::message, Action::reject, "go away") == "550 5.7.1 go away");
  CHECK(reply_of(Phase::message, Action::defer, "later") == "450 4.7.1 later");
  for (const char* code : {"2.0.0 x", "4.1.999 x", "5.7.1 x"})
    CHECK(reply_of(Phase::message, Action::reject, code) == "550 5" + std::string(code).substr(1));
  for (const char* none : {"", "x", "5", "5.", "5.7", "5.7.", "5.7 x", "5.7.1", "5.7.1 ", "5.7.1000 x", "5.1000.1 x",
                           "5..1 x", "5x7.1 y", "5.7.1x", "1.2.3 x", "192.168.1 x", "3 viruses"}) {
    CAPTURE(none);
    CHECK(reply_of(Phase::message, Action::reject, none) == (*none ? "550 5.7.1 " + std::string(none) : ""));
  }
}

TEST_CASE("a reply is one line of printable ASCII, whatever a stranger had put into it") {
  CHECK(reply_of(Phase::rcpt, Action::reject, "5.7.1 a\r\n250 ok\xc3\xa4\x7f") == "550 5.7.1 a??250 ok???");
  CHECK(reply_of(Phase::rcpt, Action::reject, "5.7.1 " + std::string(5000, 'x')).size() < 450);
}

TEST_CASE("a threshold of 0 is none, and a negative sum reaches none") {
  FilterSettings settings;
  settings.tag = 0;
  CHECK(action_of(settings, 100) == Action::pass);
  CHECK(action_of(settings, -100) == Action::pass);
  settings.reject = 0.5;
  CHECK(action_of(settings, 0.5) == Action::reject);
  CHECK(action_of(settings, 0.49) == Action::pass);
}

TEST_CASE("who is spared is not refused by a sum, and marked by it") {
  FilterSettings settings;
  settings.tag = 1;
  settings.quarantine = 2;
  settings.defer = 3;
  settings.reject = 4;
  CHECK(action_of(settings, 5) == Action::reject);
  CHECK(action_of(settings, 5, true) == Action::quarantine);
  CHECK(action_of(settings, 1, true) == Action::tag);
  CHECK(action_of(settings, 0, true) == Action::pass);
  const Finding spares{.spares = true};
  CHECK_FALSE(effect_of({.mode = FilterUse::Mode::observe}, spares).spares);
  CHECK(effect_of({.mode = FilterUse::Mode::score}, spares).spares);
  CHECK(effect_of({.mode = FilterUse::Mode::enforce}, spares).spares);
}
