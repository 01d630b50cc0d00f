/// sqlite_ledger_test.cc: restarts, kill -9, damage, and files that are not to be had. What it does: ledger_test.cc.
#include "store/sqlite_ledger.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "store/ledger_kit.h"
#include "store/sqlite_connection.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

std::string file_of(const World& world, const char* suffix = "") {
  return world.folder.path("mail.db.ledger") + suffix;
}

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void fill(Ledger& ledger, int records) {
  for (int i = 0; i < records; i += 100) {
    std::vector<Operation> batch;
    for (int j = i; j < i + 100; ++j)
      batch.push_back(Operation::put("s", std::to_string(j), 1h, std::string(200, 'v')));
    for (const auto& answer : ledger.run(batch)) REQUIRE(answer);
  }
}

std::string checked(const World& world) {
  auto connection = sqlite::Connection::open(file_of(world), 1s);
  REQUIRE(connection);
  auto check = connection->prepare("PRAGMA integrity_check");
  REQUIRE(check);
  REQUIRE(check->step());
  return std::string(check->bytes(0));
}

}  // namespace

TEST_CASE("sqlite ledger: what it knows outlives it, in files that nobody else may read") {
  World world("sqlite");
  const ::mode_t mask = ::umask(0);
  done(*open_ledger_of(world), Operation::put("s", "a", 1h, "x"));
  const auto again = open_ledger_of(world);
  CHECK(done(*again, Operation::get("s", "a")).value == "x");
  CHECK(done(*again, Operation::get("s", "a")).since == world.clock.now());
  ::umask(mask);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat about {};
    INFO(suffix);
    CHECK(::stat(file_of(world, suffix).c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
  }
}

TEST_CASE("sqlite ledger: one that is opened again knows what each space holds") {
  World world("sqlite");
  const auto first = open_ledger_of(world, 100);
  flood(*first, "big", 0, 80);
  flood(*first, "small", 0, 20);
  SECTION("from what it wrote") {}
  SECTION("from its records, where that is not so") {
    REQUIRE(sqlite::Connection::open(file_of(world), 1s)
                ->exec("UPDATE space SET records=100-records; UPDATE total SET records=7"));
  }
  const auto again = open_ledger_of(world, 100);
  flood(*again, "big", 80, 100);
  CHECK(held(*again, "small", 0, 20) == 20);
  CHECK(held(*again, "big", 100, 80) == 80);
  CHECK(again->stats().records == 100);
  CHECK(again->stats().evicted == 100);
}

TEST_CASE("sqlite ledger: spaces that hold nothing are not kept") {
  World world("sqlite");
  const auto ledger = open_ledger_of(world);
  for (int i = 0; i < 20; ++i) done(*ledger, Operation::put("s" + std::to_string(i), "a", 1min));
  for (int i = 0; i < 10; ++i) done(*ledger, Operation::remove("s" + std::to_string(i), "a"));
  auto connection = sqlite::Connection::open(file_of(world), 1s);
  CHECK(connection->number("SELECT count(*) FROM space") == 10);
  world.clock.advance(1min);
  done(*ledger, Operation::put("s", "a", 1h));
  CHECK(connection->number("SELECT count(*) FROM space") == 1);
}

TEST_CASE("sqlite ledger: kill -9 at any moment leaves one that is whole and has what was answered") {
  World world("sqlite");
  std::mt19937 random(1);
  std::uint64_t last = 0;
  for (int round = 0; round < 15; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto ledger = open_ledger(ledger_options(world.options, 40));  // so that there is something to remove, too
      for (std::uint64_t n = last + 1;; ++n) {
        const std::vector<Operation> batch{Operation::put("s", "last", 1h, std::to_string(n)),
                                           Operation::put("s", std::to_string(n), 1h, std::string(250, 'v'))};
        for (const auto& answer : (*ledger)->run(batch))
          if (!answer) ::_exit(1);
        if (::write(ends[1], &n, sizeof n) != sizeof n) ::_exit(1);
      }
    }
    ::close(ends[1]);
    std::uint64_t answered = 0;
    REQUIRE(::read(ends[0], &answered, sizeof answered) == sizeof answered);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    ::kill(child, SIGKILL);
    for (std::uint64_t n = 0; ::read(ends[0], &n, sizeof n) == sizeof n;) answered = n;
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    const auto ledger = open_ledger_of(world);
    last = std::stoull(done(*ledger, Operation::get("s", "last")).value);
    CHECK((last == answered || last == answered + 1));
    CHECK(has(*ledger, std::to_string(last)));
    CHECK(ledger->stats().records <= 40);
    CHECK(checked(world) == "ok");
  }
  CHECK(::access(file_of(world, ".damaged").c_str(), F_OK) != 0);
}

