/// survey_desk.h: one walk through the store for all who ask who has how much of it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/clock.h"
#include "store/survey.h"

namespace maildrop::api {

/// Has no thread: who asks walks, a while. What he leaves the next one goes on with. Thread-safe.
class SurveyDesk {
 public:
  static constexpr Millis kFresh{10'000};      // a walk that ended so long ago will do
  static constexpr Millis kAbandoned{60'000};  // one that nobody went on with for so long is begun anew

  /// Both outlive it.
  SurveyDesk(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  struct Look {
    std::shared_ptr<const store::Survey> survey;  // nullptr: it takes longer
    std::uint64_t messages = 0;                   // seen so far
  };
  /// Blocks until it is done, or `until`. Fails as Store::scan().
  Result<Look> look(Monotonic until);
  /// Much has changed: who looks from now on sees what there is then. A walk that is going on is for him alone who is
  /// at it.
  void forget();

 private:
  class Turn;
  bool is_fresh() const;  // REQUIRES: the lock

  store::Store& store_;
  const Clock& clock_;
  std::mutex mutex_;  // of what follows
  std::condition_variable left_;
  bool walking_ = false;
  std::uint64_t changes_ = 0;            // how often all was forgotten
  std::shared_ptr<store::Survey> open_;  // nullptr while somebody is at it: it is his then
  Monotonic looked_{};
  std::shared_ptr<const store::Survey> done_;
  Monotonic ended_{};
};

}  // namespace maildrop::api
