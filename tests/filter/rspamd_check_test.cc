/// rspamd_check_test.cc: what rspamd hears of a message, and what its answers come to.
#include "filter/rspamd_check.h"

#include <algorithm>

#include "core/text.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

const service::HttpUrl kUrl = *service::HttpUrl::parse("http://127.0.0.1:11333");

std::vector<std::string> values_of(const service::HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [field, value] : request.fields)
    if (field == name) values.push_back(value);
  return values;
}

/// An answer as rspamd 3.4 writes it.
std::string answer_of(const std::string& action, const std::string& score, const std::string& symbols = "",
                      const std::string& messages = "") {
  return "{\"is_skipped\":false,\"score\":" + score + ",\"required_score\":15.0,\"action\":\"" + action +
         "\",\"symbols\":{" + symbols + "},\"messages\":{" + messages + "},\"message-id\":\"undef\"}";
}

std::string symbol(const std::string& name, const std::string& score) {
  return "\"" + name + "\":{\"name\":\"" + name + "\",\"score\":" + score + ",\"metric_score\":" + score + "}";
}

Finding found(const std::string& body) {
  const Result<RspamdAnswer> answer = parse_rspamd_answer({200, body});
  REQUIRE(answer);
  return answer->finding;
}

/// What is wrong with an answer; "" when nothing is.
std::string fault_of(std::string body, unsigned status = 200, bool cut = false) {
  const Result<RspamdAnswer> answer = parse_rspamd_answer({status, std::move(body), cut});
  return answer ? "" : answer.error().what;
}

}  // namespace

TEST_CASE("rspamd hears who sends what to whom, and the message is not copied") {
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost", "eve@localhost"});
  transaction.helo = "mail.example.com";
  transaction.session = "abcdef";
  transaction.tls = {"TLSv1.3", "TLS_AES_128_GCM_SHA256"};
  transaction.data = "From: a@example.com\r\n\r\n.hi\r\n";
  const service::HttpRequest request = rspamd_question(kUrl, transaction, "mail.example.com");
  using Fields = std::vector<std::pair<std::string, std::string>>;
  CHECK(request.fields == Fields{{"IP", "192.0.2.1"},
                                 {"Hostname", "mail.example.com"},
                                 {"Helo", "mail.example.com"},
                                 {"From", "<a@example.com>"},
                                 {"Rcpt", "<bob@localhost>"},
                                 {"Rcpt", "<eve@localhost>"},
                                 {"Queue-Id", "abcdef"},
                                 {"TLS-Version", "TLSv1.3"},
                                 {"TLS-Cipher", "TLS_AES_128_GCM_SHA256"}});
  CHECK(request.url.target == "/checkv2");
  CHECK(request.between == service::HttpRequest::Between::plain);
  CHECK((request.body.empty() && request.rest.empty()));
  CHECK(request.body_size(transaction.data.size()) == transaction.data.size());
}

TEST_CASE("what is not known rspamd does not hear, and a path that is set stays") {
  mail::Transaction transaction = transaction_of("192.0.2.1", "", {"bob@localhost"});
  transaction.peer.local = true;
  transaction.helo.clear();
  const service::HttpRequest request =
      rspamd_question(*service::HttpUrl::parse("unix:/run/rspamd.sock:/rspamd/checkv2"), transaction, "");
  using Fields = std::vector<std::pair<std::string, std::string>>;
  CHECK(request.fields == Fields{{"From", "<>"}, {"Rcpt", "<bob@localhost>"}});
  CHECK(request.url.target == "/rspamd/checkv2");
}

TEST_CASE("nothing that strangers say leaves its field, and there is never more than rspamd's HTTP takes") {
  const std::string long_name(200, 'a');
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  transaction.helo = "a\r\nUser: root\x00\xff" + std::string(2000, 'h');
  for (int i = 0; i < 1000; ++i) {
    mail::Recipient& recipient = transaction.recipients.emplace_back(transaction.recipients.front());
    recipient.address = *mail::parse_address(long_name.substr(0, 60) + std::to_string(i) + "@localhost");
  }
  const service::HttpRequest request = rspamd_question(kUrl, transaction, "x\r\nIP: 127.0.0.1");
  const std::string head = request.head(0);
  CHECK(head.size() < 80 * 1024);
  CHECK(head.find("\r\nUser: ") == std::string::npos);
  CHECK(head.find("\r\nIP: 127") == std::string::npos);
  CHECK(head.find('\0') == std::string::npos);
  CHECK(values_of(request, "Rcpt").size() == 100);
  CHECK(is_valid_utf8(head));
  CHECK(std::count(head.begin(), head.end(), '\n') == static_cast<long>(4 + request.fields.size() + 1));
}

