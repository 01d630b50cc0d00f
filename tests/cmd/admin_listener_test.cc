/// admin_listener_test.cc: where operators may be served, whoever has opened the sockets.
#include "admin_listener.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

namespace maildrop::cmd {
namespace {

/// One that systemd has opened.
service::ListenersByLoop listener_at(const char* name) {
  service::ListenersByLoop listeners(2);
  listeners[1].emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC), name, service::Listener::Shared::systemd);
  return listeners;
}

}  // namespace

TEST_CASE("what systemd passes for operators is no exception") {
  AdminSettings settings;
  CHECK(check_admin_listeners({}, settings));
  CHECK(check_admin_listeners(listener_at("unix:/run/a.sock"), settings));
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

}  // namespace maildrop::cmd
