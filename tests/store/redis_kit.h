/// redis_kit.h: real Redis servers and sentinels, in folders that go away.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "store/kit.h"
#include "store/redis_link.h"

namespace maildrop::store::test {

/// A port of loopback that nobody has.
std::uint16_t free_port();

/// One server; ends with the object. On a unix socket or a port of loopback; it keeps nothing on disk unless it is told
/// to.
class RedisServer {
 public:
  explicit RedisServer(const std::vector<std::string>& options = {}, std::uint16_t port = 0);
  virtual ~RedisServer() { end(SIGKILL); }
  RedisServer(const RedisServer&) = delete;

  const redis::Place& place() const { return place_; }
  std::string url() const { return place_.port == 0 ? "redis+unix://" + place_.host : "redis://" + to_string(place_); }
  std::string folder() const { return folder_.path(""); }

  void start();
  void signal(int number) const { ::kill(pid_, number); }
  void end(int number);
  /// One command, on a link of its own.
  redis::Reply ask(std::initializer_list<std::string_view> words, const redis::Login& login = {}) const;

 protected:
  struct Later {};
  RedisServer(Later, std::uint16_t port) : place_{"127.0.0.1", port} {}

  Folder folder_;
  redis::Place place_{folder_.path("redis.sock"), 0};
  std::vector<std::string> words_;  // the command

 private:
  pid_t pid_ = -1;
};

/// Watches `master` under the name `mail`, with `quorum` sentinels needed to say that it is down, which they do after
/// 300 ms.
class Sentinel final : public RedisServer {
 public:
  Sentinel(const RedisServer& master, int quorum);
};

}  // namespace maildrop::store::test
