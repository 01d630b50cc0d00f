/// listen_test.cc: sockets that listen where they were told to.
#include "service/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "core/descriptor.h"
#include "core/socket_address.h"

using namespace maildrop;
using namespace maildrop::service;

namespace {

Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }

bool connects(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const bool ok = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  close(fd);
  return ok;
}

/// The other end has gone by then.
FileDescriptor connect_and_accept(int listener) {
  sockaddr_storage to{};
  socklen_t size = sizeof to;
  getsockname(listener, reinterpret_cast<sockaddr*>(&to), &size);
  const FileDescriptor client(socket(to.ss_family, SOCK_STREAM, 0));
  if (connect(client.get(), reinterpret_cast<sockaddr*>(&to), size) != 0) return {};
  return FileDescriptor(accept(listener, nullptr, nullptr));
}

bool listens(int fd) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1;
}

struct Folder {
  Folder() { path = mkdtemp(name); }
  ~Folder() {
    unlink((path + "/s").c_str());
    rmdir(path.c_str());
  }
  char name[32] = "/tmp/maildrop-listen-XXXXXX";
  std::string path;
};

}  // namespace

TEST_CASE("each loop gets a socket of its own on one picked port") {
  auto listeners = open_listeners({endpoint("127.0.0.1:0")}, 3);
  REQUIRE(listeners);
  REQUIRE(listeners->size() == 3);
  for (const auto& of_loop : *listeners) {
    REQUIRE(of_loop.size() == 1);
    CHECK(of_loop[0].name() == listeners->front()[0].name());
    CHECK(of_loop[0].name().rfind("127.0.0.1:", 0) == 0);
    CHECK(of_loop[0].name() != "127.0.0.1:0");
  }
}

TEST_CASE("the packet that opened a connection is kept, and given once") {
  for (const char* text : {"127.0.0.1:0", "[::1]:0"}) {
    const auto listeners = open_listeners({endpoint(text)}, 1);
    if (!listeners && text[0] == '[') continue;  // a machine without IPv6
    REQUIRE(listeners);
    const FileDescriptor connection = connect_and_accept(listeners->front()[0].fd());
    REQUIRE(connection);
    const std::string syn = take_syn(connection.get());
    REQUIRE(syn.size() >= 40);
    CHECK(static_cast<unsigned char>(syn[0]) >> 4 == (text[0] == '[' ? 6 : 4));
    CHECK(take_syn(connection.get()).empty());
  }
  const Folder folder;
  const auto listeners = open_listeners({endpoint("unix:" + folder.path + "/s")}, 1);
  REQUIRE(listeners);
  CHECK(take_syn(connect_and_accept(listeners->front()[0].fd()).get()).empty());
}

TEST_CASE("IPv6 is written in brackets") {
  auto listeners = open_listeners({endpoint("[::1]:0")}, 1);
  if (!listeners) return;  // a machine without IPv6
  CHECK(listeners->front()[0].name().rfind("[::1]:", 0) == 0);
}

TEST_CASE("a unix socket goes to one loop, replaces a dead one, and is removed at the end") {
  const Folder folder;
  const std::string path = folder.path + "/s";
  {
    // What a killed process leaves: a socket file that nobody answers at.
    const SocketAddress address = *socket_address(endpoint("unix:" + path));
    const FileDescriptor dead(socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(bind(dead.get(), address.get(), address.size) == 0);
  }
  REQUIRE_FALSE(connects(path));
  {
    auto listeners = open_listeners({endpoint("unix:" + path)}, 2);
    REQUIRE(listeners);
    CHECK(listeners->at(0).size() + listeners->at(1).size() == 1);
    CHECK(connects(path));
    auto second = open_listeners({endpoint("unix:" + path)}, 1);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::unavailable);
    CHECK(second.error().what.find(path) != std::string::npos);
    CHECK(connects(path));
  }
  struct stat there {};
  CHECK(lstat(path.c_str(), &there) != 0);
}

TEST_CASE("a unix socket has its mode whatever the umask, and keeps others' files") {
  const Folder folder;
  const std::string path = folder.path + "/s";
  struct stat there {};
  for (const unsigned mode : {0660u, 0666u, 0600u}) {
    const mode_t before = umask(077);
    auto listeners = open_listeners({endpoint("unix:" + path)}, 1, mode);
    umask(before);
    REQUIRE(listeners);
    REQUIRE(stat(path.c_str(), &there) == 0);
    CHECK((there.st_mode & 0777) == mode);
  }
  auto first = std::make_unique<ListenersByLoop>(open_listeners({endpoint("unix:" + path)}, 1).value());
  REQUIRE(unlink(path.c_str()) == 0);
  auto second = open_listeners({endpoint("unix:" + path)}, 1);
  REQUIRE(second);
  first.reset();
  CHECK(connects(path));  // the name was not the first one's any more
}

