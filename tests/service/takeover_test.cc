/// takeover_test.cc: sockets that pass from one process to the next; both are this one here.
#include "service/takeover.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <optional>
#include <thread>

#include "service/listen.h"

using namespace maildrop;
using namespace maildrop::service;
using std::chrono::milliseconds;

namespace {

/// One that serves, on a loop of its own, until it has been taken over or is told to end.
class Serving {
 public:
  explicit Serving(std::size_t loops = 2) {
    listeners = *open_listeners({*Endpoint::parse("127.0.0.1:0")}, loops);
    std::vector<OfferedSocket> sockets;
    for (const auto& of_loop : listeners)
      for (const Listener& each : of_loop) sockets.push_back({each.name(), each.fd()});
    offer.emplace(context, sockets, [this](const std::vector<std::string>& names) { taken = names; });
  }
  ~Serving() { end(); }

  const std::string& name() const { return listeners[0][0].name(); }
  void start() {
    thread = std::thread([this] {
      context.run();
      if (taken) offer.reset();
    });
  }
  void end() {
    if (!thread.joinable()) return;
    boost::asio::post(context, [this] { given = offer->withdraw(); });
    thread.join();
  }

  boost::asio::io_context context{1};
  ListenersByLoop listeners;
  std::optional<TakeoverOffer> offer;
  std::optional<std::vector<std::string>> taken;
  std::vector<std::string> given;
  std::thread thread;
};

}  // namespace

TEST_CASE("where nobody serves there is nothing to take") {
  Takeover takeover;
  CHECK(takeover.ask("127.0.0.1:1"));
  CHECK(takeover.ask("unix:/nowhere"));
  CHECK(takeover.empty());
  CHECK(takeover.take("127.0.0.1:1").empty());
  CHECK(takeover.finish(milliseconds(0)));
}

TEST_CASE("all sockets of a process pass over, more than fit into a packet, and it hears which are taken") {
  Serving serving(150);
  serving.start();
  Takeover takeover;
  REQUIRE(takeover.ask(serving.name()));
  REQUIRE(takeover.ask(serving.name()));  // they are here already
  CHECK(takeover.from() == "process " + std::to_string(getpid()));
  std::vector<FileDescriptor> sockets = takeover.take(serving.name());
  CHECK(sockets.size() == 150);
  for (const FileDescriptor& each : sockets) {
    int listening = 0;
    socklen_t size = sizeof listening;
    CHECK(getsockopt(each.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0);
    CHECK(listening == 1);
    CHECK(each.get() > 2);
  }
  CHECK(takeover.take(serving.name()).empty());  // once
  CHECK(takeover.take("127.0.0.1:1").empty());
  CHECK(takeover.finish(milliseconds(20'000)));  // comes back when the offer has ended
  serving.end();
  CHECK(serving.taken == std::vector<std::string>{serving.name()});
}

TEST_CASE("who asks and thinks better of it leaves all as it was") {
  Serving serving;
  serving.start();
  {
    Takeover takeover;
    REQUIRE(takeover.ask(serving.name()));
    CHECK(takeover.take(serving.name()).size() == 2);
  }
  Takeover again;
  Result<void> asked = again.ask(serving.name());
  for (int i = 0; i < 1000 && !asked; ++i) {  // until the loop has seen that the first one is gone
    again = Takeover();
    asked = again.ask(serving.name());
  }
  CHECK(asked);
  CHECK_FALSE(serving.taken);
}

TEST_CASE("one that ends by itself while somebody has its sockets leaves him all of them") {
  Serving serving;
  serving.start();
  Takeover takeover;
  REQUIRE(takeover.ask(serving.name()));
  CHECK(takeover.left() == std::vector<std::string>{serving.name()});
  CHECK(takeover.take(serving.name()).size() == 2);
  CHECK(takeover.left().empty());
  serving.end();
  CHECK(serving.given == std::vector<std::string>{serving.name(), serving.name()});
  CHECK_FALSE(serving.taken);
}

TEST_CASE("a second one is told that somebody is at it") {
  Serving serving;
  serving.start();
  Takeover first;
  Takeover second;
  REQUIRE(first.ask(serving.name()));
  const Result<void> asked = second.ask(serving.name());
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == Code::unavailable);
  CHECK(asked.error().what.find("is being taken over already") != std::string::npos);
}

TEST_CASE("one that does not end is waited for no longer than wanted") {
  Serving serving;
  std::thread once([&] { serving.context.run_one(); });  // sends its sockets, and hears nothing more
  Takeover takeover;
  const Result<void> asked = takeover.ask(serving.name());
  once.join();
  REQUIRE(asked);
  const Result<void> finished = takeover.finish(milliseconds(30));
  REQUIRE_FALSE(finished);
  CHECK(finished.error().what.find("is still there") != std::string::npos);
  std::thread hears([&] {
    serving.context.run_one();
    serving.offer.reset();
  });
  const Result<void> again = takeover.finish(milliseconds(20'000));
  hears.join();
  CHECK(again);
  REQUIRE(serving.taken);
  CHECK(serving.taken->empty());  // said once
}

TEST_CASE("another kind of answer is an error") {
  const std::string name = "127.0.0.1:65535";
  FileDescriptor door(socket(AF_UNIX, SOCK_SEQPACKET, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = "maildrop/" + name;
  std::memcpy(address.sun_path + 1, text.data(), text.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  REQUIRE(bind(door.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(door.get(), 1) == 0);
  for (const std::string_view answer :
       {"maildrop takeover 2 0\n", "maildrop takeover 1 0\n127.0.0.1:65535\n", "maildrop takeover 1 x\n", "\n", "?"}) {
    std::thread other([&] {
      const FileDescriptor channel(accept(door.get(), nullptr, nullptr));
      send(channel.get(), answer.data(), answer.size(), 0);
    });
    Takeover takeover;
    const Result<void> asked = takeover.ask(name);
    other.join();
    INFO(answer);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().what.find("another version") != std::string::npos);
  }
}
