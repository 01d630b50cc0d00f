/// sqlite_writing_test: a disk that is full, locked, damaged or replaced; what is refused, and that it heals.
#include "store/sqlite_writing.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <thread>

#include "store/asleep.h"
#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;
using Catch::Matchers::Contains;

namespace {

struct Disk : World {
  std::unique_ptr<Store> store;
  std::vector<std::string> stored;  // in `bob`, newest first

  Disk() : World("sqlite") { options.inbox.max_messages = 10000; }
  std::string path() const { return folder.path("mail.db"); }
  void start() {
    auto opened = open();
    REQUIRE(opened);
    store = std::move(*opened);
  }
  /// What a delivery answers now: `stored`, or the name of the error.
  std::string put(std::size_t size = 1000, const std::string& peer = "192.0.2.1") {
    Delivery d = delivery(clock.now(), {"bob"}, size);
    d.summary.peer = peer;
    const auto id = put_one(*store, d);
    if (!id) return std::string(to_string(id.error().code));
    stored.insert(stored.begin(), id->text());
    return "stored";
  }
  sqlite::Connection other() const {
    auto connection = sqlite::Connection::open(path(), 1s);
    REQUIRE(connection);
    return std::move(*connection);
  }
  /// Nothing lost, nothing half done, and mail is taken again.
  void check_healed() {
    CHECK(shown(*store, "bob") == stored);
    CHECK(put() == "stored");
    CHECK(store->ready());
    CHECK(shown(*store, "bob") == stored);
    CHECK(store->stats()->messages == stored.size());
  }
};

/// Files of this process can grow to so many bytes, until the end of the scope.
class FileLimit {
 public:
  explicit FileLimit(std::uint64_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

/// A disk that has room for so many bytes of each file, until the end of the scope. To SQLite, ENOSPC is another
/// failure than the EFBIG of a FileLimit.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t bytes) {
    room_ = bytes;
    write_by(reinterpret_cast<sqlite3_syscall_ptr>(write_within));
  }
  ~FullDisk() { write_by(nullptr); }  // as before
  FullDisk(const FullDisk&) = delete;

 private:
  static void write_by(sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, call);  // the one that it calls
  }
  static ssize_t write_within(int file, const void* bytes, std::size_t size, off_t at) {
    if (static_cast<std::uint64_t>(at) + size <= room_) return ::pwrite(file, bytes, size, at);
    errno = ENOSPC;
    return -1;
  }

  static inline std::uint64_t room_ = 0;
};

}  // namespace

TEST_CASE("sqlite writing: turns come in the order of asking") {
  sqlite::Turn turn;
  REQUIRE(turn.take(0ms));
  CHECK(!turn.take(1ms));  // who gave up stands in nobody's way
  std::atomic<bool> had = false;
  Asleep waiting;
  std::thread second([&] {
    waiting.begins();
    if (!turn.take(10s)) return;
    had = true;
    turn.leave();
  });
  waiting.wait();
  turn.leave();
  REQUIRE(turn.take(10s));  // at once again, as a committer does
  CHECK(had);
  turn.leave();
  second.join();
}

TEST_CASE_METHOD(Disk, "sqlite writing: after a failure only a write says that writes work again") {
  start();
  CHECK(put() == "stored");
  {
    const FileLimit limit(1);
    CHECK(put() != "stored");
    CHECK(!store->ready());
    // Calls that succeed without a write: nothing has expired, and there is no such message.
    CHECK(store->purge({}));
    CHECK(store->remove(inbox("bob"), MessageId::make(clock.now())) == false);
    store->tend();
    CHECK(!store->ready());
  }
  CHECK(store->ready());
  check_healed();
}

TEST_CASE_METHOD(Disk, "sqlite writing: a clock that jumps ahead removes nothing at once") {
  start();
  CHECK(put() == "stored");
  clock.jump(std::chrono::hours(24 * 400));
  CHECK(store->purge({})->removed == 0);
  CHECK(shown(*store, "bob").empty());  // by what the clock says, it is old
  clock.jump(-std::chrono::hours(24 * 400));
  check_healed();
  clock.jump(std::chrono::hours(24 * 2));
  clock.advance(std::chrono::hours(24));  // it was right after all: a day later, what was two days old is gone
  CHECK(store->purge({})->removed == 2);
}