TEST_CASE("errors name the endpoint") {
  for (const std::string text : {"192.0.2.1:0", "unix:/no/such/folder/s"}) {
    INFO(text);
    auto listeners = open_listeners({endpoint(text)}, 1);
    REQUIRE_FALSE(listeners);
    CHECK(listeners.error().what.find(text) != std::string::npos);
  }
}

TEST_CASE("an inherited socket that is not there is an error") {
  auto listeners = open_listeners({endpoint("fd:smtp")}, 1);
  REQUIRE_FALSE(listeners);
  CHECK(listeners.error().code == Code::not_found);
  listeners = open_listeners({endpoint("fd:smtp?")}, 2);
  REQUIRE(listeners);
  CHECK(listeners->at(0).empty());
}

TEST_CASE("a port that another server holds is refused, though it may be shared") {
  auto first = open_listeners({endpoint("127.0.0.1:0")}, 2);
  REQUIRE(first);
  auto second = open_listeners({endpoint(first->front()[0].name())}, 2);
  REQUIRE_FALSE(second);
  CHECK(second.error().what.find("another server") != std::string::npos);
}

TEST_CASE("what is taken over serves as many loops as there are, and is shared until its process has ended") {
  const Folder folder;
  const std::string path = folder.path + "/s";
  const auto old = open_listeners({endpoint("127.0.0.1:0"), endpoint("unix:" + path)}, 2);
  REQUIRE(old);
  const std::string name = old->at(0)[0].name();
  const std::size_t loops = GENERATE(1U, 2U, 5U);
  boost::asio::io_context context;
  std::vector<OfferedSocket> offered;
  for (const auto& of_loop : *old)
    for (const Listener& each : of_loop) offered.push_back({each.name(), each.fd()});
  TakeoverOffer offer(context, offered, [](const auto&) {});
  std::thread once([&] { context.run_one(); });
  Takeover takeover;
  const Result<void> asked = ask_for({endpoint("unix:" + path), endpoint(name)}, takeover);
  once.join();
  REQUIRE(asked);
  {
    auto taken = open_listeners({endpoint("unix:" + path), endpoint(name)}, loops, 0600, &takeover);
    REQUIRE(taken);
    std::size_t shared = 0;
    std::size_t count = 0;
    for (const auto& of_loop : *taken) {
      CHECK_FALSE(of_loop.empty());
      count += of_loop.size();
      for (const Listener& each : of_loop) shared += each.shared() ? 1 : 0;
    }
    CHECK(shared == count);  // none listens that did not before
    std::size_t listening = 0;
    for (const auto& of_loop : *taken)
      for (const Listener& each : of_loop) listening += listens(each.fd());
    CHECK(listening == 3);
    CHECK(count == std::max<std::size_t>(loops, 2) + 1);
  }
  CHECK(connects(path));  // given up before it was ours: nothing has changed
  struct stat there {};
  REQUIRE(stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0660);
}

TEST_CASE("what joins the port of a taken socket listens when that is owned") {
  auto old = open_listeners({endpoint("127.0.0.1:0")}, 1);
  REQUIRE(old);
  boost::asio::io_context context;
  TakeoverOffer offer(context, {{old->at(0)[0].name(), old->at(0)[0].fd()}}, [](const auto&) {});
  std::thread once([&] { context.run_one(); });
  Takeover takeover;
  const Endpoint there = endpoint(old->at(0)[0].name());
  const Result<void> asked = ask_for({there}, takeover);
  once.join();
  REQUIRE(asked);
  auto taken = open_listeners({there}, 2, 0660, &takeover);
  REQUIRE(taken);
  REQUIRE(taken->at(1).size() == 1);
  CHECK_FALSE(listens(taken->at(1)[0].fd()));
  REQUIRE(taken->at(1)[0].own());
  CHECK(listens(taken->at(1)[0].fd()));
}

TEST_CASE("a unix socket that is left to another process keeps its name, until that owns it") {
  const Folder folder;
  const std::string path = folder.path + "/s";
  std::optional<Listener> second;
  {
    auto first = open_listeners({endpoint("unix:" + path)}, 1);
    REQUIRE(first);
    Listener& listener = first->at(0)[0];
    listener.leave({"unix:/another"});
    CHECK_FALSE(listener.shared());
    second.emplace(dup(listener.fd()), listener.name(), Listener::Shared::process, path, 0600U);
    listener.leave({listener.name()});
    CHECK(listener.shared());
  }
  CHECK(connects(path));
  REQUIRE(second->own());
  struct stat there {};
  REQUIRE(stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  second.reset();
  CHECK(access(path.c_str(), F_OK) != 0);
}