namespace {

/// Each file of the folder, with its bytes; but not those of SQLite's shared memory, in which readers say that they are
/// there.
std::map<std::string, std::string> files_of(const World& world) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(world.folder.path("."))) {
    const std::string name = entry.path().filename();
    files[name] = name.ends_with("-shm") ? "" : slurp(entry.path());
  }
  return files;
}

/// What is put is in the log alone.
void put_and_die(const World& world) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto ledger = open_ledger(ledger_options(world.options));
    static_cast<void>((*ledger)->run(Operation::put("s", "a", 1h, "x")));
    ::_exit(0);  // without a destructor: as by kill -9
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
}

std::unique_ptr<Ledger> open_without_making(const World& world) {
  OpenOptions options = ledger_options(world.options);
  options.create_missing = false;
  return open_ledger_of(options);
}

}  // namespace

TEST_CASE("sqlite ledger: a reader leaves all files as they are, and makes none") {
  World world("sqlite");
  SECTION("whatever is in their names") { world.options.url = "sqlite:" + world.folder.path("50%3f?a=b#c d.db"); }
  SECTION("of a process that serves") {}
  const auto reader = read_ledger_of(world);
  const Result<Answer> none = reader->run(Operation::get("s", "a"));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::not_found);
  CHECK(files_of(world).empty());
  {
    const auto ledger = open_ledger_of(world);
    done(*ledger, Operation::put("s", "a", 1h, "x"));
    const auto files = files_of(world);
    CHECK(files.size() == 4);
    CHECK(done(*read_ledger_of(world), Operation::get("s", "a")).value == "x");
    CHECK(files_of(world) == files);
    done(*ledger, Operation::put("s", "a", 1h, "y"));
  }
  const auto files = files_of(world);
  CHECK(files.size() == 2);  // SQLite's own are gone
  const auto late = read_ledger_of(world);
  CHECK(done(*late, Operation::get("s", "a")).value == "y");
  CHECK(files_of(world) == files);
  done(*open_ledger_of(world), Operation::put("s", "a", 1h, "z"));
  CHECK(done(*late, Operation::get("s", "a")).value == "z");
}

TEST_CASE("sqlite ledger: a reader sees what a process that was killed left in the log, and leaves it there") {
  const World world("sqlite");
  put_and_die(world);
  const auto files = files_of(world);
  CHECK(files.size() == 4);
  CHECK(has(*read_ledger_of(world), "a"));
  CHECK(files_of(world) == files);
  CHECK(has(*open_ledger_of(world), "a"));
}

