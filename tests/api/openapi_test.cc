/// openapi_test: the document has every route of v3, and what they answer is as it says.
#include "api/openapi.h"

#include <catch2/catch.hpp>

#include "api/kit.h"
#include "api/route.h"
#include "api/schema_check.h"
#include "api/statistics_watch.h"
#include "core/text.h"
#include "filter/trace.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kParts =
    "X-Maildrop-Attachments: removed 1\r\nReceived: x\r\nSubject: code 482913\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    "<a href='https://x.example/confirm'>yes</a>\r\n--b\r\n\r\nAn attachment was removed here when the message was "
    "received.\r\nType: image/png\r\nSize: 7 bytes\r\nSHA-256: " +
    std::string(64, 'a') + "\r\n--b--\r\n";

/// eve has a message with all that answers tell of.
struct Full : World {
  StatisticsWatch statistics_watch{statistics_reader};

  Full() {
    context.statistics_watch = &statistics_watch;
    statistics.count("stored", 7);
    config.inbox.alias = true;
    config.inbox.alias_key = std::string(64, '7');
    config.mail.domains = {"example.test"};
    filter::Trace trace;
    trace.entries.emplace_back().filter = "silent";
    filter::TraceEntry& entry = trace.entries.emplace_back();
    entry.filter = "loud";
    entry.reason = "because";
    entry.facts = {"a fact"};
    store::Message judged = message(kFirstId, "x", kParts);
    judged.verdicts = format_trace(trace);
    store.add("eve", judged);
  }

  Response ask(const Route& route) {
    std::vector<std::string> path;
    for (const std::string_view segment : split(route.pattern.substr(1), '/'))
      path.emplace_back(segment == "{name}"     ? "eve"
                        : segment == "{id}"     ? kFirstId
                        : segment == "{number}" ? "1"
                                                : segment);
    return dispatch(request(std::string(route.method), path), context);
  }
};

std::vector<Route> routes_of_v3() {
  std::vector<Route> found;
  for (const Route& route : routes())
    if (route.pattern.starts_with("/api/v3/")) found.push_back(route);
  return found;
}

std::string media_type(const Response& response) {
  return response.content_type.substr(0, response.content_type.find(';'));
}

}  // namespace

TEST_CASE("openapi: every route of v3 is in it, with its parameters, and nothing else") {
  const Json document = openapi(routes());
  CHECK(document["openapi"] == "3.1.0");
  std::size_t operations = 0;
  for (const auto& [path, methods] : document["paths"].items()) operations += methods.size();
  const std::vector<Route> all = routes_of_v3();
  CHECK(operations == all.size());
  CHECK(all.size() >= 18);
  for (const Route& route : all) {
    INFO(route.method << " " << route.pattern);
    const Json& operation = document["paths"][std::string(route.pattern)][to_lower(route.method)];
    CHECK(operation["summary"] == route.summary);
    std::size_t in_path = 0;
    const Json parameters = operation.value("parameters", Json::array());
    for (const Json& parameter : parameters) {
      if (parameter["in"] == "path") ++in_path;
      CHECK(parameter["schema"].contains("type"));
      if (parameter["in"] == "query")
        CHECK(std::string(route.summary).find("?" + parameter["name"].get<std::string>() + "=") != std::string::npos);
    }
    CHECK(in_path == static_cast<std::size_t>(std::count(route.pattern.begin(), route.pattern.end(), '{')));
    CHECK(static_cast<std::size_t>(std::count(route.summary.begin(), route.summary.end(), '?')) ==
          parameters.size() - in_path);
    const bool of_text = route.answer.find('/') != std::string_view::npos;
    if (route.method == "GET" && !of_text) CHECK(openapi_schemas().contains(std::string(route.answer)));
    if (route.method == "DELETE") CHECK(route.answer.empty());
  }
}

TEST_CASE("openapi: what routes answer is as it says") {
  const Json document = openapi(routes());
  SchemaCheck schemas(document);
  for (const Route& route : routes_of_v3()) {
    INFO(route.method << " " << route.pattern);
    Full world;
    const Response response = world.ask(route);
    const Json& responses = document["paths"][std::string(route.pattern)][to_lower(route.method)]["responses"];
    REQUIRE(responses.contains(std::to_string(response.status)));
    if (response.status == 204) continue;
    const Json& content = responses["200"]["content"];
    REQUIRE(content.contains(media_type(response)));
    const Json& described = content[media_type(response)];
    if (!described.contains("schema")) continue;
    const auto body = parse_json(response.body);
    REQUIRE(body);
    CHECK(schemas.check(*body, described["schema"]) == "");

    world.store.failure = Error{Code::unavailable, "gone"};
    const Response failed = world.ask(route);
    if (failed.status == 200) continue;
    CHECK(media_type(failed) == "application/problem+json");
    CHECK(schemas.check(parse_json(failed.body).value(),
                        responses["default"]["content"][media_type(failed)]["schema"]) == "");
  }
}

TEST_CASE("openapi: the test sees what is not as its schema says") {
  const Json document = openapi(routes());
  SchemaCheck schemas(document);
  const Json codes = document["components"]["schemas"]["Codes"];
  const auto wrong = [&](const char* text) { return schemas.check(parse_json(text).value(), codes); };
  CHECK(wrong(R"({"codes":["1"],"links":[{"url":"x","kind":"other"}]})") == "");
  CHECK(wrong(R"({"codes":["1"]})") == ": lacks \"links\"\n");
  CHECK(wrong(R"({"codes":[1],"links":[]})") == "/codes/0: not of type \"string\"\n");
  CHECK(wrong(R"({"codes":[],"links":[],"more":1})") == "/more: no schema names it\n");
  CHECK(wrong(R"({"codes":[],"links":[{"url":"x","kind":"odd"}]})") ==
        "/links/0/kind: \"odd\" is none of [\"action\",\"other\",\"aside\"]\n");
  CHECK(schemas.check(Json(1), parse_json(R"({"odd":1})").value()) == ": unknown keyword odd\n");
}

TEST_CASE("openapi: it is served") {
  World world;
  const Response response = dispatch(request("GET", {"api", "v3", "openapi.json"}), world.context);
  CHECK(response.status == 200);
  CHECK(response.body == to_text(openapi(routes())) + "\n");
}
