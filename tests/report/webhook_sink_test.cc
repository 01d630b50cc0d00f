/// webhook_sink_test.cc: a real server takes what is sent, refuses it, or does not answer.
#include "report/webhook_sink.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/descriptor.h"
#include "report/hmac.h"

using namespace maildrop;
using namespace maildrop::report;

namespace {

class Server {
 public:
  Server() {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const auto lines = std::count(request.body.begin(), request.body.end(), '\n');
      const bool too_much = lines > most || request.body.find(too_much_at) != std::string::npos;
      response.status = too_much ? 413 : request.body.find(busy_at) != std::string::npos ? 503 : status.load();
      if (status == 302) response.set_header("Location", "/other");
      if (large) response.set_content(std::string(1 << 20, 'x'), "text/plain");
    });
    server_.Post("/other", [this](const httplib::Request&, httplib::Response&) { redirected = true; });
    server_.Post("/slow", [this](const httplib::Request&, httplib::Response&) {
      while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~Server() {
    over = true;
    server_.stop();
    thread_.join();
  }

  ReportSettings settings(const std::string& path = "/hook") const {
    ReportSettings settings;
    settings.webhook = "http://127.0.0.1:" + std::to_string(port_) + path;
    settings.webhook_private = true;
    return settings;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return requests_.size();
  }
  httplib::Request last() {
    const std::lock_guard lock(mutex_);
    REQUIRE_FALSE(requests_.empty());
    return requests_.back();
  }

  std::atomic<int> status{200};
  std::atomic<std::ptrdiff_t> most{100};               // lines
  std::string busy_at = "none", too_much_at = "none";  // between two requests
  std::atomic<bool> large{false}, redirected{false}, over{false};

 private:
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<httplib::Request> requests_;
  std::thread thread_;
};

/// Takes a connection, and says nothing.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&name), size) == 0);
    REQUIRE(::listen(socket_.get(), 1) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    port_ = ntohs(name.sin_port);
  }
  int port() const { return port_; }
  void accept() { peer_ = FileDescriptor(::accept(socket_.get(), nullptr, nullptr)); }

 private:
  FileDescriptor socket_, peer_;
  int port_ = 0;
};

const std::vector<std::string> kLines{"{\"a\":1}\n", "{\"b\":2}\n"};

}  // namespace

TEST_CASE("decisions are sent as lines, signed with the secret") {
  Server server;
  const FakeClock clock;
  ReportSettings settings = server.settings();
  settings.webhook_secret = "secret";
  const auto sink = *make_webhook_sink(settings, clock);
  REQUIRE(sink->write(kLines));
  const httplib::Request request = server.last();
  CHECK(request.body == "{\"a\":1}\n{\"b\":2}\n");
  CHECK(request.get_header_value("Host") + "/hook" == settings.webhook.substr(7));
  CHECK(request.get_header_value("Content-Type") == "application/x-ndjson");
  const std::string time = std::to_string(to_millis(clock.now()) / 1000);
  CHECK(request.get_header_value("Maildrop-Signature") ==
        "t=" + time + ",v1=" + hmac_sha256("secret", time + "." + request.body));
  CHECK(request.get_header_value("Maildrop-Delivery").size() == 20);
}

TEST_CASE("without a secret there is no signature") {
  Server server;
  const FakeClock clock;
  REQUIRE((*make_webhook_sink(server.settings(), clock))->write(kLines));
  CHECK_FALSE(server.last().has_header("Maildrop-Signature"));
}

TEST_CASE("what comes again has the same id, and what comes after it another one") {
  Server server;
  const FakeClock clock;
  const auto sink = *make_webhook_sink(server.settings(), clock);
  server.status = 503;
  CHECK(sink->write(kLines).error().code == Code::unavailable);
  const std::string id = server.last().get_header_value("Maildrop-Delivery");
  server.status = 202;
  REQUIRE(sink->write(kLines));
  CHECK(server.last().get_header_value("Maildrop-Delivery") == id);
  REQUIRE(sink->write({{"{\"c\":3}\n"}}));
  CHECK(server.last().get_header_value("Maildrop-Delivery") != id);
}

