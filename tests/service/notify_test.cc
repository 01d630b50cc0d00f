/// notify_test.cc: what systemd would receive.
#include "service/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace maildrop::service;

namespace {

/// A datagram socket that stands for systemd's.
class Receiver {
 public:
  Receiver() : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "maildrop-notify-" + std::to_string(getpid());
    std::memcpy(address.sun_path + 1, name.data(), name.size());  // abstract: no file to clean up
    bind(fd_, reinterpret_cast<sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
    setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~Receiver() {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
  }
  std::string next() const {
    char text[512];
    const ssize_t n = recv(fd_, text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  int fd_;
};

}  // namespace

TEST_CASE("notifications are single assignments, whatever the status says") {
  const Receiver receiver;
  notify_ready();
  CHECK(receiver.next() == "READY=1\n");
  notify_status("serving\nREADY=0");
  CHECK(receiver.next() == "STATUS=serving READY=0\n");
  notify_reloading();
  CHECK(receiver.next() == "RELOADING=1\n");
  notify_stopping();
  CHECK(receiver.next() == "STOPPING=1\n");
  notify_status("12 connections");
  CHECK(receiver.next() == "STATUS=12 connections\n");
}

TEST_CASE("a supervisor says how often it wants to hear") {
  const Receiver receiver;
  CHECK(is_supervised());
  CHECK(watchdog_period() == std::chrono::milliseconds(0));
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  CHECK(watchdog_period() == std::chrono::milliseconds(0));  // it waits for another
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  CHECK(watchdog_period() == std::chrono::milliseconds(30000));
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
  notify_watchdog();
  CHECK(receiver.next() == "WATCHDOG=1\n");
  notify_extend(std::chrono::milliseconds(2500));
  CHECK(receiver.next() == "EXTEND_TIMEOUT_USEC=2500000\n");
}

TEST_CASE("without a socket nothing happens") {
  unsetenv("NOTIFY_SOCKET");
  notify_ready();
  SUCCEED();
}
