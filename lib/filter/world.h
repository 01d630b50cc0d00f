/// world.h: what answers a case where nobody waits on a loop: tables, records, or the world as it is.
#pragma once

#include "core/result.h"
#include "filter/case.h"

namespace maildrop::filter {

/// Not thread-safe. May block.
class World {
 public:
  virtual ~World() = default;

  /// Has all filters of a phase come to their end. What nobody answers is not waited for: time goes by at once, until
  /// those who wait for it go on without. Fails as answer() does; all have come to their end then, too.
  Result<void> run(Case& session, Phase phase, const mail::Transaction& transaction);
  Verdict judge(Case& session, Phase phase, const mail::Transaction& transaction) {
    run(session, phase, transaction);
    return session.decide();
  }

 protected:
  /// Takes all that `session` wants to know, and tells it what there is of that. false: nothing. What cannot be asked
  /// for is told to be a failure, and an error of this.
  virtual Result<bool> answer(Case& session, const mail::Transaction& transaction) = 0;
};

}  // namespace maildrop::filter
