/// survey_desk.cc: a walk in pieces.
#include "api/survey_desk.h"

#include <utility>

namespace maildrop::api {

/// The walk is of one at a time, and the lock is free meanwhile.
class SurveyDesk::Turn {
 public:
  explicit Turn(SurveyDesk& desk) : desk_(desk) { desk_.walking_ = true; }
  ~Turn() {
    const std::lock_guard lock(desk_.mutex_);
    desk_.walking_ = false;
    desk_.left_.notify_all();
  }
  Turn(const Turn&) = delete;

 private:
  SurveyDesk& desk_;
};

bool SurveyDesk::is_fresh() const { return done_ && clock_.monotonic() - ended_ < kFresh; }

Result<SurveyDesk::Look> SurveyDesk::look(Monotonic until) {
  std::unique_lock lock(mutex_);
  left_.wait_until(lock, until, [this] { return is_fresh() || !walking_; });
  if (is_fresh()) return Look{done_};
  if (walking_) return Look{};
  const Turn turn(*this);
  if (!open_ || clock_.monotonic() - looked_ > kAbandoned) open_ = std::make_unique<store::Survey>(clock_);
  lock.unlock();
  while (!open_->done() && std::chrono::steady_clock::now() < until) TRY(open_->go_on(store_));
  lock.lock();
  looked_ = clock_.monotonic();
  Look look{nullptr, open_->all().messages};
  if (open_->done()) {
    look.survey = done_ = std::move(open_);
    ended_ = looked_;
  }
  lock.unlock();  // before the end of the turn, which takes it
  return look;
}

void SurveyDesk::forget() {
  const std::lock_guard lock(mutex_);
  done_ = nullptr;
}

}  // namespace maildrop::api
