/// ledger_view.cc: what is there is asked for once, and then changed here alone.
#include "store/ledger_view.h"

namespace maildrop::store {

namespace {

/// The same question, without a change.
Operation asking(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::add: return Operation::add(operation.space, operation.key, 0, operation.time);
    case Operation::Kind::take: return Operation::take(operation.space, operation.key, 0, operation.rate);
    default: return Operation::get(operation.space, operation.key);
  }
}

}  // namespace

Result<Answer> LedgerView::run(const Operation& operation) {
  const LedgerTask task = TRY(task_of(operation));
  const auto known = records_.find(task.key);
  if (known == records_.end()) {
    const Answer there = TRY(ledger_.run(asking(operation)));
    records_.emplace(task.key, record_as_told(task, there, clock_.now()));
  }
  std::optional<LedgerRecord>& record = records_.find(task.key)->second;
  LedgerChange change{};
  const Answer answer = apply(task, clock_.now(), record, change);
  if (change == LedgerChange::erase) record.reset();
  return answer;
}

}  // namespace maildrop::store
