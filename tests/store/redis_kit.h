/// redis_kit.h: real Redis servers and sentinels, in folders that go away.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "core/descriptor.h"
#include "store/kit.h"
#include "store/redis_link.h"

namespace maildrop::store::test {

/// Whether it becomes true within 20 s.
inline bool until(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

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

/// A server on a unix socket that says what it is told: for replies that a real one gives once in a year.
class FakeServer {
 public:
  /// The bytes to say to a command, the n-th of all, from 0; empty: it hangs up.
  using Answer = std::function<std::string(const std::vector<std::string>& words, int n)>;
  explicit FakeServer(Answer answer);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;

  redis::Place place() const { return {folder_.path("fake.sock"), 0}; }
  std::string url() const { return "redis+unix://" + place().host; }

 private:
  void serve();

  Folder folder_;
  Answer answer_;
  FileDescriptor listener_;
  std::thread thread_;
};

/// Watches `master` under the name `mail`, with `quorum` sentinels needed to say that it is down, which they do after
/// 300 ms.
class Sentinel final : public RedisServer {
 public:
  Sentinel(const RedisServer& master, int quorum);
};

}  // namespace maildrop::store::test
