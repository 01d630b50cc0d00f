/// http_hook_test.cc: what services are asked, and what they may answer.
#include "filter/http_hook.h"

#include <nlohmann/json.hpp>

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using nlohmann::json;

namespace {

const service::HttpUrl kUrl = *service::HttpUrl::parse("http://127.0.0.1/");

json asked(Phase phase, const mail::Transaction& transaction, const Facts::Told& facts = {}) {
  return json::parse(hook_question(kUrl, phase, transaction, facts, false).body);
}

/// What is wrong with an answer; "" when nothing is.
std::string fault_of(std::string body, unsigned status = 200) {
  const Result<HookAnswer> answer = parse_hook_answer({status, std::move(body)});
  return answer ? "" : answer.error().what;
}

Finding found(std::string body) {
  const Result<HookAnswer> answer = parse_hook_answer({200, std::move(body)});
  REQUIRE(answer);
  return answer->finding;
}

}  // namespace

TEST_CASE("a service hears at each phase what is known by then") {
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost", "eve@localhost"});
  transaction.data = "From: a@example.com\r\nSubject: one\r\n two\r\n\r\nhi\r\n";
  const json connect = asked(Phase::connect, transaction);
  CHECK(connect["version"] == 1);
  CHECK(connect["phase"] == "connect");
  CHECK(connect["client"]["address"] == "192.0.2.1");
  CHECK(connect["client"]["tls"].is_null());
  CHECK(connect["client"]["port"].is_null());
  CHECK_FALSE((connect.contains("from") || connect.contains("to") || connect.contains("headers")));
  transaction.peer.port = 1234;
  CHECK(asked(Phase::mail, transaction)["client"]["port"] == 1234);
  CHECK(asked(Phase::mail, transaction)["from"] == "a@example.com");
  CHECK(asked(Phase::rcpt, transaction)["to"] == json::array({"eve@localhost"}));
  const json message = asked(Phase::message, transaction, {{"spf", "pass"}, {"dkim", ""}});
  CHECK(message["to"].size() == 2);
  CHECK(message["headers"] == json::array({{"From", "a@example.com"}, {"Subject", "one two"}}));
  CHECK(message["size"] == transaction.data.size());
  CHECK(message["facts"] == json{{"spf", "pass"}, {"dkim", ""}});
  CHECK_FALSE(message.contains("message"));
}

TEST_CASE("the message goes where the request says, and nothing of it is copied") {
  mail::Transaction transaction = transaction_of("192.0.2.1");
  transaction.data = "From: a@example.com\r\n\r\nhi\r\n";
  CHECK(hook_question(kUrl, Phase::headers, transaction, {}, true).between == service::HttpRequest::Between::nothing);
  const service::HttpRequest request = hook_question(kUrl, Phase::message, transaction, {}, true);
  CHECK(request.between == service::HttpRequest::Between::base64);
  CHECK(json::parse(request.body + "aGk=" + request.rest)["message"] == "aGk=");
}

TEST_CASE("what strangers send is text in the question, and never more than is allowed") {
  mail::Transaction transaction = transaction_of("192.0.2.1");
  transaction.helo = "a\",\"x\":\"\xff\n";
  for (int i = 0; i < 10'000; ++i) transaction.data += "X: \x01\x02\xff\xfe \"" + std::string(200, '\x01') + "\r\n";
  const service::HttpRequest request = hook_question(kUrl, Phase::message, transaction, {}, false);
  CHECK(request.body.size() < 512 * 1024);
  const json question = json::parse(request.body);
  CHECK(question["headers_cut"] == true);
  CHECK(question["client"]["helo"] == "a\",\"x\":\"\xef\xbf\xbd\n");
}

TEST_CASE("a service may say what filters may") {
  CHECK(found("{}").action == Action::pass);
  CHECK(found(R"({"score": -2, "reason": "x"})").score == -2);
  CHECK(found(R"({"allow": true})").allows);
  const Finding reject = found(R"({"action": "reject", "reply": "5.7.1 no", "reason": "why"})");
  CHECK((reject.action == Action::reject && reject.score == 5 && reject.reply == "5.7.1 no" && reject.reason == "why"));
  CHECK(found(R"({"action": "defer"})").score == 0);
  CHECK(found(R"({"action": "tag", "score": 1})").score == 1);
  CHECK(found(R"({"action": "delay", "delay": 1.5})").delay == Millis(1500));
  CHECK(*parse_hook_answer({200, R"({"tell": ""})"})->tell == "");
}

TEST_CASE("what a service may not say is a fault of its own") {
  CHECK(fault_of("{}", 204) == "it answers 204");
  for (const char* none : {"", "[]", "null", "{", "hello", "{} {}", "{\"score\": 1e999}"})
    CHECK(fault_of(none) == "its answer is no JSON object");
  CHECK(fault_of(R"({"action": "refuse"})") == "its action is none: 'refuse'");
  CHECK(fault_of(R"({"action": 5})") == "its action is no text");
  CHECK(fault_of(R"({"Score": 5})") == "it has 'Score', which means nothing");
  CHECK(fault_of(R"({"score": "5"})") == "its score is no number, or too far from 0");
  CHECK(fault_of(R"({"score": 1001})") == "its score is no number, or too far from 0");
  CHECK(fault_of(R"({"allow": 1})") == "its allow is neither true nor false");
  CHECK(fault_of(R"({"allow": true, "action": "reject"})") == "it allows, and finds something");
  CHECK(fault_of(R"({"action": "tag", "reply": "5.7.1 x"})") == "it has a reply, and an action that gives none: tag");
  CHECK(fault_of(R"({"action": "delay"})") == "action delay and a delay go together");
  CHECK(fault_of(R"({"delay": 1})") == "action delay and a delay go together");
  CHECK(fault_of(R"({"action": "delay", "delay": 31})") == "its delay is no number, or too far from 0");
  CHECK(fault_of("{\"a\": " + std::string(60'000, '[')) == "its answer is no JSON object");
}
