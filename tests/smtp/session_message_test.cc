/// session_message_test.cc: what becomes of a message with attachments between its final dot and its delivery; the rest
/// of a session's messages is in session_test.cc and the dialogs.
#include <catch2/catch.hpp>

#include "smtp/session.h"

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

const std::string kEnvelope = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n";

std::string with_file(std::size_t size) {
  std::string out =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: a/b\r\n\r\n";
  while (out.size() < size) out += "0123456789\r\n";
  return out + "--b--\r\n";
}

std::string with_tiny_files(std::size_t count) {
  std::string out = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (std::size_t i = 0; i < count; ++i) out += "--b\r\nContent-Type:a/b\r\n\r\n";
  return out + "--b--\r\n";
}

std::shared_ptr<const Policy> policy(MailSettings::Attachments attachments, std::uint64_t max_size = 512 * 1024) {
  Config config;
  config.mail.domains = {"example.org"};
  config.mail.attachments = attachments;
  config.mail.max_size = max_size;
  return std::make_shared<const Policy>(config, filter::Judge::Terms{});
}

}  // namespace

TEST_CASE("a message without its attachments holds as much memory as it takes") {
  Budget memory(1 << 20);
  Session session(policy(MailSettings::Attachments::strip), "id", {}, {.memory = &memory});
  session.consume(kEnvelope + with_file(200'000) + ".\r\n");
  REQUIRE(session.want() == Want::delivery);
  const mail::Transaction taken = session.take_transaction();
  CHECK(taken.removed == 1);
  CHECK(taken.removed_size > 199'000);
  CHECK(taken.data.size() < 1000);
  CHECK(taken.memory.held() >= taken.data.capacity());
  CHECK(memory.used() == taken.memory.held());
  CHECK(memory.used() < 10'000);
  CHECK(taken.data.capacity() - taken.data.size() >= 1000);  // for our trace fields
  // The transcript tells what came.
  CHECK(taken.transcript.find("200") != std::string::npos);
}

TEST_CASE("where there is no memory for two of it, a message is put off") {
  const std::string message = with_tiny_files(80);
  Budget memory(1 << 20);
  Session session(policy(MailSettings::Attachments::strip), "id", {}, {.memory = &memory});
  session.consume(kEnvelope + message);
  const std::uint64_t held = memory.used();
  memory.set_limit(held + message.size());  // what comes out is longer
  session.take_output();
  session.consume(".\r\n");
  CHECK(session.want() == Want::input);
  CHECK(session.take_output().substr(0, 10) == "452 4.3.1 ");
  CHECK(session.take_refusals().at(0).of == Refusal::Of::message);
  CHECK(memory.used() == 0);
  memory.set_limit(1 << 20);
  session.consume(kEnvelope + message + ".\r\n");
  REQUIRE(session.want() == Want::delivery);
  CHECK(session.take_transaction().removed == 80);
}

TEST_CASE("what limits.memory must be is enough for the largest message, and for its stubs") {
  const std::string message = with_tiny_files(80);
  const std::uint64_t max_size = message.size();
  constexpr std::uint64_t kBeside = 64 * 1024;  // its envelope and transcript
  Budget memory(memory_for_one(max_size) + kBeside);
  Session session(policy(MailSettings::Attachments::strip, max_size), "id", {}, {.memory = &memory});
  session.consume(kEnvelope + message + ".\r\n");
  REQUIRE(session.want() == Want::delivery);
  CHECK(session.take_transaction().removed == 80);
  CHECK(Policy::room_for_one(policy(MailSettings::Attachments::strip, max_size)->config) >= memory_for_one(max_size));
}

TEST_CASE("with keep and reject no second one is made") {
  const std::string message = with_file(200'000);
  const auto attachments = GENERATE(MailSettings::Attachments::keep, MailSettings::Attachments::reject);
  Budget memory(1 << 20);
  Session session(policy(attachments), "id", {}, {.memory = &memory});
  session.consume(kEnvelope + message);
  memory.set_limit(memory.used());
  session.take_output();
  session.consume(".\r\n");
  if (attachments == MailSettings::Attachments::reject) {
    CHECK(session.take_output() == "554 5.6.1 no attachments here, only text [id]\r\n");
    const std::vector<Refusal> refusals = session.take_refusals();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].of == Refusal::Of::message);
    CHECK(refusals[0].to == "u@example.org");
    CHECK(memory.used() == 0);
  } else {
    REQUIRE(session.want() == Want::delivery);
    const mail::Transaction taken = session.take_transaction();
    CHECK(taken.data == message);
    CHECK(taken.removed == 0);
  }
}

TEST_CASE("what others found in our name is taken out, once filters have seen the message as it came") {
  const std::string forged = "Authentication-Results: mx.test; spf=pass\r\n";
  for (const bool writes : {true, false}) {
    Config config;
    config.smtp.hostname = "mx.test";
    config.mail.domains = {"mx.test"};
    config.filter.authentication_results = writes;
    Session session(std::make_shared<const Policy>(config, filter::Judge::Terms{bit(filter::Phase::message)}), "id",
                    {});
    session.consume("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u1@mx.test>\r\nDATA\r\n");
    session.consume("Subject: x\r\n" + forged + "\r\nx\r\n.\r\n");
    REQUIRE(session.want() == Want::verdict);
    CHECK(session.transaction().data.find(forged) != std::string::npos);
    session.answer(filter::Verdict{});
    REQUIRE(session.want() == Want::delivery);
    CHECK(session.take_transaction().data == "Subject: x\r\n" + (writes ? "" : forged) + "\r\nx\r\n");
  }
}
