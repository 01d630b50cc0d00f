/// sqlite_file_test: where a store lies, who may write it, whose files they are.
#include "store/sqlite_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "core/text.h"
#include "store/compression.h"
#include "store/fair_share.h"
#include "store/kit.h"
#include "store/old_formats.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;
using Catch::Matchers::Contains;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

OpenOptions at(const World& world, const std::string& path, Role role, bool create_missing = false) {
  OpenOptions options = world.options;
  options.url = "sqlite:" + path;
  options.role = role;
  options.create_missing = create_missing;
  return options;
}

/// A writable connection, outside of what a store does.
sqlite::Connection raw(const std::string& path) {
  auto connection = sqlite::Connection::open(path, 1s);
  REQUIRE(connection);
  return std::move(*connection);
}

}  // namespace

TEST_CASE("sqlite file: nobody else may read what is stored, whatever the umask") {
  for (const mode_t mask : {0, 022, 0077}) {
    World world("sqlite");
    const std::string path = world.folder.path("mail.db");
    const mode_t before = ::umask(mask);
    auto store = world.open();
    const bool stored = store && put_one(**store, delivery(world.clock.now(), {"bob"}));
    ::umask(before);
    REQUIRE(stored);
    for (const char* end : {"", "-wal", "-shm", ".lock", ".sock"}) {
      INFO(path << end << " under " << mask);
      CHECK(mode_of(path + end) == 0600);
    }
  }
}

TEST_CASE("sqlite file: it is made as it must be") {
  World world("sqlite");
  REQUIRE(world.open());
  sqlite::Connection connection = raw(world.folder.path("mail.db"));
  CHECK(*connection.number("PRAGMA page_size") == sqlite::kPageSize);
  CHECK(*connection.number("PRAGMA auto_vacuum") == 2);  // incremental
  CHECK(*connection.number("PRAGMA application_id") == sqlite::kApplicationId);
  CHECK(*connection.number("PRAGMA user_version") == sqlite::kVersion);
  CHECK(*connection.number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode='wal'") == 1);
}

TEST_CASE("sqlite file: what a writer will meet is known before it opens the store") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  const OpenOptions writer = at(world, path, Role::writer);
  const std::vector<pid_t> nobody;
  CHECK(check_store(writer, nobody));
  CHECK(check_store(at(world, world.folder.path("none/mail.db"), Role::writer), nobody));
  CHECK(check_store(at(world, world.folder.path("none/mail.db"), Role::reader), nobody));
  {
    const auto store = world.open();
    REQUIRE(store);
    const auto check = check_store(writer, nobody);
    REQUIRE_FALSE(check);
    CHECK_THAT(check.error().what, Contains("is being written by process " + std::to_string(::getpid())));
    CHECK_FALSE(check_store(writer, std::vector<pid_t>{1}));
    CHECK(check_store(writer, std::vector<pid_t>{1, ::getpid()}));
    CHECK(check_store(writer, std::vector<pid_t>{0}));
    CHECK(check_store(at(world, path, Role::reader), nobody));
  }
  CHECK(check_store(writer, nobody));
  CHECK(world.open());  // nothing was kept of the lock

  const std::string other = world.folder.path("other.db");
  std::ofstream(other) << std::string(8192, 'x');
  CHECK_FALSE(check_store(at(world, other, Role::writer), nobody));
  CHECK_FALSE(check_store(at(world, other, Role::reader), nobody));
}

TEST_CASE("sqlite file: a folder or a file that cannot be written is known, too") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  REQUIRE(world.open());
  REQUIRE(::chmod(world.folder.path("").c_str(), 0777) == 0);
  for (const char* end : {"", "mail.db", "mail.db.lock"}) {
    const std::string name = world.folder.path(end);
    INFO(name);
    const unsigned mode = mode_of(name);
    REQUIRE(::chmod(name.c_str(), 0555) == 0);
    if (::geteuid() == 0) REQUIRE(::chown(name.c_str(), 0, 0) == 0);
    const bool root = ::geteuid() == 0 && ::seteuid(65534) == 0;  // to whom modes are nothing
    const auto check = check_store(at(world, path, Role::writer), {});
    if (root) REQUIRE(::seteuid(0) == 0);
    REQUIRE(::chmod(name.c_str(), mode) == 0);
    REQUIRE_FALSE(check);
    CHECK_THAT(check.error().what, Contains("cannot write '"));
  }
}

