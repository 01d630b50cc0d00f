/// ledger_kit.h: ledgers to try.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "store/kit.h"
#include "store/ledger.h"

namespace maildrop::store::test {

inline const std::vector<std::string> kLedgers{"memory", "sqlite", "redis"};

/// What a single operation comes to; it must not fail.
inline Answer done(Ledger& ledger, const Operation& operation) {
  const Result<Answer> answer = ledger.run(operation);
  INFO((answer ? std::string() : answer.error().what));
  REQUIRE(answer);
  return *answer;
}

inline std::unique_ptr<Ledger> open_ledger_of(const World& world, std::size_t most = 1000) {
  OpenOptions options = world.options;
  options.ledger = most;
  options.redis.timeout = 30s;  // an answer that is lost on a busy machine would be tokens that are lost
  auto opened = open_ledger(options);
  REQUIRE(opened);
  return std::move(*opened);
}

inline bool has(Ledger& ledger, std::string_view key) { return done(ledger, Operation::get("s", key)).found; }

}  // namespace maildrop::store::test
