/// sqlite_log_file_test: what a writer gathers of its log is in the file when others may look for it, and what cannot
/// be written fails its transaction alone.
#include "store/sqlite_log_file.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "store/kit.h"
#include "store/sqlite_connection.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::sqlite;
using namespace maildrop::store::test;

namespace {

struct Fixture {
  Folder folder;
  std::string path = folder.path("x.db");
  std::optional<Connection> writer, reader;

  Fixture() {
    std::ofstream(path).close();
    writer.emplace(Connection::open(path, 100ms, LogWrites::gathered).value());
    run("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
    run("CREATE TABLE t(id INTEGER PRIMARY KEY, data BLOB)");
    reader.emplace(Connection::open(path, 100ms).value());
  }
  void run(const std::string& sql) { REQUIRE(writer->exec(sql)); }
  void add(int rows) {
    run("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<" + std::to_string(rows) +
        ") INSERT INTO t(data) SELECT randomblob(1000) FROM n");
  }
  std::int64_t seen() { return reader->number("SELECT count(*) FROM t").value(); }
  std::uintmax_t log_size() const { return std::filesystem::file_size(path + "-wal"); }
  /// 1: as it should be, for whoever reads it.
  std::int64_t whole() {
    const auto is_ok = [](Connection& c) {
      Statement check = c.prepare("PRAGMA integrity_check").value();
      return check.step().value() && check.bytes(0) == "ok";
    };
    return is_ok(*reader) && is_ok(*writer) ? 1 : 0;
  }
};

/// No file of this process grows beyond it, while it lives.
class SizeLimit {
 public:
  explicit SizeLimit(std::uintmax_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit less = before_;
    less.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &less);
  }
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SizeLimit(const SizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE_METHOD(Fixture, "sqlite log: others see each commit at once, and all of it") {
  for (int rows : {1, 3, 40, 500}) {  // less and more than is gathered
    const std::int64_t before = seen();
    add(rows);
    CHECK(seen() == before + rows);
  }
  CHECK(whole() == 1);
  REQUIRE(reader->number("PRAGMA wal_checkpoint(TRUNCATE)").value() == 0);
  CHECK(log_size() == 0);
  add(2);
  CHECK(seen() == 546);
  CHECK(whole() == 1);
}

TEST_CASE_METHOD(Fixture, "sqlite log: it is gathered until the commit") {
  const std::uintmax_t before = log_size();
  run("BEGIN");
  add(12);
  run("PRAGMA cache_spill=1; PRAGMA cache_size=1");  // pages go to the log before their time
  add(8);
  CHECK(log_size() == before);
  run("COMMIT");
  CHECK(log_size() > before);
  CHECK(seen() == 20);
}

TEST_CASE_METHOD(Fixture, "sqlite log: pages that go there before the commit are read back, changed, and given up") {
  add(50);
  run("PRAGMA cache_size=5");
  run("BEGIN");
  add(200);
  CHECK(writer->number("SELECT count(DISTINCT data) FROM t").value() == 250);
  run("UPDATE t SET data=randomblob(900) WHERE id%3=0");
  CHECK(writer->number("SELECT sum(length(data)) FROM t").value() == 250 * 1000 - 83 * 100);
  CHECK(seen() == 50);
  run("ROLLBACK");
  CHECK(seen() == 50);
  add(1);
  CHECK(seen() == 51);
  run("BEGIN");
  add(200);
  run("UPDATE t SET data=randomblob(900) WHERE id%3=0");
  run("COMMIT");
  CHECK(reader->number("SELECT sum(length(data)) FROM t").value() == 251 * 1000 - 83 * 100);
  CHECK(whole() == 1);
}

TEST_CASE_METHOD(Fixture, "sqlite log: a commit that finds no room fails, and leaves nothing behind") {
  add(10);
  Result<void> failed;
  {
    const SizeLimit limit(log_size() + 6000);
    failed = writer->exec("INSERT INTO t(data) VALUES(randomblob(30000))");
  }
  CHECK_FALSE(failed);
  CHECK(seen() == 10);
  CHECK(writer->number("SELECT count(*) FROM t").value() == 10);
  add(3);
  CHECK(seen() == 13);
  CHECK(whole() == 1);
  writer.reset();  // and who opens it anew finds the same
  writer.emplace(Connection::open(path, 100ms, LogWrites::gathered).value());
  CHECK(writer->number("SELECT count(*) FROM t").value() == 13);
}