TEST_CASE("sqlite file: one writer, under whatever name") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  auto writer = world.open();
  REQUIRE(writer);
  std::filesystem::create_symlink(path, world.folder.path("other.db"));
  for (const std::string& name : {world.folder.path("other.db"), world.folder.path("./mail.db")}) {
    const auto second = open_store(at(world, name, Role::writer));
    REQUIRE(!second);
    CHECK(second.error().code == Code::unavailable);
    CHECK_THAT(second.error().what, Contains("process " + std::to_string(::getpid())));
  }
  writer->reset();
  CHECK(open_store(at(world, world.folder.path("other.db"), Role::writer)));
}

/// Summaries as version 4 kept them.
void back_to_version4(const std::string& path) {
  std::string sql;
  {
    sqlite::Connection connection = raw(path);
    auto rows = connection.prepare("SELECT inbox, seq, id, summary FROM message");
    REQUIRE(rows);
    while (rows->step().value()) {
      const auto now = unpack(rows->bytes(2), rows->bytes(3));
      REQUIRE(now);
      sql += "UPDATE message SET summary=x'" + to_hex(old_summary(*now, now->to, false)) +
             "' WHERE inbox=" + std::to_string(rows->integer(0)) + " AND seq=" + std::to_string(rows->integer(1)) + ";";
    }
  }
  sql += "ALTER TABLE total DROP COLUMN changes; ALTER TABLE total DROP COLUMN changed;";
  REQUIRE(raw(path).exec(sql + "PRAGMA user_version=4"));
}

// What version 2 had and had not.
constexpr const char* kBackToVersion2 = R"(
  DROP INDEX inbox_id; ALTER TABLE shared DROP COLUMN source; ALTER TABLE shared DROP COLUMN charge;
  ALTER TABLE message DROP COLUMN source; ALTER TABLE message DROP COLUMN charge; PRAGMA user_version=2)";

TEST_CASE("sqlite file: a store of version 1 is read when a writer has brought it up to date") {
  World world("sqlite");
  world.options.settings.compression = 0;
  const std::string path = world.folder.path("mail.db");
  const Delivery old = delivery(world.clock.now(), {"bob"});
  {
    auto writer = world.open();
    REQUIRE(writer);
    REQUIRE(put_one(**writer, old));
  }
  back_to_version4(path);
  REQUIRE(raw(path).exec(kBackToVersion2));
  REQUIRE(raw(path).exec("ALTER TABLE body DROP COLUMN transcript; PRAGMA user_version=1"));
  const auto reader = world.open(Role::reader);
  REQUIRE(!reader);
  CHECK(reader.error().code == Code::unavailable);
  CHECK_THAT(reader.error().what, Contains("an older maildrop") && Contains(path));
  Delivery next = delivery(world.clock.now(), {"bob"});
  next.transcript = "S: 220 mx\n";
  const bool by_writer = GENERATE(true, false);
  if (!by_writer) REQUIRE(open_store(at(world, path, Role::reader, true)));  // serve-api, where nobody writes
  auto writer = world.open();
  REQUIRE(writer);
  REQUIRE(put_one(**writer, next));
  CHECK((*writer)->get(inbox("bob"), old.summary.id)->data == old.data);
  CHECK((*writer)->get(inbox("bob"), old.summary.id)->transcript.empty());
  CHECK((*writer)->get(inbox("bob"), next.summary.id)->transcript == next.transcript);
  CHECK(*raw(path).number("PRAGMA user_version") == sqlite::kVersion);
  CHECK(world.open(Role::reader));
}

TEST_CASE("sqlite file: of mail of version 2 it is found out whose it is") {
  World world("sqlite");
  world.options.settings.compression = 0;
  const std::string path = world.folder.path("mail.db");
  {
    auto writer = world.open();
    REQUIRE(writer);
    for (int i = 0; i < 40; ++i) {
      const std::string name = "old" + std::to_string(i);
      const std::vector<std::string> names = i < 20 ? std::vector{name} : std::vector{name, std::string("both")};
      Delivery d = delivery(world.clock.now(), names, 2000);
      if (i % 2 == 0) d.summary.peer = "198.51.100.1";
      REQUIRE(put_one(**writer, d));
    }
  }
  back_to_version4(path);
  REQUIRE(raw(path).exec(kBackToVersion2));
  auto writer = world.open();
  REQUIRE(writer);
  for (const char* peer : {"192.0.2.1", "198.51.100.1"}) {
    const std::string his = " WHERE source=" + std::to_string(static_cast<std::uint64_t>(source_of(peer)));
    CHECK(*raw(path).number("SELECT sum(charge) FROM message" + his) > 10 * 2000);
    CHECK(*raw(path).number("SELECT sum(charge) FROM message" + his) < 14 * 2000);
    CHECK(*raw(path).number("SELECT sum(charge) FROM shared" + his) == 10 * 2000);
  }
}

