/// sqlite_crash_test: kill -9 at any moment loses nothing that was acknowledged.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <thread>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

constexpr std::size_t kId = 26;

/// Delivers for ever, and writes the id of each stored message to `fd`.
[[noreturn]] void deliver(const World& world, int fd) {
  auto store = world.open();
  if (!store) ::_exit(1);
  for (unsigned i = 0;; ++i) {
    std::vector<Delivery> batch;
    for (unsigned j = 0; j <= i % 5; ++j) batch.push_back(delivery(world.clock.now(), {"bob"}, 500 + i % 7 * 5000));
    for (const auto& result : (*store)->put(batch)) {
      if (!result || ::write(fd, result->text().data(), kId) != static_cast<ssize_t>(kId)) ::_exit(1);
    }
    if (i % 10 == 0) (*store)->tend();
  }
}

/// Reads ids until the other end is gone; kills it at a moment of chance, once it has acknowledged something.
std::vector<std::string> read_and_kill(int fd, pid_t child, std::chrono::microseconds after) {
  std::vector<std::string> ids;
  std::string bytes;
  char buffer[4096];
  std::thread killer;
  for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    bytes.append(buffer, static_cast<std::size_t>(n));
    if (killer.joinable()) continue;
    killer = std::thread([=] {
      std::this_thread::sleep_for(after);
      ::kill(child, SIGKILL);
    });
  }
  if (killer.joinable()) killer.join();
  for (std::size_t at = 0; at + kId <= bytes.size(); at += kId) ids.push_back(bytes.substr(at, kId));
  return ids;
}

}  // namespace

TEST_CASE("sqlite crash: what was acknowledged is there after kill -9") {
  World world("sqlite");
  world.options.inbox.max_messages = 100000;
  world.options.settings.wal_size = 2u << 20;  // so that checkpoints are under way, too
  world.options.settings.max_size = 1u << 30;
  std::mt19937 random(1);
  std::set<std::string> acknowledged;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      deliver(world, ends[1]);
    }
    ::close(ends[1]);
    const auto ids = read_and_kill(ends[0], child, std::chrono::microseconds(random() % 30000));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    acknowledged.insert(ids.begin(), ids.end());

    auto store = world.open(round % 2 == 0 ? Role::reader : Role::writer);
    REQUIRE(store);
    const auto seen = shown(**store, "bob");
    const std::set<std::string> there(seen.begin(), seen.end());
    CHECK(std::includes(there.begin(), there.end(), acknowledged.begin(), acknowledged.end()));
    CHECK((*store)->stats()->messages == there.size());
    CHECK((*store)->get(inbox("bob"), MessageId::trusted(seen.front())));
  }
  CHECK(acknowledged.size() > 20);
}