TEST_CASE("sqlite ledger: what is damaged or empty stays so, for who does not make one") {
  const World world("sqlite");
  for (const bool reads : {true, false}) {
    const auto ask = [&] {
      return (reads ? read_ledger_of(world) : open_without_making(world))->run(Operation::get("s", "a"));
    };
    std::filesystem::remove(file_of(world));
    CHECK(ask().error().code == Code::not_found);
    CHECK(files_of(world).empty());
    spill(file_of(world), "");
    CHECK(ask().error().code == Code::not_found);
    spill(file_of(world), std::string(50'000, 'x'));
    CHECK(ask().error().code == Code::corrupt);
    CHECK(files_of(world).size() == 1);
  }
}

TEST_CASE("sqlite ledger: who does not make one writes what is there") {
  const World world("sqlite");
  done(*open_ledger_of(world), Operation::put("s", "a", 1h));
  CHECK(done(*open_without_making(world), Operation::remove("s", "a")).found);
  CHECK_FALSE(has(*read_ledger_of(world), "a"));
}

TEST_CASE("sqlite ledger: a damaged file is put aside, and a new one begun") {
  const std::string noise(50'000, 'x');
  World world("sqlite");
  SECTION("no database") { spill(file_of(world), noise); }
  SECTION("cut off") {
    fill(*open_ledger_of(world), 1000);
    std::filesystem::resize_file(file_of(world), std::filesystem::file_size(file_of(world)) / 2 + 77);
  }
  SECTION("pages overwritten") {
    fill(*open_ledger_of(world), 1000);
    std::string bytes = slurp(file_of(world));
    for (std::size_t at = 4096; at < bytes.size(); ++at) bytes[at] = 'x';
    spill(file_of(world), bytes);
  }
  SECTION("another program's") {
    spill(file_of(world), "");
    REQUIRE(sqlite::Connection::open(file_of(world), 1s)->exec("CREATE TABLE record(a)"));
  }
  SECTION("a space that says it holds what is not there") {
    fill(*open_ledger_of(world), 100);
    const auto late = open_ledger_of(world, 10);
    CHECK(has(*late, "0"));
    REQUIRE(sqlite::Connection::open(file_of(world), 1s)
                ->exec("UPDATE space SET records=1000; UPDATE total SET records=1000; DELETE FROM record"));
    done(*late, Operation::put("s", "z", 1h));
  }
  SECTION("an older maildrop's") {
    fill(*open_ledger_of(world), 100);
    REQUIRE(sqlite::Connection::open(file_of(world), 1s)->exec("PRAGMA user_version=1"));
  }
  SECTION("without its table") {
    fill(*open_ledger_of(world), 100);
    REQUIRE(sqlite::Connection::open(file_of(world), 1s)->exec("DROP TABLE record"));
  }
  SECTION("damaged once before") {
    spill(file_of(world, ".damaged"), "before");
    spill(file_of(world), noise);
  }
  const auto ledger = open_ledger_of(world, 10'000);
  done(*ledger, Operation::put("s", "a", 1h));
  CHECK(has(*ledger, "a"));
  CHECK(std::filesystem::file_size(file_of(world, ".damaged")) > 1000);
  CHECK(checked(world) == "ok");
  CHECK(has(*open_ledger_of(world), "a"));
}

TEST_CASE("sqlite ledger: damage is found while it is open, and the others who have it open come along") {
  World world("sqlite");
  const auto one = open_ledger_of(world, 10'000);
  const auto other = open_ledger_of(world, 10'000);
  fill(*one, 2000);
  CHECK(has(*other, "0"));
  REQUIRE(sqlite::Connection::open(file_of(world), 1s)->exec("DROP TABLE total"));
  done(*one, Operation::put("s", "a", 1h));
  CHECK_FALSE(has(*one, "0"));
  CHECK(has(*other, "a"));
  done(*other, Operation::put("s", "b", 1h));
  CHECK(has(*one, "b"));
  CHECK(std::filesystem::exists(file_of(world, ".damaged")));
}

TEST_CASE("sqlite ledger: a file that was removed is made again") {
  World world("sqlite");
  const auto ledger = open_ledger_of(world);
  done(*ledger, Operation::put("s", "a", 1h));
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_of(world, suffix));
  done(*ledger, Operation::put("s", "b", 1h));
  CHECK_FALSE(has(*ledger, "a"));
  CHECK(has(*open_ledger_of(world), "b"));
}

TEST_CASE("sqlite ledger: where no file can be made it opens all the same, and says so each time") {
  World world("sqlite");
  world.options.url = "sqlite:" + world.folder.path("nowhere/mail.db");
  const auto ledger = open_ledger_of(world);
  for (int i = 0; i < 2; ++i) {
    const Result<Answer> answer = ledger->run(Operation::get("s", "a"));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::unavailable);
  }
  world.options.url = "sqlite:";
  const auto without = open_ledger(world.options);
  REQUIRE_FALSE(without);
  CHECK(without.error().code == Code::invalid);
}

TEST_CASE("sqlite ledger: who holds the lock for too long is an error to others, and nothing was done") {
  World world("sqlite");
  const auto ledger = open_ledger_of(world);
  done(*ledger, Operation::put("s", "a", 1h));
  auto holder = sqlite::Connection::open(file_of(world), 1s);
  REQUIRE(holder->exec("BEGIN IMMEDIATE"));
  const Result<Answer> answer = ledger->run(Operation::put("s", "b", 1h));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unavailable);
  CHECK(has(*ledger, "a"));  // readers wait for nobody
  REQUIRE(holder->exec("COMMIT"));
  CHECK_FALSE(has(*ledger, "b"));
  done(*ledger, Operation::put("s", "b", 1h));
}
