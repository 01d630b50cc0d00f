/// heartbeat_test.cc: what does not go on is named.
#include "service/heartbeat.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "allocations.h"
#include "core/descriptor.h"

using namespace maildrop;
using namespace maildrop::service;

namespace {

constexpr Millis kRound{5};

/// What was told, and when something else is.
class Told {
 public:
  Heartbeat::Told teller() {
    return [this](const std::string& stuck) {
      const std::lock_guard lock(mutex_);
      ++rounds_;
      last_ = stuck;
      changed_.notify_all();
    };
  }
  /// The next words that have `part` in them, or none at all for an empty one.
  bool comes(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      return rounds_ > 0 && (part.empty() ? last_.empty() : last_.find(part) != std::string::npos);
    });
  }
  std::string last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rounds_ = 0;
  std::string last_;
};

FileDescriptor connect_to(int listener) {
  sockaddr_in to{};
  socklen_t size = sizeof to;
  getsockname(listener, reinterpret_cast<sockaddr*>(&to), &size);
  FileDescriptor client(socket(AF_INET, SOCK_STREAM, 0));
  if (connect(client.get(), reinterpret_cast<sockaddr*>(&to), size) != 0) return {};
  return client;
}

}  // namespace

TEST_CASE("a loop that carries nothing out is found, and is well again when it does") {
  Loops loops(2);
  Told told;
  std::promise<void> let_go;
  boost::asio::post(loops.at(1).context(), [wait = let_go.get_future().share()] { wait.wait(); });
  const Heartbeat heartbeat(loops, {}, {}, kRound, told.teller());
  loops.start();
  CHECK(told.comes("loop 1 for "));
  CHECK(told.last().find("loop 0") == std::string::npos);
  let_go.set_value();
  CHECK(told.comes(""));
}

TEST_CASE("a loop that could not be asked, as memory was out, is asked in the next round") {
  Loops loops(2);
  loops.start();
  Told told;
  std::optional<test::Allocations> few;
  std::atomic<int> failed{0};
  const Heartbeat heartbeat(loops, {}, {}, kRound, [&, tell = told.teller()](const std::string& stuck) {
    if (few && few->failed()) ++failed;
    few.reset();
    if (failed > 0) return tell(stuck);
    few.emplace(0);  // the next round's first: to ask a loop
  });
  CHECK(told.comes(""));
  CHECK(failed == 1);
}

TEST_CASE("a thread that has been at its work for too long is found") {
  Loops loops(1);
  loops.start();
  Told told;
  std::atomic<int> silent{100};
  const Heartbeat heartbeat(loops, {{"the committer", [&] { return Millis(silent.load()); }}}, {}, kRound,
                            told.teller(), Millis(1000));
  CHECK(told.comes(""));
  silent = 1001;
  CHECK(told.comes("the committer for 1 s"));
  silent = 0;
  CHECK(told.comes(""));
}

TEST_CASE("a socket at which somebody waits in vain is found") {
  Loops loops(1);
  loops.start();
  ListenersByLoop listeners = *open_listeners({*Endpoint::parse("127.0.0.1:0")}, 1);
  Listener& listener = listeners[0][0];
  Told told;
  const Heartbeat heartbeat(loops, {}, {listener.bell()}, kRound, told.teller());
  CHECK(told.comes(""));
  const FileDescriptor first = connect_to(listener.fd());
  const FileDescriptor second = connect_to(listener.fd());
  REQUIRE(second);
  CHECK(told.comes("the socket " + listener.name() + " for "));

  SECTION("it is well while there are more than can be let in at once") {
    std::atomic<bool> stop{false};
    std::thread serves([&] {
      while (!stop) listener.turn();
    });
    CHECK(told.comes(""));
    stop = true;
    serves.join();
  }
  SECTION("nobody waits at one that is closed") {
    { const Listener closing = std::move(listener); }
    CHECK(told.comes(""));
  }
}
