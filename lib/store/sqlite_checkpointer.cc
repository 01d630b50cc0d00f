/// sqlite_checkpointer.cc: PASSIVE checkpoints, when asked.
#include "store/sqlite_checkpointer.h"

#include <sqlite3.h>

#include "store/sqlite_file.h"

namespace maildrop::store::sqlite {

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(const std::string& path) {
  Connection connection = TRY(open_existing(path, std::chrono::milliseconds(100), {}));
  TRY(connection.exec("PRAGMA synchronous=FULL; PRAGMA cache_size=16"));
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // On a connection that has read nothing yet a checkpoint does nothing, and says SQLITE_OK.
  TRY(connection.number("SELECT count(*) FROM sqlite_schema"));
  std::unique_ptr<Checkpointer> made(new Checkpointer(std::move(connection)));
  made->thread_ = std::thread([self = made.get()] { self->loop(); });
  return made;
}

Checkpointer::~Checkpointer() {
  if (!thread_.joinable()) return;  // none was to be had
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

void Checkpointer::grown(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes < last_) last_ = 0;  // the WAL started over
  if (bytes - last_ < kEvery) return;
  last_ = bytes;
  wanted_ = true;
  wake_.notify_one();
}

void Checkpointer::run() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  wake_.notify_one();
}

bool Checkpointer::idle_within(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return done_.wait_for(lock, patience, [&] { return !running_ && !wanted_; });
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || wanted_; });
    if (stopping_) return;
    wanted_ = false;
    running_ = true;
    lock.unlock();
    sqlite3_wal_checkpoint_v2(connection_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    lock.lock();
    running_ = false;
    done_.notify_all();
  }
}

}  // namespace maildrop::store::sqlite
