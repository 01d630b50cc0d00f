/// world.cc: rounds of questions.
#include "filter/world.h"

namespace maildrop::filter {

Result<void> World::run(Case& session, Phase phase, const mail::Transaction& transaction) {
  Result<void> failed;
  session.begin(phase, transaction);
  while (!session.advance()) {
    const Result<bool> heard = answer(session, transaction);
    if (!heard) failed = tl::unexpected(heard.error());
    const std::optional<Millis> patience = session.patience();
    if (heard && !*heard && patience) session.expire(*patience);
  }
  return failed;
}

}  // namespace maildrop::filter
