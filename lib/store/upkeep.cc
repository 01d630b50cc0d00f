/// upkeep.cc: one step after each batch while there is a backlog, else one in kTend.
#include "store/upkeep.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/log.h"
#include "store/committer.h"

namespace maildrop::store {

namespace {

// Messages removed in one step. While deliveries come in: twice as many as were stored, so that expiry keeps up with
// any load, but no more than were removed in kStepTime the last time: deliveries wait for a step.
constexpr std::size_t kPurgeStep = 200;
constexpr std::size_t kLeastPurgeStep = 16;
constexpr std::chrono::milliseconds kStepTime{15};

constexpr std::chrono::minutes kTellOfStoreEvery{1};

constexpr std::string_view kMessagesRemoved = "maildrop_store_removed_total";
constexpr std::string_view kMessagesRemovedHelp = "Messages that expired, and that were evicted to make room";

/// Out of memory: again the next time, and mail is taken meanwhile.
template <class Step>
Result<void> attempt(Step step) try {
  return step();
} catch (const std::exception& thrown) {
  return fail(Code::unavailable, thrown.what());
}

}  // namespace

void UpkeepHealth::note(const Result<void>& result, std::chrono::steady_clock::time_point now) {
  if (result) {
    if (std::exchange(told_, false)) log::info("upkeep works again", {{"of", of_}});
  } else if (!told_ && now >= next_told_) {
    log::warning("upkeep failed", {{"of", of_}, {"error", result.error().what}});
    told_ = true;
    next_told_ = now + kTellOfStoreEvery;
  }
}

Upkeep::Upkeep(Store& store, metrics::Registry& metrics)
    : store_(store),
      inboxes_(metrics.gauge("maildrop_store_inboxes", "Inboxes in the store, expired ones not yet removed included")),
      messages_(metrics.gauge("maildrop_store_messages", "Messages in the store")),
      size_(metrics.gauge("maildrop_store_bytes",
                          "Size of the store, all overhead included: compare maildrop_store_limit_bytes")),
      wal_(metrics.gauge("maildrop_store_wal_bytes", "Of maildrop_store_bytes, SQLite's write-ahead log")),
      expired_(metrics.counter(kMessagesRemoved, kMessagesRemovedHelp, "reason=\"expired\"")),
      evicted_(metrics.counter(kMessagesRemoved, kMessagesRemovedHelp, "reason=\"evicted\"")),
      failures_(metrics.counter("maildrop_store_upkeep_failures_total",
                                "Steps of expiry and of making room that failed: what has expired stays")),
      seconds_(metrics.histogram("maildrop_store_upkeep_seconds",
                                 "Time of a step of expiry and of making room, which "
                                 "deliveries wait for")),
      most_(kPurgeStep) {}

void Upkeep::step(std::size_t stored) {
  const Steady::time_point now = Steady::now();
  const bool due = now >= next_;
  if (!due && !backlog_) return;
  const std::size_t wanted = stored == 0 ? kPurgeStep : std::clamp(2 * stored, kLeastPurgeStep, kPurgeStep);
  backlog_ = false;  // after a failure, too: again in kTend
  const Result<void> purged = attempt([&] { return purge(std::min(wanted, most_), now); });
  if (!purged) failures_.add();
  purging_.note(purged, now);
  if (!due) return;
  tending_.note(attempt([&] { return tend(); }), now);
  next_ = Steady::now() + Committer::kTend;
}

Result<void> Upkeep::purge(std::size_t messages, Steady::time_point now) {
  const PurgeReport report = TRY(store_.purge({messages}));
  pace(report.removed + report.evicted, Steady::now() - now);
  tell(report, now);
  backlog_ = report.more;
  return {};
}

Result<void> Upkeep::tend() {
  store_.tend();
  show(TRY(store_.stats()));
  return {};
}

void Upkeep::pace(std::size_t removed, Steady::duration took) {
  seconds_.observe(std::chrono::duration<double>(took).count());
  if (removed < kLeastPurgeStep) return;  // of so few it is not they that took the time
  const double share = std::chrono::duration<double>(kStepTime) / std::max<Steady::duration>(took, Steady::duration(1));
  most_ = static_cast<std::size_t>(
      std::clamp(share * static_cast<double>(removed), double{kLeastPurgeStep}, double{kPurgeStep}));
}

/// A store that is full is an operator's matter, once in a while.
void Upkeep::tell(const PurgeReport& report, Steady::time_point now) {
  expired_.add(report.removed);
  evicted_.add(report.evicted);
  untold_ += report.evicted;
  if (report.evicted >= most_told_) {
    most_told_ = report.evicted;
    whose_ = report.source;
  }
  if (untold_ == 0 || now < next_told_) return;
  log::warning("store full, mail makes room", {{"evicted", untold_}, log::Field::if_any("source", whose_)});
  untold_ = most_told_ = 0;
  next_told_ = now + kTellOfStoreEvery;
}

void Upkeep::show(const StoreStats& stats) {
  inboxes_.set(static_cast<std::int64_t>(stats.inboxes));
  messages_.set(static_cast<std::int64_t>(stats.messages));
  size_.set(static_cast<std::int64_t>(stats.bytes));
  wal_.set(static_cast<std::int64_t>(stats.wal_bytes));
}

}  // namespace maildrop::store
