/// routes_graphql_test: golden answers to what the hosted service's clients ask.
#include <catch2/catch.hpp>

#include "api/answer.h"
#include "api/kit.h"
#include "api/wire.h"
#include "mail/alias.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

Request posted(const Json& body, Headers headers = {}) {
  headers.emplace("content-type", "application/json");
  Request out = request("POST", {"graphql"}, std::move(headers));
  out.body = to_text(body);
  return out;
}

Response ask(World& world, const std::string& query, const Json& variables = nullptr, const Headers& headers = {}) {
  return dispatch(posted({{"query", query}, {"variables", variables}}, headers), world.context);
}

std::string answer(World& world, const std::string& query, const Json& variables = nullptr) {
  const Response response = ask(world, query, variables);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json; charset=utf-8");
  return response.body;
}

/// `status phrase` of the one error.
std::string refusal(const Response& response) {
  auto body = parse_json(response.body);
  REQUIRE(body);
  Json& errors = (*body)["errors"];
  return std::to_string(response.status) + " " + (errors.size() == 1 ? text_at(errors[0], "message") : response.body);
}

/// Each with an alias of its own.
std::string many(const std::string& field, std::size_t count) {
  std::string query = "{";
  for (std::size_t i = 0; i < count; ++i) query += " a" + std::to_string(i) + ":" + field;
  return query + "}";
}

}  // namespace

TEST_CASE("graphql: an inbox, newest first, without what must be read") {
  World world;
  CHECK(answer(world, R"({ inbox(mailbox: "Bob+x@example.org") { id headerfrom subject date data html } })") ==
        R"({"data":{"inbox":[{"id":"00000000000000000000000002","headerfrom":"Alice <alice@example.org>",)"
        R"("subject":"second","date":"2023-11-14T22:13:20.123Z","data":null,"html":null},)"
        R"({"id":"00000000000000000000000001","headerfrom":"Alice <alice@example.org>",)"
        R"("subject":"first","date":"2023-11-14T22:13:20.123Z","data":null,"html":null}]}})"
        "\n");
  CHECK(answer(world, R"({inbox(mailbox:"nobody"){id}})") == "{\"data\":{\"inbox\":[]}}\n");
}

TEST_CASE("graphql: one message with all it has, by variables") {
  World world;
  const std::string query = R"(query GetMessage($mailbox: String!, $id: String!) {
    message(mailbox: $mailbox, id: $id) { id ip helo date mailfrom rcptto headerfrom subject data html __typename } })";
  CHECK(answer(world, query, {{"mailbox", "bob"}, {"id", kFirstId}}) ==
        R"({"data":{"message":{"id":"00000000000000000000000001","ip":"192.0.2.7","helo":"mx.example.org",)"
        R"("date":"2023-11-14T22:13:20.123Z","mailfrom":"alice@example.org","rcptto":["Bob+shop@example.test"],)"
        R"("headerfrom":"Alice <alice@example.org>","subject":"first",)"
        R"("data":"Subject: first\r\nFrom: Alice <alice@example.org>\r\n\r\nhello\r\n","html":"hello\n",)"
        R"("__typename":"Message"}}})"
        "\n");
  CHECK(answer(world, query, {{"mailbox", "bob"}, {"id", kSecondId}}).find(R"("html":"<p>hi</p>)") !=
        std::string::npos);
  for (const std::string& id : {kUnknownId, std::string("-1"), std::string("latest")})
    CHECK(answer(world, query, {{"mailbox", "bob"}, {"id", id}}) == "{\"data\":{\"message\":null}}\n");
}

TEST_CASE("graphql: several fields, aliases, and the order in which they were asked") {
  World world;
  world.statistics.count("stored", 3);
  world.statistics.count("refused", 7);
  CHECK(answer(world, R"({ status b: inbox(mailbox: "bob") { id } e: inbox(mailbox: "eve") { id }
                          statistics { saved blocked } ping(message: "a\n") p: ping __typename })") ==
        R"({"data":{"status":"operational","b":[{"id":"00000000000000000000000002"},)"
        R"({"id":"00000000000000000000000001"}],"e":[],"statistics":{"saved":3,"blocked":7},)"
        R"("ping":"pong a\n","p":"pong","__typename":"Query"}})"
        "\n");
  world.clock.advance(StatisticsReader::kFresh);
  world.statistics.failure = Error{Code::unavailable, "disk gone"};
  CHECK(refusal(ask(world, "{statistics{saved}}")) == "503 the store is not available, try again later");
}

