/// redis_kit.cc: processes of redis-server.
#include "store/redis_kit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "core/descriptor.h"

namespace maildrop::store::test {

std::uint16_t free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), any, size) != 0 || ::getsockname(socket.get(), any, &size) != 0)
    throw std::runtime_error("no port");
  return ntohs(address.sin_port);
}

RedisServer::RedisServer(const std::vector<std::string>& options, std::uint16_t port) {
  words_ = {
      "redis-server", "--bind",         "127.0.0.1", "--port", std::to_string(port), "--unixsocket",     place_.host,
      "--dir",        folder_.path(""), "--save",    "",       "--logfile",          folder_.path("log")};
  words_.insert(words_.end(), options.begin(), options.end());
  if (port != 0) place_ = {"127.0.0.1", port};
  start();
}

void RedisServer::start() {
  std::vector<char*> argv;
  for (std::string& word : words_) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);  // what it says before it knows of its log
    ::execvp("redis-server", argv.data());
    ::_exit(127);
  }
  for (int i = 0; i < 1000; ++i) {
    const auto link = redis::Link::open(place_, {}, redis::Steady::now() + 1s);
    if (link || link.error().what.find("NOAUTH") != std::string::npos) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("redis-server does not start");
}

void RedisServer::end(int number) {
  if (pid_ <= 0) return;
  ::kill(pid_, number);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

redis::Reply RedisServer::ask(std::initializer_list<std::string_view> words, const redis::Login& login) const {
  const auto deadline = redis::Steady::now() + 5s;
  auto link = redis::Link::open(place_, login, deadline);
  if (!link) throw std::runtime_error(link.error().what);
  std::vector<redis::Reply> replies;
  link->add(words);
  if (!link->exchange(deadline, replies)) throw std::runtime_error("no reply");
  return replies.front();
}

Sentinel::Sentinel(const RedisServer& master, int quorum) : RedisServer(Later(), free_port()) {
  const std::string file = folder_.path("sentinel.conf");
  std::ofstream(file) << "bind 127.0.0.1\nport " << place_.port << "\ndir " << folder_.path("") << "\nlogfile "
                      << folder_.path("log") << "\nsentinel monitor mail 127.0.0.1 " << master.place().port << " "
                      << quorum
                      << "\nsentinel down-after-milliseconds mail 1000\nsentinel failover-timeout mail 3000\n";
  words_ = {"redis-server", file, "--sentinel"};
  start();
}

namespace {

/// The first command in `bytes`, which is taken off; empty: it is not whole yet.
std::vector<std::string> take_command(std::string& bytes) {
  std::vector<std::string> words;
  std::size_t at = 0;
  const auto number = [&]() -> long {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string::npos) return -1;
    const long value = std::stol(bytes.substr(at + 1, end - at - 1));
    at = end + 2;
    return value;
  };
  for (long left = number(); left > 0; --left) {
    const long size = number();
    if (size < 0 || at + static_cast<std::size_t>(size) + 2 > bytes.size()) return {};
    words.push_back(bytes.substr(at, static_cast<std::size_t>(size)));
    at += static_cast<std::size_t>(size) + 2;
  }
  bytes.erase(0, at);
  return words;
}

}  // namespace

FakeServer::FakeServer(Answer answer) : answer_(std::move(answer)) {
  listener_ = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, place().host.c_str(), sizeof address.sun_path - 1);
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 10) != 0)
    throw std::runtime_error("no fake server");
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

void FakeServer::serve() {
  int n = 0;
  for (;;) {
    const FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return;
    std::string bytes;
    char some[65536];
    for (bool more = true; more;) {
      const ssize_t got = ::recv(client.get(), some, sizeof some, 0);
      if (got <= 0) break;
      bytes.append(some, static_cast<std::size_t>(got));
      for (auto words = take_command(bytes); more && !words.empty(); words = take_command(bytes)) {
        const std::string says = answer_(words, n++);
        more = !says.empty() && ::send(client.get(), says.data(), says.size(), MSG_NOSIGNAL) > 0;
      }
    }
  }
}

void share_redis(OpenOptions& options, int count) {
  static RedisServer server;
  options.url = server.url();
  options.redis.prefix = "world" + std::to_string(count) + ":";
}

}  // namespace maildrop::store::test
