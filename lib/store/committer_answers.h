/// committer_answers.h: what the Committer has to answer, and saying it.
#pragma once

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "store/committer.h"

namespace maildrop::store {

struct DeliveryAnswer {
  Committer::Done done;
  Result<MessageId> result;
  std::shared_ptr<Waker> waker;  // none: `done` is all that is to be called
};
using DeliveryAnswers = std::vector<DeliveryAnswer>;

/// Calls `note` with each result, and then its `done`. Wakes nobody before all have been told: who is woken may take
/// this thread's CPU at once, and would then be woken for each answer anew.
template <class Note>
void tell(DeliveryAnswers& answers, Note note) {
  for (DeliveryAnswer& each : answers) {
    note(each.result);
    try {
      if (each.done) each.done(std::move(each.result));
    } catch (const std::exception&) {  // out of memory: this one is not told
    }
  }
  const Waker* woken = nullptr;
  for (const DeliveryAnswer& each : answers) {
    if (each.waker && each.waker.get() != woken) each.waker->wake();
    woken = each.waker.get();
  }
}

}  // namespace maildrop::store