TEST_CASE_METHOD(Disk, "sqlite writing: one delivery too large for what is left does not take the others with it") {
  options.settings.max_size = 2u << 20;
  start();
  std::vector<Delivery> batch;
  for (const std::size_t size : {1000, 4000000, 1000}) batch.push_back(delivery(clock.now(), {"bob"}, size));
  const auto results = store->put(batch);
  CHECK(results[0]);
  REQUIRE(!results[1]);
  CHECK(results[1].error().code == Code::over_limit);
  CHECK(results[2]);
  stored = {batch[2].summary.id.text(), batch[0].summary.id.text()};
  check_healed();
}

TEST_CASE_METHOD(Disk, "sqlite writing: a store at max_size refuses, shows it, and takes mail when there is room") {
  options.settings.max_size = 2u << 20;
  start();
  std::string code = "stored";
  while (code == "stored" && stored.size() < 1000) code = put(20000, "10.0." + std::to_string(stored.size()) + ".1");
  CHECK(code == "over_limit");
  REQUIRE(!store->ready());
  CHECK(store->ready().error().code == Code::over_limit);
  CHECK(shown(*store, "bob") == stored);
  for (int i = 0; i < 60; ++i) {
    CHECK(store->remove(inbox("bob"), MessageId::trusted(stored.back())).value());
    stored.pop_back();
  }
  check_healed();
}

TEST_CASE_METHOD(Disk, "sqlite writing: another process's lock is waited for, not for ever") {
  options.settings.deadline = 500ms;  // what comes behind it must not need as long
  start();
  CHECK(put() == "stored");
  sqlite::Connection locking = other();
  REQUIRE(locking.exec("BEGIN EXCLUSIVE"));
  CHECK(put() == "unavailable");
  CHECK(store->remove(inbox("bob"), MessageId::trusted(stored[0])).error().code == Code::unavailable);
  CHECK(!store->ready());
  CHECK(shown(*store, "bob") == stored);  // readers do not mind
  REQUIRE(locking.exec("ROLLBACK"));
  check_healed();
}

TEST_CASE_METHOD(Disk, "sqlite writing: a disk that takes no more, at each write of a delivery") {
  start();
  for (int i = 0; i < 3; ++i) CHECK(put() == "stored");
  int refused = 0;
  // Each round the WAL may grow a little further, so that each of its writes is the failing one once.
  for (std::uint64_t more = 0; more < 16 * sqlite::kPageSize; more += 8000) {
    {
      const FileLimit limit(store->stats()->wal_bytes + more);
      const std::string code = put(40000);
      if (code != "stored") {
        CHECK((code == "unavailable" || code == "over_limit"));
        if (more == 0) CHECK(!store->ready());  // later there may be room for something small
        ++refused;
      }
    }
    check_healed();
  }
  CHECK(refused > 3);
}

TEST_CASE_METHOD(Disk, "sqlite writing: what a full disk has no room for does not take the others with it") {
  start();
  CHECK(put() == "stored");
  for (const std::size_t small : {0u, 1u}) {
    const std::size_t large = 1 - small;
    std::vector<Delivery> batch(2);
    batch[small] = delivery(clock.now(), {"bob"}, 1000);
    batch[large] = delivery(clock.now(), {"bob"}, 40 * sqlite::kPageSize);
    const FullDisk full(store->stats()->wal_bytes + 20 * sqlite::kPageSize);
    const auto results = store->put(batch);
    CHECK(results[small]);
    REQUIRE(!results[large]);
    CHECK(results[large].error().code == Code::over_limit);
    CHECK_THAT(results[large].error().what, Contains("disk is full"));
    stored.insert(stored.begin(), batch[small].summary.id.text());
  }
  check_healed();
}

TEST_CASE_METHOD(Disk, "sqlite writing: a store that is moved away gets nothing that nobody would find") {
  start();
  CHECK(put() == "stored");
  for (const char* end : {"", "-wal"}) {
    std::filesystem::rename(path() + end, path() + end + ".away");
    CHECK(put() == "unavailable");
    CHECK_THAT(store->ready().error().what, Contains("moved"));
    std::filesystem::rename(path() + end + ".away", path() + end);
    check_healed();
  }
}

