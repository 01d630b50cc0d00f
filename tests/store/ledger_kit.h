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

/// As a daemon opens it.
inline OpenOptions ledger_options(OpenOptions options, std::size_t most = 1000) {
  options.role = Role::writer;
  options.create_missing = true;
  options.ledger = most;
  options.redis.timeout = 30s;  // an answer that is lost on a busy machine would be tokens that are lost
  return options;
}

inline std::unique_ptr<Ledger> open_ledger_of(const OpenOptions& options) {
  auto opened = open_ledger(options);
  REQUIRE(opened);
  return std::move(*opened);
}

inline std::unique_ptr<Ledger> open_ledger_of(const World& world, std::size_t most = 1000) {
  return open_ledger_of(ledger_options(world.options, most));
}

/// As a command does that only reads.
inline std::unique_ptr<Ledger> read_ledger_of(const World& world, std::size_t most = 1000) {
  OpenOptions options = ledger_options(world.options, most);
  options.role = Role::reader;
  return open_ledger_of(options);
}

inline bool has(Ledger& ledger, std::string_view key, std::string_view space = "s") {
  return done(ledger, Operation::get(space, key)).found;
}

/// Puts FIRST, FIRST+1, ... into `space`, `records` of them in batches of `size`.
inline void flood(Ledger& ledger, std::string_view space, int first, int records, int size = 50) {
  for (int i = 0; i < records; i += size) {
    std::vector<Operation> batch;
    for (int j = i; j < std::min(i + size, records); ++j)
      batch.push_back(Operation::put(space, std::to_string(first + j), 1h));
    for (const auto& answer : ledger.run(batch)) REQUIRE(answer);
  }
}

/// How many of FIRST, FIRST+1, ..., `records` of them, are in `space`.
inline int held(Ledger& ledger, std::string_view space, int first, int records) {
  int found = 0;
  for (int i = first; i < first + records; ++i) found += has(ledger, std::to_string(i), space) ? 1 : 0;
  return found;
}

}  // namespace maildrop::store::test