TEST_CASE("sqlite file: mail of version 3 was not compressed, and had its transcript beside it") {
  World world("sqlite");
  world.options.settings.compression = 0;
  const std::string path = world.folder.path("mail.db");
  const Delivery old = delivery(world.clock.now(), {"bob"}), next = delivery(world.clock.now(), {"bob"});
  {
    auto writer = world.open();
    REQUIRE(writer);
    REQUIRE(put_one(**writer, old));
  }
  back_to_version4(path);
  REQUIRE(raw(path).exec("UPDATE body SET transcript=CAST('S: 220 mx' AS BLOB); PRAGMA user_version=3"));
  world.options.settings.compression = 9;
  auto writer = world.open();
  REQUIRE(writer);
  REQUIRE(put_one(**writer, next));
  const auto got = (*writer)->get(inbox("bob"), old.summary.id);
  REQUIRE(got);
  CHECK(got->data == old.data);
  CHECK(got->transcript == "S: 220 mx");
  CHECK((*writer)->get(inbox("bob"), next.summary.id)->data == next.data);
  CHECK(*raw(path).number("SELECT count(*) FROM body WHERE dictionary=0") == 1);
  CHECK(*raw(path).number("SELECT count(*) FROM body WHERE dictionary=1") == 1);
}

TEST_CASE("sqlite file: mail of version 4 had its transcript behind it without a tag, compressed or not") {
  World world("sqlite");
  const bool compressed = GENERATE(false, true);
  world.options.settings.compression = 0;
  const std::string path = world.folder.path("mail.db");
  const Delivery old = delivery(world.clock.now(), {"bob"});
  {
    auto writer = world.open();
    REQUIRE(writer);
    REQUIRE(put_one(**writer, old));
  }
  back_to_version4(path);
  const std::string whole = old.data + "S: 220 mx\n";
  const std::string bytes = compressed ? compress(whole, {9, true}).value() : whole;
  REQUIRE(raw(path).exec("UPDATE body SET data=x'" + to_hex(bytes) + "', dictionary=" + (compressed ? "1" : "0")));
  CHECK_THAT(world.open(Role::reader).error().what, Contains("an older maildrop"));
  auto writer = world.open();
  REQUIRE(writer);
  const auto got = (*writer)->get(inbox("bob"), old.summary.id);
  REQUIRE(got);
  CHECK(got->data == old.data);
  CHECK(got->transcript == "S: 220 mx\n");
  CHECK(got->verdicts.empty());
  CHECK(got->summary.subject == old.summary.subject);
  CHECK(got->summary.tls == old.summary.tls);
  CHECK(got->summary.mark == Mark::none);
  CHECK_FALSE(got->summary.score);
  CHECK(shown(**writer, "bob") == std::vector<std::string>{old.summary.id.text()});
}

