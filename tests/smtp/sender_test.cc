/// sender_test.cc: a dialog over a socket: with a server that is there, slow, silent, hangs up, or is not there.
#include "smtp/sender.h"

#include <catch2/catch.hpp>

#include "smtp/fake_server.h"

using namespace maildrop;
using namespace maildrop::smtp;
using smtp::test::FakeServer;

namespace {

ClientOptions me() {
  ClientOptions options;
  options.helo = "me.test";
  return options;
}

SenderOptions options_for(const FakeServer& server) {
  SenderOptions options;
  options.to = server.to();
  return options;
}

const std::string kMessage = "Subject: x\r\n\r\n.dot\r\n";

std::vector<Outcome> send_one(Sender& sender, const std::string& data = kMessage) {
  return sender.send({"a@example.com", {"b@example.org"}, data});
}

}  // namespace

TEST_CASE("several messages go over one connection") {
  FakeServer server;
  const SenderOptions options = options_for(server);
  Sender sender(options);
  CHECK_FALSE(sender.is_open());
  REQUIRE_FALSE(sender.open(me()));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(sender.is_open());
    CHECK(send_one(sender).front().fate == Fate::accepted);
  }
  sender.close();
  CHECK_FALSE(sender.is_open());
  CHECK(server.messages() == std::vector<std::string>(3, kMessage));
  CHECK(server.count("EHLO me.test") == 1);
  CHECK(server.count("0 QUIT") == 1);
}

TEST_CASE("a large message goes through a socket's buffers") {
  FakeServer server;
  const SenderOptions options = options_for(server);
  Sender sender(options);
  REQUIRE_FALSE(sender.open(me()));
  std::string large;
  while (large.size() < 8'000'000) large += "." + std::string(large.size() % 900, 'x') + "\r\n";
  CHECK(send_one(sender, large).front().fate == Fate::accepted);
  REQUIRE(server.messages().size() == 1);
  CHECK((server.messages().front() == large));
}

TEST_CASE("a server that says nothing, or hangs up, loses the message in time") {
  for (const char* when : {"<greeting>", "EHLO me.test", "MAIL FROM:<a@example.com>", "DATA", "<message>"}) {
    for (const std::string how : {"silence", "hang up"}) {
      INFO(how << " at " << when);
      FakeServer server([&](unsigned, const std::string& line) { return line == when ? how : ""; });
      SenderOptions options = options_for(server);
      options.timeout = std::chrono::milliseconds(50);
      Sender sender(options);
      auto failure = sender.open(me());
      CHECK(sender.connected());
      if (!failure) failure = send_one(sender).front();
      CHECK(failure->fate == Fate::lost);
      const bool behind = failure->text.find("behind the final dot") != std::string::npos;
      CHECK(behind == (when == std::string("<message>")));
      CHECK(failure->text.find(how == "silence" ? "no answer in time" : "hung up") != std::string::npos);
      CHECK_FALSE(sender.is_open());
    }
  }
}

TEST_CASE("a connection that the server has ended meanwhile is noticed") {
  FakeServer server([](unsigned, const std::string& line) { return line == "<message>" ? "421 bye" : ""; });
  const SenderOptions options = options_for(server);
  Sender sender(options);
  REQUIRE_FALSE(sender.open(me()));
  CHECK(send_one(sender).front().fate == Fate::deferred);
  CHECK_FALSE(sender.is_open());
  REQUIRE_FALSE(sender.open(me()));
  CHECK(sender.is_open());
}

TEST_CASE("where nobody listens there is no connection, and the next address is tried") {
  SenderOptions options;
  options.timeout = std::chrono::milliseconds(500);
  Endpoint nobody;
  nobody.kind = Endpoint::Kind::unix_path;
  nobody.path = "/nonexistent/socket";
  options.to = {nobody};
  Sender sender(options);
  const auto failure = sender.open(me());
  REQUIRE(failure);
  CHECK(failure->fate == Fate::lost);
  CHECK(failure->text.find("cannot connect to 'unix:/nonexistent/socket'") == 0);
  CHECK_FALSE(sender.connected());
  FakeServer server;
  options.to.push_back(server.to().front());
  CHECK_FALSE(sender.open(me()));
}

TEST_CASE("who waits for a reply can be told to give up") {
  FakeServer server([](unsigned, const std::string& line) { return line == "DATA" ? "silence" : ""; });
  SenderOptions options = options_for(server);
  bool enough = false;
  options.give_up = [&] { return enough; };
  Sender sender(options);
  REQUIRE_FALSE(sender.open(me()));
  enough = true;
  CHECK(send_one(sender).front().text == "interrupted");
}
