/// redis_link_test: one connection to a real server: pipelines, errors, and servers that stop, hang or go away.
#include "store/redis_link.h"

#include <catch2/catch.hpp>

#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store::redis;
using namespace maildrop::store::test;
using Catch::Matchers::Contains;

namespace {

Steady::time_point in(std::chrono::milliseconds time) { return Steady::now() + time; }

Result<Link> open(const RedisServer& server, const Login& login = {}) {
  return Link::open(server.place(), login, in(5s));
}

}  // namespace

TEST_CASE("redis link: replies of all kinds, in order, whatever is in them") {
  const RedisServer server;
  auto link = open(server);
  REQUIRE(link);
  const std::string odd("%s\r\n$-1\0\xff*3", 11);
  link->add({"SET", odd, odd});
  link->add({"GET", odd});
  link->add({"GET", "nothing"});
  link->add({"INCRBY", "n", "41"});
  link->add({"NONSENSE"});
  link->add({"EVAL", "return {1, 'two', {3}}", "0"});
  std::vector<Reply> replies;
  REQUIRE(link->exchange(in(5s), replies));
  REQUIRE(replies.size() == 6);
  CHECK(replies[0].text == "OK");
  CHECK(replies[1].text == odd);
  CHECK(replies[2].is(Reply::Kind::nil));
  CHECK(replies[3].number == 41);
  CHECK(replies[4].error_word() == "ERR");
  CHECK(replies[4].is(Reply::Kind::error));
  REQUIRE(replies[5].list.size() == 3);
  CHECK(replies[5].list[0].number == 1);
  CHECK(replies[5].list[1].text == "two");
  CHECK(replies[5].list[2].list.front().number == 3);
  CHECK(link->is_idle());
}

TEST_CASE("redis link: a pipeline larger than all buffers does not block itself") {
  const RedisServer server;
  auto link = open(server);
  REQUIRE(link);
  const std::string large(8u << 20, 'x');
  for (int i = 0; i < 4; ++i) link->add({"ECHO", large});
  std::vector<Reply> replies;
  REQUIRE(link->exchange(in(30s), replies));
  REQUIRE(replies.size() == 4);
  CHECK(replies[3].text == large);
}

TEST_CASE("redis link: nobody there, nobody who answers, somebody who goes") {
  const Folder folder;
  const auto nobody = Link::open({folder.path("none.sock"), 0}, {}, in(5s));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Code::unavailable);
  CHECK_THAT(nobody.error().what, Contains("none.sock: No such file"));
  CHECK_FALSE(Link::open({"127.0.0.1", 1}, {}, in(5s)));

  RedisServer server;
  auto link = open(server);
  auto other = open(server);
  REQUIRE((link && other));
  server.signal(SIGSTOP);
  const auto stopped = link->ask({"PING"}, in(100ms));
  REQUIRE_FALSE(stopped);
  CHECK_THAT(stopped.error().what, Contains("no answer in time"));
  CHECK_FALSE(link->is_idle());
  CHECK_FALSE(Link::open(server.place(), {}, in(100ms)));  // its socket accepts
  server.signal(SIGCONT);
  CHECK(other->ask({"PING"}, in(5s)));
  server.end(SIGKILL);
  CHECK_FALSE(other->is_idle());
  const auto gone = other->ask({"PING"}, in(5s));
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == Code::unavailable);
}

TEST_CASE("redis link: a server that refuses writes, and PING, can be read") {
  const FakeServer server([](const std::vector<std::string>& words, int) -> std::string {
    return words[0] == "PING" ? "-MISCONF Errors writing to the AOF file\r\n" : "$4\r\nmail\r\n";
  });
  auto link = Link::open(server.place(), {}, in(5s));
  REQUIRE(link);
  CHECK(link->ask({"GET", "key"}, in(5s))->text == "mail");
}

TEST_CASE("redis link: who it is, and in which database") {
  RedisServer server({"--requirepass", "secret"});
  const Login login{{}, "secret", 0};
  const auto stranger = open(server);
  REQUIRE_FALSE(stranger);
  CHECK(stranger.error().code == Code::unavailable);
  CHECK_THAT(stranger.error().what, Contains("NOAUTH"));
  CHECK_THAT(open(server, {{}, "wrong", 0}).error().what, Contains("WRONGPASS"));
  CHECK(open(server, login));
  CHECK(server.ask({"ACL", "SETUSER", "mail", "on", ">word", "~*", "&*", "+@all"}, login).text == "OK");
  auto mail = open(server, {"mail", "word", 7});
  REQUIRE(mail);
  CHECK_THAT(mail->ask({"CLIENT", "INFO"}, in(5s))->text, Contains(" db=7 ") && Contains(" user=mail "));
  CHECK_THAT(open(server, {{}, "secret", 100}).error().what, Contains("out of range"));
}

TEST_CASE("redis link: what a server is out of is over the limit, all else may pass") {
  const auto code = [](const char* text) {
    Reply reply;
    reply.kind = Reply::Kind::error;
    reply.text = text;
    return error_of(reply, {"a", 1}).code;
  };
  CHECK(code("OOM command not allowed when used memory > 'maxmemory'.") == Code::over_limit);
  for (const char* text : {"READONLY You can't write", "LOADING Redis is loading", "MISCONF Redis is configured",
                           "BUSY Redis is busy", "NOAUTH Authentication required.", "ERR max number of clients reached",
                           "NOREPLICAS Not enough good replicas", "MASTERDOWN Link with MASTER is down", ""})
    CHECK(code(text) == Code::unavailable);
}