TEST_CASE("of what comes by halves, those come again that were not taken, with the same id") {
  Server server;
  const FakeClock clock;
  const auto sink = *make_webhook_sink(server.settings(), clock);
  server.most = 1;
  server.busy_at = "b";
  CHECK(sink->write(kLines).error().code == Code::unavailable);
  CHECK(server.count() == 3);  // both, the first, the second
  const std::string id = server.last().get_header_value("Maildrop-Delivery");
  CHECK(sink->write(kLines).error().code == Code::unavailable);
  CHECK(server.count() == 4);
  server.busy_at = "none";
  REQUIRE(sink->write(kLines));
  CHECK(server.count() == 5);
  CHECK(server.last().body == kLines[1]);
  CHECK(server.last().get_header_value("Maildrop-Delivery") == id);
  REQUIRE(sink->write(kLines));
  CHECK(server.count() == 8);  // what is over is forgotten
}

TEST_CASE("of what comes by halves, only those lines count as unwanted that alone are too much") {
  Server server;
  const FakeClock clock;
  const auto sink = *make_webhook_sink(server.settings(), clock);
  server.most = 1;
  server.too_much_at = "x";
  CHECK(sink->write(std::vector<std::string>{"a\n", "b\n", "x\n", "c\n", "d\n"}) == 1u);
}

TEST_CASE("some answers say that these are not wanted, others that they are to come again") {
  Server server;
  const FakeClock clock;
  const auto sink = *make_webhook_sink(server.settings(), clock);
  for (const int status : {400, 413, 422}) {
    server.status = status;
    CHECK(sink->write(kLines) == kLines.size());
    if (status == 413) CHECK(server.last().body == "{\"b\":2}\n");  // by halves, the other one, too
  }
  for (const int status : {401, 404, 408, 429, 500}) {
    server.status = status;
    CHECK(sink->write(kLines).error().what == "'127.0.0.1' answers " + std::to_string(status));
    CHECK(sink->write(kLines).error().code == Code::unavailable);
  }
}

TEST_CASE("nobody is followed to another place, and nobody's long answer is waited for") {
  Server server;
  const FakeClock clock;
  const auto sink = *make_webhook_sink(server.settings(), clock);
  server.status = 302;
  CHECK(sink->write(kLines).error().code == Code::unavailable);
  CHECK_FALSE(server.redirected);
  server.status = 200;
  server.large = true;
  CHECK(sink->write(kLines));  // it was taken, whatever else is said
}

TEST_CASE("a server that hangs costs the time-out, and a cancelled one nothing") {
  Server server;
  const FakeClock clock;
  ReportSettings settings = server.settings("/slow");
  settings.webhook_timeout = Millis(100);
  CHECK((*make_webhook_sink(settings, clock))->write(kLines).error().code == Code::timed_out);
  settings.webhook_timeout = std::chrono::hours(1);
  const auto sink = *make_webhook_sink(settings, clock);
  std::thread cancels([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    sink->cancel();
  });
  CHECK(sink->write(kLines).error().code == Code::timed_out);
  cancels.join();
  CHECK(sink->write(kLines).error().code == Code::timed_out);
}

TEST_CASE("who says nothing while TLS is agreed on is not waited for either") {
  Listener silent;
  const FakeClock clock;
  ReportSettings settings;
  settings.webhook = "https://127.0.0.1:" + std::to_string(silent.port()) + "/";
  settings.webhook_private = true;
  settings.webhook_timeout = std::chrono::hours(1);
  const auto sink = *make_webhook_sink(settings, clock);
  std::thread cancels([&] {
    silent.accept();
    sink->cancel();
  });
  CHECK(sink->write(kLines).error().code == Code::timed_out);
  cancels.join();
}

TEST_CASE("addresses of IPv6 are written as such") {
  const FakeClock clock;
  ReportSettings settings;
  settings.webhook = "http://[::ffff:127.0.0.1]:1/";
  settings.webhook_private = true;
  CHECK((*make_webhook_sink(settings, clock))->write(kLines).error().what.find("over HTTP") != std::string::npos);
}

TEST_CASE("a webhook in our own network is not asked, unless the operator says so") {
  Server server;
  const FakeClock clock;
  ReportSettings settings = server.settings();
  settings.webhook_private = false;
  const auto refused = (*make_webhook_sink(settings, clock))->write(kLines);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("not on the internet") != std::string::npos);
  settings.webhook = "https://user:password@hook.example/";
  CHECK_FALSE(make_webhook_sink(settings, clock));
}
