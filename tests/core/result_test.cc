/// result_test.cc: errors pass through TRY, and what is transient is decided once.
#include "core/result.h"

#include <catch2/catch.hpp>
#include <memory>

using namespace maildrop;

namespace {

Result<std::unique_ptr<int>> make(bool works) {
  if (!works) return fail(Code::over_limit, "no more");
  return std::make_unique<int>(7);
}

Result<void> check(bool works) {
  if (!works) return fail(Code::invalid, "not that");
  return {};
}

Result<int> use(bool first, bool second) {
  std::unique_ptr<int> made = TRY(make(first));  // moves out what cannot be copied
  TRY(check(second));
  return *made;
}

}  // namespace

TEST_CASE("TRY gives the value or returns the error as it was") {
  CHECK(use(true, true) == 7);
  CHECK(use(false, true).error().code == Code::over_limit);
  CHECK(use(false, true).error().what == "no more");
  CHECK(use(true, false).error().code == Code::invalid);
}

TEST_CASE("only what the same input cannot repair is permanent") {
  const std::pair<Code, bool> rows[] = {
      {Code::invalid, false},  {Code::not_found, false}, {Code::over_limit, true}, {Code::unavailable, true},
      {Code::timed_out, true}, {Code::corrupt, true},    {Code::internal, true},
  };
  for (const auto& [code, transient] : rows) {
    INFO(to_string(code));
    CHECK(is_transient(code) == transient);
  }
}
