/// answer_ages_test.cc: what is known of the age of answers, and what is not.
#include "dns/answer_ages.h"

#include <catch2/catch.hpp>

using namespace maildrop::dns;
using namespace std::chrono_literals;

namespace {

const AnswerAges::Moment kStart{1000h};

AnswerAges::Key key(std::string_view name, Type type = Type::a) {
  return AnswerAges::key_of(*Question::make(name, type));
}

}  // namespace

TEST_CASE("answer ages: how long ago servers said it") {
  AnswerAges ages(10);
  CHECK_FALSE(ages.age(key("a.example"), 300s, kStart));
  ages.said(key("a.example"), 300s, kStart);
  CHECK(ages.age(key("a.example"), 300s, kStart) == 0s);
  CHECK(ages.age(key("a.example"), 265s, kStart + 35s) == 35s);
  CHECK(ages.age(key("a.example"), 0s, kStart + 1h) == 1h);  // stale
  CHECK_FALSE(ages.age(key("b.example"), 300s, kStart));
  CHECK_FALSE(ages.age(key("a.example", Type::mx), 300s, kStart));
  ages.said(key("a.example"), 300s, kStart + 2h);
  CHECK(ages.age(key("a.example"), 299s, kStart + 2h + 1s) == 1s);
}

TEST_CASE("answer ages: of one that was renewed behind our back nothing is known, nor later") {
  AnswerAges ages(10);
  ages.said(key("a.example"), 300s, kStart);
  CHECK(ages.age(key("a.example"), 202s, kStart + 100s) == 100s);  // the cache counts whole seconds
  CHECK_FALSE(ages.age(key("a.example"), 203s, kStart + 100s));
  CHECK_FALSE(ages.age(key("a.example"), 0s, kStart + 400s));
}

TEST_CASE("answer ages: so many, and the one said longest ago goes") {
  AnswerAges ages(3);
  for (const char* name : {"a", "b", "c"}) ages.said(key(name), 300s, kStart);
  ages.said(key("a"), 300s, kStart + 1s);
  ages.said(key("d"), 300s, kStart + 2s);
  CHECK_FALSE(ages.age(key("b"), 298s, kStart + 2s));
  CHECK(ages.age(key("c"), 298s, kStart + 2s) == 2s);
  CHECK(ages.age(key("a"), 299s, kStart + 2s) == 1s);
  CHECK(ages.age(key("d"), 300s, kStart + 2s) == 0s);
  for (int i = 0; i < 1000; ++i) ages.said(key("n" + std::to_string(i)), 300s, kStart + 3s);
  CHECK_FALSE(ages.age(key("n996"), 300s, kStart + 3s));
  CHECK(ages.age(key("n997"), 300s, kStart + 3s));
}
