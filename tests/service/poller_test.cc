/// poller_test.cc: waits end when they should, for those who should, and no sooner than a turn of the loop.
#include "service/poller.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

using namespace maildrop;
using namespace maildrop::service;
namespace asio = boost::asio;
using Task = asio::awaitable<void, Poller::Executor>;

namespace {

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    ours = FileDescriptor(ends[0]);
    peer = FileDescriptor(ends[1]);
  }
  void say(std::string_view bytes) const {
    REQUIRE(::write(peer.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  FileDescriptor ours;
  FileDescriptor peer;
};

/// Reads by four bytes until the end, and tells all that happens.
Task read_all(std::shared_ptr<PolledSocket> socket, std::string* told) {
  for (;;) {
    std::array<char, 4> buffer;
    const ssize_t n = socket->recv(buffer);
    if (n == 0) break;
    if (n > 0) told->append(buffer.data(), static_cast<std::size_t>(n)).append("|");
    if (n < 0 && errno != EAGAIN) break;
    co_await socket->readable();
  }
  *told += "end";
}

struct Fixture {
  asio::io_context context{1};
  Poller poller{context};

  std::shared_ptr<PolledSocket> watch(Pair& pair) {
    return std::make_shared<PolledSocket>(poller, std::move(pair.ours));
  }
  template <class Done>
  void spawn(Task task, Done done) {
    asio::co_spawn(context, std::move(task), done);
  }
  void spawn(Task task) {
    spawn(std::move(task), [](std::exception_ptr) {});
  }
  void turn() {
    context.restart();
    context.poll();
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what is said while others are served is collected before the next turn, for a while") {
  Pair first, second;
  std::string told;
  int more = 2000;  // and so often the first peer says something when it is heard
  const std::shared_ptr<PolledSocket> socket = watch(first), other = watch(second);
  const auto hear = [](std::shared_ptr<PolledSocket> from, std::string* to, int* left, const Pair* peer) -> Task {
    for (;;) {
      std::array<char, 4> buffer;
      const ssize_t n = from->recv(buffer);
      if (n == 0) co_return;
      if (n > 0) to->append(buffer.data(), static_cast<std::size_t>(n));
      if (n > 0 && --*left > 0) peer->say("a");
      co_await from->readable();
    }
  };
  int none = 0;
  spawn(hear(socket, &told, &more, &first));
  spawn(hear(other, &told, &none, &second));
  turn();
  first.say("a");
  second.say("b");
  context.restart();
  context.run_one();
  CHECK(told == "aba");  // and not `ab`; one event is no reason to ask again
  while (told.size() < 50) turn();
}

TEST_CASE_METHOD(Fixture, "a reader is told of each new byte, of what it left behind, and of the end") {
  Pair pair;
  std::string told;
  spawn(read_all(watch(pair), &told));
  turn();
  CHECK(told.empty());
  pair.say("ab");
  turn();
  CHECK(told == "ab|");
  pair.say("cdefgh");  // more than one read takes: the kernel tells of it once
  turn();
  CHECK(told == "ab|cdef|gh|");
  pair.say("ijkl");  // as much as a read takes: whether there is more is not known
  turn();
  CHECK(told == "ab|cdef|gh|ijkl|");
  pair.say("m");
  pair.peer = FileDescriptor();  // the end comes with the last bytes
  context.restart();
  context.run();  // and nothing keeps the loop
  CHECK(told == "ab|cdef|gh|ijkl|m|end");
}

TEST_CASE_METHOD(Fixture, "bytes from before the socket was watched are told") {
  Pair pair;
  pair.say("x");
  std::string told;
  spawn(read_all(watch(pair), &told));
  turn();
  CHECK(told == "x|");
}

TEST_CASE_METHOD(Fixture, "a peer that never stops sending does not keep others waiting") {
  Pair loud, quiet;
  auto socket = watch(loud);
  bool stop = false;
  int turns = 0;
  auto read_for_ever = [](std::shared_ptr<PolledSocket> from, int peer, bool* until, int* count) -> Task {
    std::array<char, 1> byte;
    while (!*until && ++*count < 1000) {
      REQUIRE(::write(peer, "x", 1) == 1);
      from->recv(byte);
      co_await from->readable();
    }
  };
  spawn(read_for_ever(socket, loud.peer.get(), &stop, &turns));
  auto stop_it = [](std::shared_ptr<PolledSocket> from, bool* until) -> Task {
    co_await from->readable();
    *until = true;
  };
  spawn(stop_it(watch(quiet), &stop));
  quiet.say("stop");
  socket.reset();
  context.run();
  CHECK(turns < 10);
}

TEST_CASE_METHOD(Fixture, "a writer waits for room") {
  Pair pair;
  auto fill = [](std::shared_ptr<PolledSocket> to, std::size_t* written) -> Task {
    const std::string block(65536, 'x');
    while (*written < 4 * 1024 * 1024) {
      const ssize_t n = to->send(block);
      if (n > 0) *written += static_cast<std::size_t>(n);
      if (n < 0) co_await to->writable();
    }
  };
  std::size_t written = 0;
  spawn(fill(watch(pair), &written));
  turn();
  CHECK(written > 0);
  CHECK(written < 4 * 1024 * 1024);
  const std::size_t before = written;
  turn();
  CHECK(written == before);
  std::string sink(1 << 20, '\0');
  for (int i = 0; i < 1000 && written < 4 * 1024 * 1024; ++i) {
    while (::read(pair.peer.get(), sink.data(), sink.size()) > 0) {
    }
    turn();
  }
  CHECK(written >= 4 * 1024 * 1024);
}

TEST_CASE_METHOD(Fixture, "a peer that sends no more and does not read keeps a writer waiting, not spinning") {
  Pair pair;
  int sends = 0;
  auto fill = [](std::shared_ptr<PolledSocket> to, int* count) -> Task {
    const std::string block(65536, 'x');
    while (++*count < 1000) {
      if (to->send(block) < 0) co_await to->writable();
    }
  };
  auto socket = watch(pair);
  spawn(fill(socket, &sends));
  REQUIRE(::shutdown(pair.peer.get(), SHUT_WR) == 0);
  for (int i = 0; i < 20; ++i) turn();
  CHECK(sends < 100);
  pair.peer = FileDescriptor();
  for (int i = 0; i < 2000 && sends < 1000; ++i) turn();
  CHECK(sends == 1000);  // gone altogether: a send fails, and nobody waits
}

TEST_CASE_METHOD(Fixture, "cancel ends a wait, and nothing else") {
  Pair pair;
  auto socket = watch(pair);
  int waits = 0;
  auto wait_twice = [](std::shared_ptr<PolledSocket> on, int* over) -> Task {
    co_await on->readable();
    ++*over;
    co_await on->readable();
    ++*over;
  };
  spawn(wait_twice(socket, &waits));
  socket->cancel();  // nobody waits yet
  turn();
  CHECK(waits == 0);
  socket->cancel();
  socket->cancel();
  turn();
  CHECK(waits == 1);
  pair.say("x");
  turn();
  CHECK(waits == 2);
}

TEST_CASE_METHOD(Fixture, "what one of those resumed throws does not cost the others their turn") {
  std::array<Pair, 3> pairs;
  int resumed = 0;
  auto wait = [](std::shared_ptr<PolledSocket> on, int* count) -> Task {
    co_await on->readable();
    ++*count;
    throw std::runtime_error("handler");
  };
  for (Pair& pair : pairs) {
    spawn(wait(watch(pair), &resumed), [](std::exception_ptr thrown) { std::rethrow_exception(thrown); });
    pair.say("x");
  }
  int thrown = 0;
  for (int i = 0; i < 10 && resumed < 3; ++i) {
    try {
      turn();
    } catch (const std::exception&) {
      ++thrown;
    }
  }
  CHECK(resumed == 3);
  CHECK(thrown >= 1);
}

TEST_CASE("who still waits when the poller goes ends with the loop's io_context") {
  auto token = std::make_shared<int>(0);
  {
    asio::io_context context(1);
    Pair pair;
    Poller poller(context);
    auto wait = [](std::shared_ptr<PolledSocket> on, std::shared_ptr<int>) -> Task { co_await on->readable(); };
    asio::co_spawn(context, wait(std::make_shared<PolledSocket>(poller, std::move(pair.ours)), token),
                   [](std::exception_ptr) {});
    context.poll();
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE_METHOD(Fixture, "a socket that cannot be watched is refused") {
  CHECK_THROWS_AS(PolledSocket(poller, FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))),
                  boost::system::system_error);
  Pair pair;
  std::string told;
  spawn(read_all(watch(pair), &told));
  pair.say("x");
  turn();
  CHECK(told == "x|");
}