TEST_CASE("sqlite file: a long body takes several rows, which are read and removed together and without others") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  auto store = world.open();
  REQUIRE(store);
  const auto rows = [&] { return *raw(path).number("SELECT count(*) FROM body"); };
  std::vector<Delivery> mails;
  for (const std::size_t size : {1999u, 2000u, 2001u, 50'000u, 1500u})
    mails.push_back(delivery(world.clock.now(), {"bob"}, size));
  for (const auto& result : (*store)->put(mails)) CHECK(result);
  CHECK(rows() == 1 + 1 + 2 + 25 + 1);
  const auto there = [&](std::size_t i) {
    const auto got = (*store)->get(inbox("bob"), mails[i].summary.id);
    return got && got->data == mails[i].data;
  };
  for (std::size_t i = 0; i < mails.size(); ++i) CHECK(there(i));
  for (const std::size_t i : {3u, 0u, 4u}) REQUIRE((*store)->remove(inbox("bob"), mails[i].summary.id));
  CHECK(rows() == 1 + 2);
  CHECK(there(1));
  CHECK(there(2));
  // Whatever takes the places of the last ones has nothing of theirs.
  const Delivery next = delivery(world.clock.now(), {"bob"}, 3000);
  REQUIRE(put_one(**store, next));
  CHECK((*store)->get(inbox("bob"), next.summary.id)->data == next.data);
  for (const char* damage : {"DELETE FROM body WHERE dictionary=-1", "DELETE FROM body"}) {
    REQUIRE(raw(path).exec(damage));
    CHECK((*store)->get(inbox("bob"), next.summary.id).error().code == Code::corrupt);
  }
}

TEST_CASE("sqlite file: what is no store of ours is left alone, and said") {
  struct Case {
    const char* sql;  // nothing: a text file
    Code code;
    const char* what;
  };
  const std::string newer =
      "PRAGMA application_id=" + std::to_string(sqlite::kApplicationId) + ";PRAGMA user_version=99";
  const Case cases[] = {
      {newer.c_str(), Code::invalid, "a newer maildrop wrote it"},
      {"CREATE TABLE other(x)", Code::invalid, "not a maildrop store"},
      {"PRAGMA user_version=1", Code::invalid, "not a maildrop store"},
      {nullptr, Code::corrupt, "cannot open store"},
  };
  for (const Case& c : cases) {
    World world("sqlite");
    const std::string path = world.folder.path("mail.db");
    std::ofstream(path) << (c.sql ? "" : std::string(4096, 'x'));
    if (c.sql) REQUIRE(raw(path).exec(c.sql));
    for (const Role role : {Role::writer, Role::reader}) {
      const auto store = world.open(role);
      REQUIRE(!store);
      INFO(store.error().what);
      CHECK(store.error().code == c.code);
      CHECK_THAT(store.error().what, Contains(c.what) && Contains(path));
    }
  }
}

TEST_CASE("sqlite file: a reader finds no store, or makes one if it may") {
  World world("sqlite");
  for (const std::string& path : {world.folder.path("mail.db"), world.folder.path("new/folder/mail.db")}) {
    for (const bool feed : {false, true}) {
      const OpenOptions options = at(world, path, Role::reader);
      const Error error = feed ? open_feed(options).error() : open_store(options).error();
      CHECK(error.code == Code::not_found);
      CHECK_THAT(error.what, Contains("no store at '" + path + "'"));
    }
    auto reader = open_store(at(world, path, Role::reader, true));
    REQUIRE(reader);
    CHECK(shown(**reader, "bob").empty());
    auto writer = open_store(at(world, path, Role::writer));
    REQUIRE(writer);
    const auto id = put_one(**writer, delivery(world.clock.now(), {"bob"}));
    REQUIRE(id);
    CHECK(shown(**reader, "bob") == std::vector<std::string>{id->text()});
  }
  CHECK(mode_of(world.folder.path("new/folder")) == 0700);
  CHECK(open_store(at(world, "", Role::writer)).error().code == Code::invalid);
  CHECK(open_store(at(world, world.folder.path(""), Role::writer)).error().code == Code::invalid);
}

TEST_CASE("sqlite file: a reader started first waits for the writer that is making the store") {
  // At every moment of the making: a reader must see all of the store or nothing. Read in two looks, one start in
  // sixty said "not a maildrop store".
  for (int moment = 0; moment < 200; ++moment) {
    World world("sqlite");
    const std::string path = world.folder.path("mail.db");
    auto lock = sqlite::WriteLock::take(path, 0ms);
    REQUIRE(lock);
    Result<std::unique_ptr<Store>> reader = fail(Code::internal, "");
    std::thread opening([&] { reader = open_store(at(world, path, Role::reader, true)); });
    std::this_thread::sleep_for(std::chrono::microseconds(2 * moment));
    const auto made = sqlite::create(path);
    opening.join();
    INFO("moment " << moment << (reader ? "" : ": " + reader.error().what));
    CHECK(made);
    CHECK(reader);
  }
}

TEST_CASE("sqlite file: a file that may not be written is an error, not a crash") {
  if (::geteuid() == 0) return;  // root may write everything
  World world("sqlite");
  REQUIRE(world.open());
  ::chmod(world.folder.path("mail.db").c_str(), 0400);
  const auto store = world.open();
  REQUIRE(!store);
  CHECK(store.error().code == Code::unavailable);
}
