/// survey_desk.cc: a walk in pieces.
#include "api/survey_desk.h"

#include <utility>

namespace maildrop::api {

/// The walk is of one at a time, and the lock is free meanwhile.
class SurveyDesk::Turn {
 public:
  /// `lock`: held now; whether it is at the end, too, does not matter, as what throws may do so with it or without.
  Turn(SurveyDesk& desk, std::unique_lock<std::mutex>& lock) : desk_(desk), lock_(lock) { desk_.walking_ = true; }
  ~Turn() {
    if (!lock_.owns_lock()) lock_.lock();
    desk_.walking_ = false;
    desk_.left_.notify_all();
  }
  Turn(const Turn&) = delete;

 private:
  SurveyDesk& desk_;
  std::unique_lock<std::mutex>& lock_;
};

bool SurveyDesk::is_fresh() const { return done_ && clock_.monotonic() - ended_ < kFresh; }

Result<SurveyDesk::Look> SurveyDesk::look(Monotonic until) {
  std::unique_lock lock(mutex_);
  left_.wait_until(lock, until, [this] { return is_fresh() || !walking_; });
  if (is_fresh()) return Look{done_};
  if (walking_) return Look{};
  const Turn turn(*this, lock);
  // A walk that throws has seen nobody knows what: it goes with its owner.
  std::shared_ptr<store::Survey> walk = std::move(open_);
  if (!walk || clock_.monotonic() - looked_ > kAbandoned) walk = std::make_shared<store::Survey>(clock_);
  const std::uint64_t of = changes_;
  lock.unlock();
  Result<void> gone;
  while (gone && !walk->done() && std::chrono::steady_clock::now() < until) gone = walk->go_on(store_);
  lock.lock();
  looked_ = clock_.monotonic();
  const bool is_valid = of == changes_;
  Look look{nullptr, walk->all().messages};
  if (walk->done()) {
    look.survey = walk;  // who has begun it asked before the change
    if (is_valid) done_ = walk, ended_ = looked_;
  } else if (is_valid) {
    open_ = std::move(walk);
  }
  if (!gone) return tl::unexpected(gone.error());
  return look;
}

void SurveyDesk::forget() {
  const std::lock_guard lock(mutex_);
  ++changes_;
  open_ = nullptr;
  done_ = nullptr;
}

}  // namespace maildrop::api