TEST_CASE("an action is ours, and six points are five") {
  const auto action_of = [](const std::string& action) { return found(answer_of(action, "1.0")).action; };
  CHECK(action_of("no action") == Action::pass);
  CHECK(action_of("greylist") == Action::pass);
  CHECK(action_of("add header") == Action::tag);
  CHECK(action_of("rewrite subject") == Action::tag);
  CHECK(action_of("quarantine") == Action::quarantine);
  CHECK(action_of("discard") == Action::discard);
  CHECK(action_of("soft reject") == Action::defer);
  CHECK(action_of("reject") == Action::reject);
  CHECK(found(answer_of("add header", "6.0")).score == FilterSettings().tag);
  CHECK(found(answer_of("no action", "-1.2")).score == Approx(-1));
  const Result<RspamdAnswer> answer = parse_rspamd_answer({200, answer_of("add header", "7.5")});
  REQUIRE(answer);
  CHECK((answer->action == "add header" && answer->score == 7.5));
}

TEST_CASE("the symbols that weigh most are the reason, and where nothing was found there is none") {
  CHECK(found(answer_of("no action", "0.0", symbol("R_DKIM_NA", "0.0"))).reason.empty());
  CHECK(found(answer_of("greylist", "4.5", symbol("A", "-0.5") + "," + symbol("B", "5.0"))).reason ==
        "greylist 4.5: B 5, A -0.5");
  std::string many = symbol("LEAST", "0.5");
  for (int i = 1; i <= 9; ++i) many += "," + symbol("S" + std::to_string(i), std::to_string(i) + ".0");
  CHECK(found(answer_of("reject", "45.5", many)).reason == "reject 45.5: S9 9, S8 8, S7 7, S6 6, S5 5");
  const Finding odd = found(answer_of("reject", "15", symbol("A\\u001b[2J\\r\\n" + std::string(500, 'x'), "1")));
  CHECK(odd.reason.find_first_of("\r\n\x1b") == std::string::npos);
  CHECK(odd.reason.size() < 100);
}

TEST_CASE("a client hears what rspamd wants said, if that is a text") {
  const auto reply = [](const std::string& action, const std::string& message) {
    return found(answer_of(action, "15", "", "\"smtp_message\":" + message)).reply;
  };
  CHECK(found(answer_of("reject", "15")).reply == "5.7.1 this looks like spam");
  CHECK(found(answer_of("soft reject", "15")).reply == "4.7.1 try again later");
  CHECK(reply("reject", "\"Gtube pattern\"") == "Gtube pattern");
  CHECK(reply("soft reject", "\"4.2.1 Not now\"") == "4.2.1 Not now");
  CHECK(reply("add header", "\"Gtube pattern\"").empty());
  for (const std::string& none : {std::string(R"("a\r\n250 fine")"), std::string(R"("\u00fc")"), std::string(R"("")"),
                                  std::string("5"), std::string("[\"x\"]"), "\"" + std::string(201, 'x') + "\""})
    CHECK(reply("reject", none) == "5.7.1 this looks like spam");
}

TEST_CASE("what rspamd does not say is a fault") {
  CHECK(fault_of(answer_of("reject", "15"), 500) == "it answers 500");
  for (const char* none : {"", "[]", "null", "{", "hello", "{} {}"})
    CHECK(fault_of(none) == "its answer is no JSON object");
  CHECK(fault_of("{\"a\": " + std::string(60'000, '[')) == "its answer is no JSON object");
  CHECK(fault_of("{}") == "its action is no text");
  CHECK(fault_of(R"({"action": 5})") == "its action is no text");
  CHECK(fault_of(answer_of("explode", "1")) == "its action is none: 'explode'");
  CHECK(fault_of(R"({"action": "reject"})") == "its score is no number, or too far from 0");
  CHECK(fault_of(answer_of("reject", "\"15\"")) == "its score is no number, or too far from 0");
  CHECK(fault_of(answer_of("reject", "1e6")) == "its score is no number, or too far from 0");
  CHECK(fault_of(R"({"action": "reject", "score": 1})") == "its symbols are no object");
  CHECK(fault_of(R"({"action": "reject", "score": 1, "symbols": []})") == "its symbols are no object");
  CHECK(fault_of(answer_of("reject", "1", "\"A\":1")) == "a symbol of it is no object");
  CHECK(fault_of(answer_of("reject", "1", "\"A\":{}")) == "a symbol's score is no number, or too far from 0");
}

TEST_CASE("an answer whose lists are too long counts as far as these") {
  const std::string begin = R"({"score":15.0,"action":"reject","symbols":{"A":{"score":15.0}},"messages":{})";
  for (const char* list : {R"(,"urls":["a.example.com","b)", R"(,"emails":["a@example.com")"}) {
    const Result<RspamdAnswer> answer = parse_rspamd_answer({200, begin + list, true});
    REQUIRE(answer);
    CHECK(answer->finding.reason == "reject 15: A 15");
  }
  CHECK(fault_of(begin, 200, true) == "its answer is too large");
  CHECK(fault_of(R"({"score":15.0,"symbols":{"\",\"urls\":[)", 200, true) == "its answer is too large");
}
