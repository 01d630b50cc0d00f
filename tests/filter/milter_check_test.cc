/// milter_check_test.cc: what a milter hears of a transaction, and what its answers come to.
#include "filter/milter_check.h"

#include <algorithm>

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using Says = service::MilterAnswer::Says;

namespace {

const Endpoint kEndpoint = *Endpoint::parse("127.0.0.1:8891");

service::MilterRequest asked(const mail::Transaction& transaction, const std::string& name = "") {
  const Result<service::MilterRequest> request = milter_question(kEndpoint, transaction, name, "mx.example.org");
  REQUIRE(request);
  return *request;
}

/// What is wrong with a message of that header; "" when nothing is.
std::string fault_of(const std::string& header) {
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  transaction.data = header + "\r\nhi";
  const Result<service::MilterRequest> request = milter_question(kEndpoint, transaction, "", "mx.example.org");
  return request ? "" : request.error().what;
}

Finding found(Says says, const std::string& text = "") { return finding_of({says, "message", text}); }

}  // namespace

TEST_CASE("a milter hears the envelope, the header as it stands, and where the body is") {
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost", "eve@localhost"});
  transaction.helo = "helo.example.com";
  transaction.session = "abc";
  transaction.tls = {"TLSv1.3", "X"};
  transaction.data = "Subject: one\r\n two\r\nX:y\r\n\r\nhi\r\n";
  const service::MilterRequest request = asked(transaction, "mail.example.com");
  CHECK((request.host == "mail.example.com" && request.address == transaction.peer.address));
  CHECK((request.helo == "helo.example.com" && request.from == "<a@example.com>"));
  CHECK((request.to == std::vector<std::string>{"<bob@localhost>", "<eve@localhost>"} && !request.more_to));
  CHECK(request.fields == decltype(request.fields){{"Subject", " one\n two"}, {"X", "y"}});
  CHECK(transaction.data.substr(request.body) == "hi\r\n");
  CHECK((request.our_name == "mx.example.org" && request.session == "abc"));
  CHECK((request.tls_protocol == "TLSv1.3" && request.tls_cipher == "X"));
}

TEST_CASE("a client without a name is called by its address, and one on a unix socket has none") {
  mail::Transaction transaction = transaction_of("192.0.2.1", "", {"bob@localhost"});
  CHECK(asked(transaction).host == "[192.0.2.1]");
  CHECK(asked(transaction).from == "<>");
  transaction.peer.local = true;
  CHECK(asked(transaction).host == "localhost");
  CHECK_FALSE(asked(transaction).address);
}

TEST_CASE("nothing that strangers say ends a text early") {
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  const std::string nul(1, '\0');
  transaction.helo = "a" + nul + "b";
  for (int i = 0; i < 999; ++i) transaction.recipients.push_back(transaction.recipients.front());
  transaction.data = "A: b" + nul + "c\r\n\r\nhi";
  const service::MilterRequest request = asked(transaction);
  CHECK(request.helo == "a b");
  CHECK((request.to.size() == 100 && request.more_to));
  CHECK(request.fields.at(0).second == " b c");
}

TEST_CASE("a milter hears all fields, or a header is too large for it") {
  const std::string too_large = "its header is too large for a milter";
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  for (int i = 0; i < 9'999; ++i) transaction.data += "X-" + std::to_string(i) + ": y\r\n";
  const std::string many = transaction.data;
  transaction.data += "Content-Type: multipart/mixed; boundary=b\r\n\r\nhi";
  const service::MilterRequest request = asked(transaction);
  CHECK((request.fields.size() == 10'000 && request.fields.back().first == "Content-Type"));
  CHECK(transaction.data.substr(request.body) == "hi");
  CHECK(fault_of(many + "A: b\r\n").empty());
  CHECK(fault_of(many + "A: b\r\nC: d\r\n") == too_large);
  CHECK(fault_of("V:" + std::string(60 * 1024 - 1, 'v') + "\r\n").empty());
  CHECK(fault_of("V:" + std::string(60 * 1024, 'v') + "\r\n") == too_large);
  CHECK(fault_of(std::string(60 * 1024 - 1, 'N') + ":v\r\n").empty());
  CHECK(fault_of(std::string(60 * 1024, 'N') + ":v\r\n") == too_large);
  std::string wide;
  for (int i = 0; i < 512; ++i) wide += "X: " + std::string(1019, 'y') + "\r\n";
  CHECK(fault_of(wide) == too_large);
}

TEST_CASE("what a milter says is a finding, and its text a reply that can be said") {
  CHECK(found(Says::pass).action == Action::pass);
  CHECK(found(Says::pass).reason.empty());
  const Finding reject = found(Says::reject, "5.7.1 not today");
  CHECK((reject.action == Action::reject && reject.score == 5 && reject.reply == "5.7.1 not today"));
  CHECK(reject.reason == "reject at message: 5.7.1 not today");
  CHECK(found(Says::reject).reply == "5.7.1 this is not wanted here");
  CHECK(found(Says::defer).reply == "4.7.1 try again later");
  CHECK(found(Says::defer, "4.2.1 later").reply == "4.2.1 later");
  CHECK((found(Says::defer).action == Action::defer && found(Says::defer).score == 0));
  CHECK(found(Says::discard).action == Action::discard);
  const Finding kept = found(Says::quarantine, "a\x1b[2J virus");
  CHECK((kept.action == Action::quarantine && kept.reason.find('\x1b') == std::string::npos));
}