TEST_CASE_METHOD(Disk, "sqlite writing: a damaged store is refused loudly, and not written any more") {
  start();
  for (int i = 0; i < 40; ++i) CHECK(put(20000) == "stored");
  store.reset();
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(24 * sqlite::kPageSize);
    file << std::string(std::filesystem::file_size(path()) - 24 * sqlite::kPageSize, '\xa5');
  }
  start();
  std::string code = "stored";
  for (int i = 0; i < 50 && code != "corrupt"; ++i) {
    code = put(20000);
    if (code != "corrupt" && !store->remove(inbox("bob"), MessageId::trusted(stored.back()))) code = put();
    if (code != "corrupt" && !stored.empty()) stored.pop_back();
  }
  CHECK(code == "corrupt");
  const auto before = std::filesystem::file_size(path() + "-wal");
  CHECK(put() == "corrupt");
  CHECK(store->remove(inbox("bob"), MessageId::trusted(std::string(26, '0'))).error().code == Code::corrupt);
  CHECK(store->purge({}).error().code == Code::corrupt);
  CHECK_THAT(store->ready().error().what, Contains("damaged"));
  CHECK(std::filesystem::file_size(path() + "-wal") == before);
}

TEST_CASE_METHOD(Disk, "sqlite writing: a store that was cut short is not opened") {
  start();
  for (int i = 0; i < 40; ++i) CHECK(put(20000) == "stored");
  store.reset();
  std::filesystem::resize_file(path(), 24 * sqlite::kPageSize);
  for (const Role role : {Role::writer, Role::reader}) {
    const auto opened = open(role);
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::corrupt);
    CHECK_THAT(opened.error().what, Contains(path()));
  }
}

TEST_CASE_METHOD(Disk, "sqlite writing: the WAL stays in its bounds while mail keeps coming") {
  options.settings.wal_size = 1u << 20;
  start();
  for (int i = 0; i < 100; ++i) {
    CHECK(put(40000) == "stored");
    CHECK(store->stats()->wal_bytes <= 2 * options.settings.wal_size + 300000);
  }
  store->tend();
  CHECK(store->stats()->wal_bytes <= options.settings.wal_size);
}

TEST_CASE_METHOD(Disk, "sqlite writing: a reader that holds a snapshot cannot make the WAL grow for ever") {
  options.settings.wal_size = 1u << 20;
  start();
  CHECK(put() == "stored");
  {
    sqlite::Connection holding = other();
    REQUIRE(holding.exec("BEGIN; SELECT count(*) FROM message"));
    std::string code = "stored";
    for (int i = 0; i < 200 && code == "stored"; ++i) code = put(40000);
    CHECK(code == "over_limit");
    CHECK(store->stats()->wal_bytes <= 2 * options.settings.wal_size + 300000);
    store->tend();
    CHECK(put(40000) == "over_limit");
    CHECK(store->ready().error().code == Code::over_limit);
    const auto removed = store->remove(inbox("bob"), MessageId::trusted(stored.front()));
    REQUIRE_FALSE(removed);
    CHECK(removed.error().code == Code::over_limit);
  }
  store->tend();
  CHECK(store->stats()->wal_bytes <= options.settings.wal_size);
  CHECK(store->remove(inbox("bob"), MessageId::trusted(stored.front())) == true);
  stored.erase(stored.begin());
  check_healed();
}

TEST_CASE_METHOD(Disk, "sqlite writing: disk space comes back after mail has expired") {
  start();
  for (int i = 0; i < 150; ++i) CHECK(put(100000) == "stored");
  const std::uint64_t full = store->stats()->bytes;
  clock.advance(options.inbox.max_age);
  CHECK(purge_all(*store) == 150);
  for (int i = 0; i < 50; ++i) store->tend();
  store.reset();
  CHECK(std::filesystem::file_size(path()) < full / 4);
}

TEST_CASE_METHOD(Disk, "sqlite writing: a large backlog goes in steps of bounded bytes, too") {
  start();
  for (int i = 0; i < 12; ++i) CHECK(put(1u << 20) == "stored");
  clock.advance(options.inbox.max_age);
  const auto step = store->purge({});
  REQUIRE(step);
  CHECK(step->more);
  CHECK(step->removed <= 5);
  CHECK(purge_all(*store) == 12 - step->removed);
}
