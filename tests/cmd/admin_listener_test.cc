/// admin_listener_test.cc: where operators may be served, whoever has opened the sockets.
#include "admin_listener.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "cmd/capture.h"

namespace maildrop::cmd {
namespace {

/// One that systemd has opened.
service::ListenersByLoop listener_at(const std::string& name) {
  service::ListenersByLoop listeners(2);
  listeners[1].emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC), name, service::Listener::Shared::systemd);
  return listeners;
}

}  // namespace

TEST_CASE("what systemd passes for operators is no exception") {
  AdminSettings settings;
  CHECK(check_admin_listeners({}, settings));
  CHECK_FALSE(check_admin_listeners(listener_at("127.0.0.1:9000"), settings));
  settings.token = "0123456789abcdef";
  for (const char* fine : {"unix:/run/a.sock", "127.0.0.1:9000", "[::1]:9000"})
    CHECK(check_admin_listeners(listener_at(fine), settings));
  for (const char* wrong : {"0.0.0.0:9000", "[::]:9000", "192.0.2.1:9000", "unknown"}) {
    INFO(wrong);
    const Result<void> checked = check_admin_listeners(listener_at(wrong), settings);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == Code::invalid);
  }
}

TEST_CASE("a unix socket for all users of the machine is no exception, either") {
  const test::Folder directory;
  const std::string path = directory / "a.sock";
  const std::string name = "unix:" + path;
  const auto said = [&](const std::string& of) {
    const Result<void> checked = check_admin_listeners(listener_at(of), {});
    return checked ? std::string() : checked.error().what;
  };
  CHECK(said(name).find("no permissions that can be seen") != std::string::npos);
  std::ofstream(path).flush();  // its mode alone matters
  for (const unsigned mode : {0600u, 0660u, 0775u}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(said(name).empty());
  }
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  CHECK(said(name).find("SocketMode=0600") != std::string::npos);
  CHECK(said("unix:").find("abstract") != std::string::npos);
  AdminSettings settings;
  settings.token = "0123456789abcdef";
  for (const std::string& fine : {name, std::string("unix:")})
    CHECK(check_admin_listeners(listener_at(fine), settings));
}

}  // namespace maildrop::cmd
