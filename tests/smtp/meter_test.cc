/// meter_test.cc: a session asks its meter about each message, recipient and error, and says who has had enough.
#include "smtp/meter.h"

#include <array>
#include <catch2/catch.hpp>

#include "smtp/session.h"

using namespace maildrop;
using namespace maildrop::smtp;
using Of = service::Flood::Of;

namespace {

/// So many of each.
class Allowance final : public Meter {
 public:
  explicit Allowance(std::array<int, 4> left) : left_(left) {}
  bool take(Of of) override {
    int& left = left_.at(static_cast<std::size_t>(of));
    return left > 0 && left-- > 0;
  }
  int left(Of of) const { return left_.at(static_cast<std::size_t>(of)); }

 private:
  std::array<int, 4> left_;
};

std::shared_ptr<const Policy> policy() {
  Config config;
  config.mail.domains = {"example.org"};
  return std::make_shared<const Policy>(config, filter::Judge::Terms{});
}

std::string say(Session& session, std::string_view bytes) {
  session.take_output();
  while (!bytes.empty() && session.want() == Want::input) {
    bytes.remove_prefix(session.consume(bytes));
    if (session.want() != Want::delivery) continue;
    session.take_transaction();
    session.answer(Result<store::MessageId>(store::MessageId::trusted("x")));
  }
  return session.take_output();
}

}  // namespace

TEST_CASE("messages beyond the rate are deferred at MAIL, and the session goes on") {
  Allowance allowance({0, 2, 100, 100});
  Session session(policy(), "id", {}, {.meter = &allowance});
  say(session, "EHLO a\r\n");
  const std::string mail = "MAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n.\r\n";
  for (int i = 0; i < 2; ++i) CHECK(say(session, mail).find("stored as") != std::string::npos);
  CHECK(say(session, "MAIL FROM:<>\r\n") ==
        "450 4.7.1 too much mail in a minute from your network, try again later [id]\r\n");
  CHECK(say(session, "RCPT TO:<u@example.org>\r\nDATA\r\n").substr(0, 4) == "503 ");
  CHECK(allowance.left(Of::error) == 100);  // who pipelines did nothing wrong
  say(session, "RSET\r\nRCPT TO:<u@example.org>\r\n");
  CHECK(allowance.left(Of::error) == 99);
  CHECK(say(session, "NOOP\r\n").substr(0, 4) == "250 ");
  for (int i = 0; i < 200 && session.want() != Want::close; ++i) say(session, "MAIL FROM:<>\r\n");
  CHECK(session.want() == Want::close);  // limits.junk_commands
}

TEST_CASE("recipients beyond the rate are deferred, refused ones count, and the message goes to those before") {
  Allowance allowance({0, 100, 3, 100});
  Session session(policy(), "id", {}, {.meter = &allowance});
  say(session, "EHLO a\r\nMAIL FROM:<>\r\n");
  CHECK(say(session, "RCPT TO:<u1@example.org>\r\n").substr(0, 4) == "250 ");
  CHECK(say(session, "RCPT TO:<u2@elsewhere.test>\r\n").substr(0, 4) == "550 ");
  CHECK(say(session, "RCPT TO:<u1@example.org>\r\n").substr(0, 4) == "250 ");
  CHECK(say(session, "RCPT TO:<u3@example.org>\r\n").substr(0, 10) == "450 4.7.1 ");
  CHECK(say(session, "DATA\r\n.\r\n").find("stored as") != std::string::npos);
}

TEST_CASE("errors beyond the rate end the session, before limits.errors does") {
  Allowance allowance({0, 100, 100, 3});
  Session session(policy(), "id", {}, {.meter = &allowance});
  say(session, "EHLO a\r\n");
  for (int i = 0; i < 3; ++i) CHECK(say(session, "MAIL\r\n").substr(0, 4) == "501 ");
  CHECK(allowance.left(Of::error) == 0);
  CHECK(say(session, "MAIL\r\n").find("\r\n421 4.7.0 too many errors from your network") != std::string::npos);
  CHECK(session.want() == Want::close);
}