TEST_CASE("graphql: delete takes exactly that one, and is a mutation") {
  World world;
  const std::string query = "mutation D($m: String!, $i: String!) { delete(mailbox: $m, id: $i) __typename }";
  CHECK(answer(world, query, {{"m", "bob"}, {"i", kUnknownId}}) ==
        "{\"data\":{\"delete\":false,\"__typename\":\"Mutation\"}}\n");
  CHECK(world.store.count("bob") == 2);
  CHECK(answer(world, query, {{"m", "bob"}, {"i", kFirstId}}).find("\"delete\":true") != std::string::npos);
  CHECK(world.store.count("bob") == 1);
  CHECK(refusal(ask(world, "{delete(mailbox:\"bob\",id:\"1\")}")) == "400 no such field");
  CHECK(refusal(ask(world, "mutation{inbox(mailbox:\"bob\"){id}}")) == "400 no such field");
}

TEST_CASE("graphql: the alias of an inbox, where there are any") {
  World world;
  CHECK(answer(world, "{altinbox(mailbox:\"bob\")}") == "{\"data\":{\"altinbox\":null}}\n");
  world.config.inbox.alias = true;
  world.config.inbox.alias_key = std::string(64, '7');
  const auto body = parse_json(answer(world, "{altinbox(mailbox:\"bob\")}"));
  const mail::Inbox made = mail::Inbox::trusted(text_at((*body)["data"], "altinbox"));
  CHECK(mail::Aliases::make(world.config.inbox)->open(made)->inbox.name() == "bob");
}

TEST_CASE("graphql: by GET, for reading alone") {
  World world;
  const auto get = [&world](const std::map<std::string, std::string, std::less<>>& query) {
    return dispatch(request("GET", {"graphql"}, {}, query), world.context);
  };
  const Response read = get({{"query", "query A($m:String!){inbox(mailbox:$m){subject}} query B{ping}"},
                             {"operationName", "A"},
                             {"variables", "{\"m\":\"bob\"}"}});
  CHECK(read.status == 200);
  CHECK(read.body == "{\"data\":{\"inbox\":[{\"subject\":\"second\"},{\"subject\":\"first\"}]}}\n");
  const Response change = get({{"query", "mutation{delete(mailbox:\"bob\",id:\"" + kFirstId + "\")}"}});
  CHECK(refusal(change) == "405 changes come by POST");
  CHECK(header(change, "Allow") == "POST");
  CHECK(world.store.count("bob") == 2);
  CHECK(refusal(get({{"query", "{ping}"}, {"variables", "[1]"}})) == "400 variables must be an object");
  CHECK(refusal(get({})) == "400 an operation was expected: query, mutation or {");
}

TEST_CASE("graphql: bodies that are none") {
  World world;
  const auto post = [&world](const std::string& body, const std::string& type = "application/json") {
    Request asked = request("POST", {"graphql"}, {{"content-type", type}});
    asked.body = body;
    return refusal(dispatch(asked, world.context));
  };
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "", "application/graphql"})
    CHECK(post("{\"query\":\"{ping}\"}", type) == "415 the body must be application/json");
  CHECK(post("{\"query\":\"{pong}\"}", "Application/JSON; charset=utf-8") == "400 no such field");
  for (const char* body : {"", "{", "[{\"query\":\"{ping}\"}]", "\"{ping}\""})
    CHECK(post(body) == "400 the body must be a JSON object");
  for (const char* body : {"{}", "{\"query\":1}"}) CHECK(post(body) == "400 query must be a text");
  CHECK(post(R"({"query":"{ping}","variables":"x"})") == "400 variables must be an object");
}

TEST_CASE("graphql: an error tells where, in the query and in the answer") {
  World world;
  CHECK(ask(world, "{\n  inbox(mailbox: \"bob\") { id\n  body } }").body ==
        R"({"errors":[{"message":"no such field","locations":[{"line":3,"column":3}]}]})"
        "\n");
  CHECK(answer(world, "{ ping x: inbox(mailbox: \"a b\") { id } }") ==
        R"({"errors":[{"message":"not a legal inbox name","locations":[{"line":1,"column":8}],"path":["x"]}],)"
        R"("data":{"ping":"pong","x":null}})"
        "\n");
  CHECK(refusal(ask(world, "{__schema{types{name}}}")) == "400 no such field");
  CHECK(refusal(ask(world, "{ping ping}")) == "400 two fields of one name: one needs an alias");
  CHECK(refusal(ask(world, "{ping{a}}")) == "400 this field has no selection");
  CHECK(refusal(ask(world, "{inbox(mailbox:\"bob\")}")) == "400 this field needs a selection");
}

