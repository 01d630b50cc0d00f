/// answer_cache_test.cc: what is found again, and until when.
#include "api/answer_cache.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::api;
using namespace std::chrono_literals;

namespace {

const AnswerState kState{{1, 2}, 3};
const Monotonic kNow{1h};

KeptAnswer answer(const std::string& body) { return {{}, nullptr, "HTTP/1.1 200 OK\r\n", body}; }

std::string found(AnswerCache& cache, std::string_view request, const AnswerState& state = kState,
                  Monotonic now = kNow) {
  const auto kept = cache.find(request, state, now);
  return kept ? kept->body : "-";
}

}  // namespace

TEST_CASE("answer_cache: the same request has the same answer") {
  AnswerCache cache(1 << 20);
  CHECK(found(cache, "a") == "-");
  cache.keep("a", answer("1"), kState, kNow, kNow);
  cache.keep("b", answer("2"), kState, kNow, kNow);
  cache.keep("a", answer("3"), kState, kNow, kNow);
  CHECK(found(cache, "a") == "1");
  CHECK(found(cache, "b") == "2");
  CHECK(found(cache, "ab") == "-");
}

TEST_CASE("answer_cache: all goes when the store or the settings are others, or the oldest is too old") {
  for (const AnswerState& other : {AnswerState{{1, 3}, 3}, AnswerState{{1, 2}, 4}}) {
    AnswerCache cache(1 << 20);
    cache.keep("a", answer("1"), kState, kNow, kNow);
    CHECK(found(cache, "a", other) == "-");
    CHECK(cache.empty());
    cache.keep("a", answer("1"), kState, kNow, kNow);
    cache.keep("b", answer("2"), other, kNow, kNow);
    CHECK(found(cache, "a", other) == "-");
    CHECK(found(cache, "b", other) == "2");
  }
  AnswerCache fresh(1 << 20);
  fresh.keep("new", answer("1"), {{1, 3}, 3}, kNow, kNow);
  fresh.keep("old", answer("2"), kState, kNow - 1ms, kNow);  // asked before, and answered behind it
  fresh.keep("slow", answer("3"), {{1, 3}, 3}, kNow - AnswerCache::kAge, kNow);
  CHECK(found(fresh, "new", {{1, 3}, 3}) == "1");
  CHECK(found(fresh, "slow", {{1, 3}, 3}) == "-");
  fresh.expire(kNow + AnswerCache::kAge - 1ms);
  CHECK_FALSE(fresh.empty());
  fresh.expire(kNow + AnswerCache::kAge);
  CHECK(fresh.empty());
  AnswerCache cache(1 << 20);
  cache.keep("late", answer("1"), kState, kNow + 1ms, kNow + 1ms);
  cache.keep("early", answer("2"), kState, kNow, kNow);
  CHECK(found(cache, "late", kState, kNow + AnswerCache::kAge - 1ms) == "1");
  CHECK(found(cache, "late", kState, kNow + AnswerCache::kAge) == "-");
  cache.keep("new", answer("3"), kState, kNow + 2s, kNow + 2s);
  CHECK(found(cache, "new", kState, kNow + 2s) == "3");
}

TEST_CASE("answer_cache: what finds no room is not kept, and takes nothing from what is") {
  AnswerCache none(0);
  none.keep("a", answer(""), kState, kNow, kNow);
  CHECK(none.empty());
  AnswerCache cache(64 << 10);
  cache.keep("large", answer(std::string(64 << 10, 'x')), kState, kNow, kNow);
  CHECK(cache.empty());
  cache.keep("a", answer(std::string(40 << 10, 'x')), kState, kNow, kNow);
  cache.keep("b", answer(std::string(40 << 10, 'x')), kState, kNow, kNow);
  CHECK(found(cache, "a") != "-");
  CHECK(found(cache, "b") == "-");
  CHECK(found(cache, "a", {}) == "-");  // and then there is room
  cache.keep("b", answer(std::string(40 << 10, 'x')), kState, kNow, kNow);
  CHECK(found(cache, "b") != "-");
  AnswerCache many(std::uint64_t{1} << 30);
  for (std::size_t i = 0; i < AnswerCache::kMost; ++i) many.keep(std::to_string(i), answer(""), kState, kNow, kNow);
  many.keep("more", answer("1"), kState, kNow, kNow);
  CHECK(found(many, "more") == "-");
  CHECK(found(many, "0").empty());
}

TEST_CASE("answer_cache: a request of many small parts takes the room of what they become") {
  KeptAnswer many = answer("");
  for (int i = 0; i < 1000; ++i) many.request.headers.emplace("x" + std::to_string(i), "");
  AnswerCache cache(64 << 10);
  CHECK_FALSE(cache.has_room("a", many.request, 0));
  cache.keep("a", std::move(many), kState, kNow, kNow);
  CHECK(cache.empty());
  CHECK(cache.has_room("a", {}, 0));
  CHECK_FALSE(cache.has_room("a", {}, 64 << 10));
}

TEST_CASE("answer_cache: who has an answer keeps it when all goes") {
  AnswerCache cache(1 << 20);
  cache.keep("a", answer("1"), kState, kNow, kNow);
  const auto kept = cache.find("a", kState, kNow);
  CHECK(found(cache, "a", {}) == "-");
  CHECK(kept->body == "1");
}