TEST_CASE("a source's memory bounds what its sessions receive, and not what waits for the store") {
  Budget all(10 << 20);
  const auto of_source = std::make_shared<Budget>(400 * 1024);
  const auto of_network = std::make_shared<Budget>(1 << 20);
  const Means means{.memory = &all, .smaller = {of_source, of_network}};
  const std::string begin = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n\r\n";
  const std::string half = std::string(78, 'x') + "\r\n";
  Session first(policy(), "id", {}, means);
  Session second(policy(), "id", {}, means);
  first.consume(begin);
  for (int i = 0; i < 1000; ++i) first.consume(half);  // 80 kB
  CHECK(of_source->used() >= 80'000);
  CHECK(of_source->used() == of_network->used());
  CHECK(say(second, "EHLO a\r\nMAIL FROM:<> SIZE=300000\r\n").find("452 4.3.1 ") != std::string::npos);
  first.consume(".\r\n");
  REQUIRE(first.want() == Want::delivery);
  const mail::Transaction taken = first.take_transaction();
  CHECK(of_source->used() == 0);
  CHECK(of_network->used() == 0);
  CHECK(all.used() == taken.memory.held());
  CHECK(say(second, "MAIL FROM:<> SIZE=300000\r\n").substr(0, 4) == "250 ");

  Session third(policy(), "id", {}, {.memory = &all, .smaller = {nullptr, std::make_shared<Budget>(1024)}});
  CHECK(say(third, "EHLO a\r\nMAIL FROM:<>\r\n").find("452 4.3.1 ") != std::string::npos);  // not worth to begin
  for (int i = 0; i < 200 && third.want() != Want::close; ++i) say(third, "MAIL FROM:<>\r\n");
  CHECK(third.want() == Want::close);  // limits.junk_commands
}

TEST_CASE("a network never holds more than it leaves, so that the next one finds something") {
  auto config = std::make_shared<Policy>(*policy());
  config->config.mail.max_size = 1 << 20;
  Budget all(16 << 20);
  std::vector<std::unique_ptr<Session>> sessions;
  const auto begin = [&](const std::shared_ptr<Budget>& network) -> Session& {
    const Means means{.memory = &all, .smaller = {std::make_shared<Budget>(all.limit() / 4), network}};
    return *sessions.emplace_back(std::make_unique<Session>(config, "id", Opening{}, means));
  };
  const std::string kilobyte = std::string(1022, 'x') + "\r\n";
  const std::string dialog = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n\r\n";
  for (std::size_t networks = 1; networks <= 5; ++networks) {
    const auto network = std::make_shared<Budget>(all.limit());
    for (int i = 0; i < 40; ++i) {  // as many sources as they like, and messages of every size
      Session& session = begin(network);
      session.consume(dialog);
      for (int k = 0; k < 1000 >> (i % 8); ++k) session.consume(kilobyte);
    }
    CAPTURE(networks);
    CHECK(network->used() > 0);
    CHECK(network->used() <= all.limit() - all.used());
  }
  Session& honest = begin(std::make_shared<Budget>(all.limit()));
  honest.consume(dialog);
  for (int k = 0; k < 50; ++k) honest.consume(kilobyte);
  honest.consume(".\r\n");
  CHECK(honest.want() == Want::delivery);
}

TEST_CASE("where one message needs more than half of the memory, it may have that") {
  auto config = std::make_shared<Policy>(*policy());
  config->config.mail.max_size = 1 << 20;
  config->config.limits.memory = 4 << 20;
  Budget all(config->config.limits.memory);
  const Means means{.memory = &all, .smaller = {std::make_shared<Budget>(3 << 20), std::make_shared<Budget>(4 << 20)}};
  Session session(config, "id", {}, means);
  session.consume("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n\r\n");
  for (int k = 0; k < 1023; ++k) session.consume(std::string(1022, 'x') + "\r\n");
  session.consume(".\r\n");
  CHECK(session.want() == Want::delivery);
}

TEST_CASE("what ends a session at once is an error, too") {
  for (const std::string_view wrong : {"GET / HTTP/1.1\r\n", "\x16\x03\x01", "EHLO a\nMAIL", "BDAT x\r\n"}) {
    CAPTURE(wrong);
    Allowance allowance({0, 100, 100, 3});
    Session session(policy(), "id", {}, {.meter = &allowance});
    say(session, wrong);
    CHECK(session.want() == Want::close);
    CHECK(allowance.left(Of::error) == 2);
  }
}
