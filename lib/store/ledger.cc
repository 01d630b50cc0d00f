/// ledger.cc: operations as they come, checked and brought into the form that all ledgers share.
#include "store/ledger.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/ledger_rules.h"

namespace maildrop::store {

namespace {

Operation operation(Operation::Kind kind, std::string_view space, std::string_view key) {
  Operation made;
  made.kind = kind;
  made.space = space;
  made.key = key;
  return made;
}

}  // namespace

Operation Operation::put(std::string_view space, std::string_view key, Millis lifetime, std::string_view value) {
  Operation made = operation(Kind::put, space, key);
  made.time = lifetime;
  made.value = value;
  return made;
}

Operation Operation::note(std::string_view space, std::string_view key, Millis lifetime, std::string_view value) {
  Operation made = put(space, key, lifetime, value);
  made.kind = Kind::note;
  return made;
}

Operation Operation::get(std::string_view space, std::string_view key) { return operation(Kind::get, space, key); }

Operation Operation::remove(std::string_view space, std::string_view key) {
  return operation(Kind::remove, space, key);
}

Operation Operation::add(std::string_view space, std::string_view key, std::int64_t amount, Millis window) {
  Operation made = operation(Kind::add, space, key);
  made.amount = amount;
  made.time = window;
  return made;
}

Operation Operation::take(std::string_view space, std::string_view key, unsigned cost, const Rate& rate) {
  Operation made = operation(Kind::take, space, key);
  made.amount = cost;
  made.rate = rate;
  return made;
}

std::size_t Ledger::removals(std::span<const LedgerTask> tasks) {
  const bool asks = std::all_of(tasks.begin(), tasks.end(), [](const LedgerTask& task) { return task.only_asks(); });
  return asks ? 0 : 2 * tasks.size() + 32;
}

std::vector<Result<Answer>> Ledger::run(std::span<const Operation> operations) {
  std::vector<Result<Answer>> results;
  results.reserve(operations.size());
  std::vector<LedgerTask> tasks;
  std::vector<std::size_t> places;  // of the tasks, in `results`
  for (const Operation& each : operations) {
    Result<LedgerTask> task = results.size() < kLargestBatch
                                  ? task_of(each)
                                  : fail(Code::over_limit, "too many operations for one batch of the ledger");
    if (task && only_reads_ && !task->only_asks()) task = fail(Code::invalid, "the ledger is only read here");
    if (task) {
      places.push_back(results.size());
      tasks.push_back(std::move(*task));
      results.emplace_back(Answer{});
    } else {
      results.emplace_back(tl::unexpected(std::move(task).error()));
    }
  }
  if (tasks.empty()) return results;
  Result<std::vector<Answer>> answers = carry_out(tasks);
  if (answers && answers->size() != tasks.size()) answers = fail(Code::internal, "the ledger lost an answer");
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (answers) {
      results[places[i]] = std::move((*answers)[i]);
    } else {
      results[places[i]] = tl::unexpected(answers.error());
    }
  }
  return results;
}

}  // namespace maildrop::store
