/// sqlite_writing.cc: before each write, may it be done; after each, what has been learnt.
#include "store/sqlite_writing.h"

#include <sys/stat.h>

namespace maildrop::store::sqlite {

namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kLockWait{1000};       // a reader that removes something holds the lock for a moment
constexpr milliseconds kVacuumTime{50};       // of one tend()
constexpr milliseconds kResetEvery{100};      // between two tries to start the WAL over that readers prevent
constexpr milliseconds kCheckpointWait{200};  // for the checkpointer to end its run

struct FileState {
  ino_t inode = 0;
  std::uint64_t size = 0;
};

FileState state_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, static_cast<std::uint64_t>(found.st_size)};
}

}  // namespace

bool Turn::take(milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto place = waiting_.insert(waiting_.end(), 0);
  const bool mine = next_.wait_for(lock, patience, [&] { return !taken_ && place == waiting_.begin(); });
  waiting_.erase(place);
  taken_ = taken_ || mine;
  if (!mine) next_.notify_all();  // whoever stood behind may be the first now
  return mine;
}

void Turn::leave() {
  const std::lock_guard lock(mutex_);
  taken_ = false;
  if (!waiting_.empty()) next_.notify_all();
}

/// The turn, for the length of a call. REQUIRES: may() is asked before anything is done.
class Writing::Holding {
 public:
  explicit Holding(Writing& writing) : writing_(writing), held_(writing.turn_.take(writing.settings_.deadline)) {}
  ~Holding() {
    if (held_) writing_.turn_.leave();
  }
  Holding(const Holding&) = delete;

  Result<void> may() const {
    if (!held_) return fail(Code::unavailable, "store '" + writing_.path_ + "' is still busy with the write before");
    return writing_.healthy();
  }

 private:
  Writing& writing_;
  const bool held_;
};

Result<std::unique_ptr<Writing>> Writing::start(const std::string& path, const StoreSettings& settings,
                                                const Clock& clock) {
  WriteLock lock = TRY(WriteLock::take(path, kLockWait));
  std::unique_ptr<Writing> made(new Writing(path, settings, std::move(lock)));
  TRY(create(path));
  made->writer_ = TRY(Writer::open(path, settings, clock));
  made->checkpointer_ = TRY(Checkpointer::start(path));
  made->wal_inode_ = state_of(path + "-wal").inode;
  return made;
}

Writing::~Writing() {
  if (!writer_ || !checkpointer_ || !healthy()) return;
  checkpointer_.reset();
  [[maybe_unused]] const auto emptied = writer_->empty_wal(Writer::Reset::truncate);
}

std::vector<Result<MessageId>> Writing::put(std::span<const Delivery> deliveries, const Caps& caps) {
  const Holding turn(*this);
  Result<void> may = turn.may();
  if (may) may = room_in_wal();
  if (!may) return std::vector<Result<MessageId>>(deliveries.size(), tl::unexpected(may.error()));
  std::vector<Result<MessageId>> results = writer_->put(deliveries, caps);
  for (const Result<MessageId>& result : results) {
    if (!result) note(result.error());
  }
  checkpointer_->grown(writer_->wal_bytes());
  return results;
}

Result<bool> Writing::remove(const mail::Inbox& inbox, const MessageId& id, const Caps& caps) {
  const Holding turn(*this);
  TRY(turn.may());
  TRY(room_in_wal());
  const Result<bool> removed = noted(writer_->remove(inbox, id, caps));
  checkpointer_->grown(writer_->wal_bytes());
  return removed;
}

Result<PurgeReport> Writing::purge(const PurgeQuery& query, const Caps& caps) {
  const Holding turn(*this);
  TRY(turn.may());
  TRY(room_in_wal());
  Result<PurgeReport> report = noted(writer_->purge(query, caps));
  checkpointer_->grown(writer_->wal_bytes());
  return report;
}

Result<std::size_t> Writing::remove_all(std::span<const Spot> spots) {
  // Who starts the WAL over waits for a checkpoint that is under way, and deliveries with him: so before the turn.
  checkpointer_->idle_within(kCheckpointWait);
  const Holding turn(*this);
  TRY(turn.may());
  TRY(room_in_wal());
  Result<std::size_t> removed = noted(writer_->remove_all(spots));
  checkpointer_->grown(writer_->wal_bytes());
  return removed;
}

Result<bool> Writing::scrub() {
  // Most of it moves beside the commits: what is left for the turn, where deliveries wait, is little.
  checkpointer_->run();
  if (!checkpointer_->idle_within(kCheckpointWait)) return false;
  const Holding turn(*this);
  TRY(turn.may());
  if (!checkpointer_->idle_within(kVacuumTime)) return false;
  return noted(writer_->scrub());
}

Result<void> Writing::ready() {
  const Holding turn(*this);
  TRY(turn.may());
  TRY(room_in_wal());
  const Result<bool> full = writer_->is_full();
  if (!full) return noted(Result<void>(tl::unexpected(full.error())));
  if (*full) return fail(Code::over_limit, "store '" + path_ + "' is full");
  // That it can be read proves nothing: after a failure, only a write does.
  if (failed_at_ != writer_->commits()) return {};
  return noted(writer_->probe());
}

void Writing::tend() {
  const Holding turn(*this);
  if (!turn.may()) return;
  if (writer_->wal_bytes() > settings_.wal_size / 4) start_wal_over();
  // Failures of the rest cost nothing but disk space, and are tried again in a second.
  if (state_of(path_ + "-wal").size > settings_.wal_size && checkpointer_->idle_within(kCheckpointWait)) {
    [[maybe_unused]] const auto cut = writer_->empty_wal(Writer::Reset::truncate);
  }
  const Steady::time_point until = Steady::now() + kVacuumTime;
  for (bool more = true; more && Steady::now() < until;) more = writer_->vacuum().value_or(false);
  // Nothing came since last time: a good moment for what is left, so that a restart has nothing to recover.
  if (writer_->wal_bytes() != 0 && writer_->wal_bytes() == tended_wal_) checkpointer_->run();
  tended_wal_ = writer_->wal_bytes();
}

/// What is written under a name that others do not see is lost, and damage must not spread.
Result<void> Writing::healthy() {
  if (damage_) return tl::unexpected(*damage_);
  if (writer_->has_moved() || state_of(path_ + "-wal").inode != wal_inode_) {
    return fail(Code::unavailable, "store '" + path_ + "' was moved, removed or replaced while it was open");
  }
  return {};
}

Result<void> Writing::room_in_wal() {
  if (writer_->wal_bytes() > settings_.wal_size / 2 && Steady::now() >= next_reset_) {
    start_wal_over();
    if (writer_->wal_bytes() != 0) next_reset_ = Steady::now() + kResetEvery;
  }
  if (writer_->wal_bytes() <= 2 * settings_.wal_size) return {};
  return fail(Code::over_limit, "the write-ahead log of '" + path_ + "' is full: a reader holds on to it");
}

void Writing::start_wal_over() {
  if (!checkpointer_->idle_within(kCheckpointWait)) return;
  if (const auto done = writer_->empty_wal(Writer::Reset::overwrite); !done) note(done.error());
}

void Writing::note(const Error& error) {
  failed_at_ = writer_->commits();
  if (error.code != Code::corrupt) return;
  damage_ = Error{Code::corrupt, "store '" + path_ + "' is damaged, nothing is written to it any more: " + error.what};
}

}  // namespace maildrop::store::sqlite
