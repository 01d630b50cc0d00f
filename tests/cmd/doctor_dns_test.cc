/// doctor_dns_test.cc: what a DNS server of ours says, and what it means.
#include "doctor_dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "core/descriptor.h"

namespace maildrop::cmd {
namespace {

using Catch::Contains;
using Level = Finding::Level;

/// One UDP socket on loopback, which answers each question with what `answer` makes of it.
class NameServer {
 public:
  using Answer = std::function<std::string(const std::string& question)>;

  explicit NameServer(Answer answer)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    REQUIRE(::pipe(stop_) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
  }
  const sockaddr_in& address() const { return address_; }

 private:
  void serve() {
    for (;;) {
      pollfd polls[] = {{socket_.get(), POLLIN, 0}, {stop_[0], POLLIN, 0}};
      ::poll(polls, 2, -1);
      if (polls[1].revents != 0) return;
      char buffer[1500];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t n = ::recvfrom(socket_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (n <= 12) continue;
      const std::string answer = answer_({buffer, static_cast<std::size_t>(n)});
      if (answer.empty()) continue;
      (void)::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  FileDescriptor socket_;
  Answer answer_;
  sockaddr_in address_{};
  int stop_[2] = {};
  std::thread thread_;
};

/// The head and the question again, as an answer with that code and so many records.
std::string reply(const std::string& question, int code, char records) {
  std::string head = question.substr(0, 12);
  head[2] = static_cast<char>(head[2] | '\x80');
  head[3] = static_cast<char>('\x80' | code);
  head.replace(4, 8, std::string("\0\1\0\0\0\0\0\0", 8));
  head[7] = records;
  std::size_t end = question.find('\0', 12);
  return head + question.substr(12, end - 12 + 5);
}

/// An MX record of the name that was asked for; `host` in the form of the wire.
std::string mx(char preference, const std::string& host) {
  const auto length = static_cast<char>(host.size() + 2);
  return std::string("\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0", 11) + length + '\0' + preference + host;
}

const std::string kMail("\4Mail\xc0\x0c", 7), kOther("\5other\xc0\x0c", 8), kRoot("\0", 1);

Result<std::vector<Mx>> asked(const NameServer::Answer& answer) {
  const NameServer server(answer);
  return find_mx("example.org", server.address());
}

TEST_CASE("doctor: MX records as the resolver gives them") {
  const auto two = asked([](const std::string& q) { return reply(q, 0, 2) + mx(20, kOther) + mx(10, kMail); });
  REQUIRE(two);
  REQUIRE(two->size() == 2);
  CHECK(two->front().preference == 10);
  CHECK(two->front().host == "mail.example.org");
  CHECK(two->back().host == "other.example.org");

  const auto null = asked([](const std::string& q) { return reply(q, 0, 1) + mx(0, kRoot); });
  REQUIRE(null);
  REQUIRE(null->size() == 1);
  CHECK(null->front().host == "");

  const auto none = asked([](const std::string& q) { return reply(q, 0, 0); });
  REQUIRE(none);
  CHECK(none->empty());

  const auto unknown = asked([](const std::string& q) { return reply(q, 3, 0); });
  REQUIRE(!unknown);
  CHECK(unknown.error().code == Code::not_found);
}

TEST_CASE("doctor: a resolver that fails, lies or says nothing") {
  for (const NameServer::Answer& answer :
       {NameServer::Answer([](const std::string& q) { return reply(q, 2, 0); }),
        NameServer::Answer([](const std::string&) { return std::string(); }),
        NameServer::Answer([](const std::string& q) { return reply(q, 0, 9) + mx(10, kMail); }),
        NameServer::Answer([](const std::string& q) { return reply(q, 0, 1) + mx(10, kMail).substr(0, 15); })}) {
    const auto found = asked(answer);
    REQUIRE(!found);
    CHECK(found.error().code == Code::unavailable);
  }
  const auto loop = asked([](const std::string& q) {
    const auto at = static_cast<char>(q.find('\0', 12) + 5 + 14);  // of the name in the record: it points at itself
    return reply(q, 0, 1) + mx(10, std::string("\xc0") + at);
  });
  CHECK((!loop || loop->empty()));
}

TEST_CASE("doctor: what MX records mean") {
  const auto judged = [](const Result<std::vector<Mx>>& found) {
    return judge_mx("example.org", "mx.example.org", found);
  };
  const auto is = [&](const Finding& finding, Level level, const char* what) {
    INFO(finding.what);
    CHECK(finding.check == "dns");
    CHECK(finding.level == level);
    CHECK_THAT(finding.what, Contains(what));
    CHECK(finding.advice.empty() == (level == Level::ok));
  };
  is(judged({{{5, "first.example.net"}, {10, "mx.example.org"}}}), Level::ok,
     "goes to first.example.net, mx.example.org");
  is(judged({{{5, "mail.example.net"}}}), Level::warning, "goes to mail.example.net, and we are mx.example.org");
  is(judged(std::vector<Mx>{}), Level::warning, "no MX record");
  is(judged({{{0, ""}}}), Level::error, "null MX");
  is(judged(fail(Code::not_found, "none")), Level::error, "does not exist");
  is(judged(fail(Code::unavailable, "Host name lookup failure")), Level::warning, "lookup failure");
}

}  // namespace
}  // namespace maildrop::cmd