TEST_CASE("graphql: a store that is down is 503 for all, with what there is") {
  World world;
  world.store.failure = Error{Code::unavailable, "disk gone"};
  for (const std::string query : {"{ping x:inbox(mailbox:\"bob\"){id}}", "{ping x:status}",
                                  "{ping x:message(mailbox:\"bob\",id:\"00000000000000000000000001\"){id}}"}) {
    const Response response = ask(world, query);
    CHECK(refusal(response) == "503 the store is not available, try again later");
    CHECK(response.body.find(R"("data":{"ping":"pong","x":null})") != std::string::npos);
    CHECK(header(response, "Retry-After") == "5");
    CHECK(response.why == "disk gone");
  }
}

TEST_CASE("graphql: a flood of aliases reads nothing, and nothing comes back many times") {
  World world;
  CHECK(ask(world, many("inbox(mailbox:\"bob\"){id}", 20)).status == 200);
  const int calls = world.store.calls();
  for (const std::string field :
       {"inbox(mailbox:\"bob\"){id}", "message(mailbox:\"bob\",id:\"1\"){data}", "altinbox(mailbox:\"bob\")", "status"})
    CHECK(refusal(ask(world, many(field, 21))) == "400 too many fields that read or change something");
  CHECK(world.store.calls() == calls);
  CHECK(refusal(ask(world, many("inbox(mailbox:\"bob\"){id}", 500))).starts_with("400 "));
  CHECK(refusal(ask(world, "{message(mailbox:\"bob\",id:\"1\"){a:data b:data}}")) == "400 a field is asked for twice");
  const std::string long_text(1001, 'x');
  CHECK(ask(world, "{ping(message:\"" + long_text + "\")}").body.size() < 200);
}

TEST_CASE("graphql: pages of other sites may read and not change") {
  World world;
  const Headers elsewhere = {{"host", "mail.example"}, {"origin", "http://evil.example"}};
  const Response read = ask(world, "{inbox(mailbox:\"bob\"){id}}", nullptr, elsewhere);
  CHECK(read.status == 200);
  CHECK(header(read, "Access-Control-Allow-Origin") == "*");
  const std::string change = "mutation{delete(mailbox:\"bob\",id:\"" + kFirstId + "\")}";
  CHECK(refusal(ask(world, change, nullptr, elsewhere)) == "403 changes are not taken from another site's page");
  CHECK(world.store.count("bob") == 2);
  const Response asked = dispatch(request("OPTIONS", {"graphql"}, elsewhere), world.context);
  CHECK(header(asked, "Access-Control-Allow-Methods") == "GET, HEAD, POST");
  CHECK(header(asked, "Access-Control-Allow-Headers").find("content-type") != std::string::npos);
  CHECK(ask(world, change, nullptr, {{"host", "m"}, {"sec-fetch-site", "same-origin"}}).status == 200);
  CHECK(world.store.count("bob") == 1);
  world.config.api.cors.clear();
  CHECK(header(ask(world, "{ping}", nullptr, elsewhere), "Access-Control-Allow-Origin").empty());
}

TEST_CASE("graphql: each inbox counts for its rate, and each one after the first for the client's") {
  Site site;
  site.world.config.limits.exempt.clear();
  site.world.config.api.request_rate = 5;
  site.world.config.api.inbox_rate = 3;
  site.start();
  const auto post = [&site](const std::string& query) {
    const std::string body = to_text(Json{{"query", query}});
    return site.say(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(statuses(post(many("inbox(mailbox:\"BOB\"){id}", 2))) == "200");  // two of three, and two of five
  const int calls = site.world.store.calls();
  const std::string refused = post(many("inbox(mailbox:\"bob+x@example.org\"){id}", 2));
  CHECK(statuses(refused) == "429");
  CHECK(refused.find("\r\nRetry-After: 20\r\n") != std::string::npos);
  CHECK(refused.ends_with("{\"errors\":[{\"message\":\"rate limited\"}]}\n"));
  CHECK(site.world.store.calls() == calls);
  CHECK(statuses(post("{inbox(mailbox:\"eve\"){id}}")) == "200");
  CHECK(statuses(post("{ping}")) == "429");  // the client's: 2, 2, 1
  CHECK(site.world.metrics.total("maildrop_http_rate_limited_total", "of=\"inbox\"") == 1);
  CHECK(site.world.metrics.total("maildrop_http_rate_limited_total", "of=\"client\"") == 1);
}
