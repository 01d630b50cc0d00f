/// purge_desk.cc: counts, removes, and tells how far it is.
#include "api/purge_desk.h"

#include <exception>
#include <utility>

namespace maildrop::api {

using State = PurgeDesk::Report::State;

PurgeDesk::~PurgeDesk() { stop(); }

Result<bool> PurgeDesk::begin(std::vector<std::string> names, store::Choice choice, bool dry_run) {
  const std::lock_guard lock(mutex_);
  if (report_ && !report_->over()) return false;
  if (thread_.joinable()) thread_.join();  // it has said all, and needs no lock any more
  try {
    thread_ = std::jthread([this, names = std::move(names), choice = std::move(choice), dry_run](
                               const std::stop_token& stop) mutable { run(stop, std::move(names), choice, dry_run); });
  } catch (const std::exception& error) {  // no thread, or no memory: what the last one did is told still
    return fail(Code::unavailable, error.what());
  }
  // Nothing of it throws. The thread waits for the lock before it has something to tell.
  report_ = Report{.dry_run = dry_run, .begun = clock_.now(), .counted = {}, .removed = {}};
  return true;
}

std::optional<PurgeDesk::Report> PurgeDesk::wait(Monotonic until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [this] { return !report_ || report_->over(); });
  return report_;
}

bool PurgeDesk::stop() {
  const std::lock_guard lock(mutex_);
  thread_.request_stop();
  return report_ && !report_->over();
}

void PurgeDesk::note(State state) {
  const std::lock_guard lock(mutex_);
  report_->state = state;
  changed_.notify_all();
}

void PurgeDesk::run(const std::stop_token& stop, std::vector<std::string> names, const store::Choice& choice,
                    bool dry_run) {
  std::string error;
  State state = State::failed;
  try {
    store::BulkPurge purge(store_, clock_, std::move(names), choice);
    const Result<bool> ended = carry_out(purge, stop, dry_run);
    if (!ended)
      error = ended.error().what;
    else
      state = *ended ? State::done : State::stopped;
  } catch (const std::exception& thrown) {  // no memory
    error = thrown.what();
  }
  if (on_end_ && !dry_run) on_end_();
  const std::lock_guard lock(mutex_);
  report_->error = std::move(error);
  report_->state = state;
  changed_.notify_all();
}

Result<bool> PurgeDesk::carry_out(store::BulkPurge& purge, const std::stop_token& stop, bool dry_run) {
  const auto into = [&](store::Tally Report::*tally) {
    return [this, &stop, tally](const store::Tally& now) {
      const std::lock_guard lock(mutex_);
      (*report_).*tally = now;
      return !stop.stop_requested();
    };
  };
  if (!TRY(purge.count(into(&Report::counted)))) return false;
  into (&Report::counted)(purge.counted());
  if (dry_run || purge.counted().messages == 0) return true;
  note(State::removing);
  const Result<bool> ended = purge.remove(into(&Report::removed));
  into (&Report::removed)(purge.removed());
  if (purge.removed().messages == 0) return ended;
  // What was removed before a failure must not stay readable, either.
  note(State::scrubbing);
  const bool scrubbed = purge.scrub();
  const std::lock_guard lock(mutex_);
  report_->scrubbed = scrubbed;
  return ended;
}

}  // namespace maildrop::api
