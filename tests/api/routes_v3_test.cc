/// routes_v3_test: golden answers of our own API.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Query = std::map<std::string, std::string, std::less<>>;

Response ask(World& world, const std::string& method, std::vector<std::string> rest, Query query = {}) {
  rest.insert(rest.begin(), {"api", "v3", "mailboxes"});
  return dispatch(request(method, rest, {}, std::move(query)), world.context);
}

std::vector<std::string> subjects(const Response& response) {
  std::vector<std::string> out;
  const auto body = parse_json(response.body);
  if (!body || !body->contains("messages")) return {"no list: " + response.body};
  for (const Json& each : (*body)["messages"]) out.push_back(each["subject"]);
  return out;
}

using Subjects = std::vector<std::string>;

}  // namespace

TEST_CASE("v3: an inbox, newest first") {
  World world;
  world.config.inbox.max_size = 4 << 20;
  const Response response = ask(world, "GET", {"Bob"}, {{"limit", "1"}});
  CHECK(response.status == 200);
  CHECK(response.body ==
        R"({"inbox":"bob","limits":{"max_messages":10,"max_size":4194304,"max_age":86400,"max_message_size":524288},)"
        R"("messages":[)"
        R"({"id":"00000000000000000000000002","from":"alice@example.org","header_from":"Alice <alice@example.org>",)"
        R"("to":"Bob+shop@example.test","helo":"mx.example.org","peer":"192.0.2.7","tls":"",)"
        R"("subject":"second","date":"2023-11-14T22:13:10.000Z",)"
        R"("received":"2023-11-14T22:13:20.123Z","size":58,"mark":"none","score":null}]})"
        "\n");
}

TEST_CASE("v3: a message without a date says null") {
  World world;
  store::Message odd = message(kFirstId, "odd", "\r\n");
  odd.summary.date.reset();
  world.store.add("eve", odd);
  CHECK(ask(world, "GET", {"eve"}).body.find("\"date\":null") != std::string::npos);
}

TEST_CASE("v3: lists may be cut, and show what is new") {
  World world;
  CHECK(subjects(ask(world, "GET", {"bob"})) == Subjects{"second", "first"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"limit", "99"}})) == Subjects{"second", "first"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"since", kFirstId}})) == Subjects{"second"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"since", kSecondId}})) == Subjects{});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"since", kUnknownId}})) == Subjects{"second", "first"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"since", kUnknownId}, {"limit", "1"}})) == Subjects{"second"});
  CHECK(subjects(ask(world, "GET", {"nobody"})) == Subjects{});
  for (const std::string limit : {"0", "-1", "x", "1x", "", " 1", "99999999999999999999999"}) {
    INFO(limit);
    CHECK(ask(world, "GET", {"bob"}, {{"limit", limit}}).status == 400);
  }
}

TEST_CASE("v3: a list that is empty may wait for news, as long as is asked for or set") {
  World world;
  world.config.api.wait_time = std::chrono::seconds(30);
  const auto wait_of = [&](const std::string& name, Query query) -> Millis {
    const Response response = ask(world, "GET", {name}, std::move(query));
    CHECK(response.status == 200);
    if (!response.later) return Millis(0);
    CHECK_FALSE(response.later->stream);
    CHECK(std::get<mail::Inbox>(response.later->of).name() == name);
    return response.later->wait;
  };
  CHECK(wait_of("nobody", {{"wait", "2"}}) == Millis(2000));
  CHECK(wait_of("nobody", {{"wait", "99999"}}) == Millis(30'000));
  CHECK(wait_of("nobody", {}) == Millis(0));
  CHECK(wait_of("bob", {{"wait", "2"}}) == Millis(0));  // there is something
  CHECK(wait_of("bob", {{"wait", "2"}, {"since", kFirstId}}) == Millis(0));
  CHECK(wait_of("bob", {{"wait", "2"}, {"since", kSecondId}}) == Millis(2000));
  for (const std::string wait : {"0", "-1", "x", "1.5", ""}) {
    INFO(wait);
    CHECK(ask(world, "GET", {"nobody"}, {{"wait", wait}}).status == 400);
  }
}

TEST_CASE("v3: HTML comes as a page that runs nothing and loads nothing") {
  World world;
  world.store.add("bob", message("00000000000000000000000003", "third",
                                 "Content-Type: text/html\r\n\r\n<p onclick=x>hi<img src=//x><script>y</script>\r\n"));
  const Response response = ask(world, "GET", {"bob", "latest", "html"});
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/html; charset=utf-8");
  CHECK(response.body.ends_with("<p>hi\n</p></body></html>"));
  CHECK(header(response, "Content-Security-Policy") ==
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'");
  CHECK(header(response, "X-Content-Type-Options") == "nosniff");
  CHECK(header(response, "Referrer-Policy") == "no-referrer");
  CHECK(header(response, "Cache-Control") == "no-store");
  const Response none = ask(world, "GET", {"bob", kFirstId, "html"});
  CHECK(none.status == 404);
  CHECK(none.content_type == "application/problem+json");
  CHECK(ask(world, "GET", {"bob", kUnknownId, "html"}).status == 404);
  CHECK(ask(world, "GET", {"postmaster", kFirstId, "html"}).status == 403);
}

TEST_CASE("v3: what filters made of a message is told, and what they quarantined is shown to who asks for it") {
  World world;
  store::Message judged = message("00000000000000000000000003", "judged", "\r\n");
  judged.summary.mark = store::Mark::quarantine;
  judged.summary.score = 7.1f;
  judged.verdicts = "of no one's concern";
  world.store.add("bob", judged);
  CHECK(subjects(ask(world, "GET", {"bob"})) == Subjects{"second", "first"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"quarantined", "hidden"}})) == Subjects{"second", "first"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"quarantined", "shown"}})) == Subjects{"judged", "second", "first"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"quarantined", "shown"}, {"limit", "2"}})) ==
        Subjects{"judged", "second"});
  CHECK(subjects(ask(world, "GET", {"bob"}, {{"quarantined", "shown"}, {"since", kSecondId}})) == Subjects{"judged"});
  const Response only = ask(world, "GET", {"bob"}, {{"quarantined", "only"}});
  CHECK(subjects(only) == Subjects{"judged"});
  CHECK_THAT(only.body, Catch::Contains(R"("mark":"quarantine","score":7.1})"));
  for (const char* wrong : {"", "yes", "Hidden", "hidden "})
    CHECK(ask(world, "GET", {"bob"}, {{"quarantined", wrong}}).status == 400);
  const Response one = ask(world, "GET", {"bob", judged.summary.id.text()});
  CHECK_THAT(one.body, Catch::Contains(R"("mark":"quarantine","score":7.1)") && !Catch::Contains("concern"));
  const Response latest = ask(world, "GET", {"bob", "latest"});
  CHECK_THAT(latest.body, Catch::Contains(kSecondId));
}

TEST_CASE("v3: one message as text") {
  World world;
  const Response response = ask(world, "GET", {"bob", kFirstId});
  CHECK(response.status == 200);
  const auto body = parse_json(response.body);
  REQUIRE(body);
  CHECK((*body)["id"] == kFirstId);
  CHECK((*body)["text"].get<std::string>().starts_with("hello"));
  CHECK(to_text((*body)["headers"]) ==
        R"([{"name":"From","value":"Alice <alice@example.org>"},{"name":"Subject","value":"first"}])");
}

TEST_CASE("v3: latest is the newest") {
  World world;
  CHECK(ask(world, "GET", {"bob", "latest"}).body == ask(world, "GET", {"bob", kSecondId}).body);
  CHECK(ask(world, "GET", {"nobody", "latest"}).status == 404);
}

TEST_CASE("v3: raw is every byte, and nothing for a browser to run") {
  World world;
  std::string bytes = "Subject: x\r\n\r\n<script>\r\n";
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  world.store.add("eve", message(kFirstId, "x", bytes));
  const Response response = ask(world, "GET", {"eve", kFirstId, "raw"});
  CHECK(response.status == 200);
  CHECK(response.body == bytes);
  CHECK(response.content_type == "message/rfc822");
  CHECK(header(response, "Content-Disposition") == "attachment; filename=\"00000000000000000000000001.eml\"");
  CHECK(header(response, "Content-Security-Policy") == "sandbox; default-src 'none'");
  CHECK(header(response, "X-Content-Type-Options") == "nosniff");
}

TEST_CASE("v3: verdicts are what filters found, and 404 where nobody judged") {
  World world;
  CHECK(ask(world, "GET", {"bob", kFirstId, "verdicts"}).status == 404);
  store::Message judged = message(kFirstId, "x", "\r\n");
  judged.verdicts =
      "1\ttag\t7\nconnect\taccess\tenforce\treject\t7\t-\t12\tdenied \xff\tA x = 192.0.2.1\nhelo\t-\taccess\tspf\n";
  world.store.add("eve", judged);
  const Response response = ask(world, "GET", {"eve", "latest", "verdicts"});
  CHECK(response.status == 200);
  CHECK(response.body ==
        R"({"mark":"tag","score":7,"filters":[{"phase":"connect","filter":"access","mode":"enforce","action":"reject",)"
        R"("score":7,"allowed":false,"failed":false,"microseconds":12,"reason":"denied )"
        "\xef\xbf\xbd\","
        R"("facts":["A x = 192.0.2.1"]}],"silent":{"helo":["access","spf"]},"cut":false})"
        "\n");
  judged.verdicts = "rubbish";
  world.store.add("dan", judged);
  CHECK(ask(world, "GET", {"dan", "latest", "verdicts"}).status == 503);
}

TEST_CASE("v3: deleting takes exactly that one") {
  World world;
  const Response gone = ask(world, "DELETE", {"bob", kFirstId});
  CHECK(gone.status == 204);
  CHECK(gone.body.empty());
  CHECK(subjects(ask(world, "GET", {"bob"})) == Subjects{"second"});
  for (const std::string& id : {kFirstId, kUnknownId, std::string("latest"), std::string("-1")}) {
    INFO(id);
    CHECK(ask(world, "DELETE", {"bob", id}).status == 404);
    CHECK(world.store.count("bob") == 1);
  }
}

TEST_CASE("v3: who may not read is told so, before the store is asked") {
  World world;
  world.store.add("admin", message(kFirstId, "secret", "\r\n"));
  struct Row {
    std::string method;
    std::vector<std::string> rest;
    int status;
  };
  for (const Row& each :
       {Row{"GET", {"admin"}, 403}, Row{"GET", {"ADMIN", kFirstId}, 403}, Row{"GET", {"admin", "latest"}, 403},
        Row{"GET", {"admin+x", kFirstId, "raw"}, 403}, Row{"GET", {"admin", kFirstId, "verdicts"}, 403},
        Row{"DELETE", {"admin", kFirstId}, 403}, Row{"GET", {".."}, 400}, Row{"GET", {"a\nb", kFirstId}, 400},
        Row{"DELETE", {std::string(65, 'a'), kFirstId}, 400}, Row{"GET", {"bob", "../admin"}, 404}}) {
    INFO(each.method << " " << each.rest.front());
    const Response response = ask(world, each.method, each.rest);
    CHECK(response.status == each.status);
    CHECK(response.content_type == "application/problem+json");
  }
  CHECK(world.store.calls() == 0);
  CHECK(world.store.count("admin") == 1);
}

TEST_CASE("v3: a store that is down is 503") {
  World world;
  world.store.failure = Error{Code::timed_out, "slow disk"};
  for (const std::vector<std::string>& rest : std::vector<std::vector<std::string>>{
           {"bob"}, {"bob", kFirstId}, {"bob", "latest"}, {"bob", kFirstId, "raw"}, {"bob", kFirstId, "verdicts"}}) {
    const Response response = ask(world, "GET", rest);
    CHECK(response.status == 503);
    CHECK(response.why == "slow disk");
    CHECK(response.body.find("slow disk") == std::string::npos);
  }
  CHECK(ask(world, "DELETE", {"bob", kFirstId}).status == 503);
}

TEST_CASE("v3: an inbox is emptied of what it has, hidden mail too, and of nothing else") {
  World world;
  store::Message hidden = message("00000000000000000000000003", "third", "\r\n");
  hidden.summary.mark = store::Mark::quarantine;
  world.store.add("bob", hidden);
  world.store.add("eve", message(kFirstId, "hers", "\r\n"));
  const Response response = ask(world, "DELETE", {"Bob+x"});
  CHECK(response.status == 204);
  CHECK(response.body.empty());
  CHECK(response.content_type.empty());
  CHECK(world.store.count("bob") == 0);
  CHECK(world.store.commits == 1);
  CHECK(world.store.count("eve") == 1);
  CHECK(ask(world, "DELETE", {"bob"}).status == 204);
  CHECK(ask(world, "DELETE", {"never-used"}).status == 204);
}

TEST_CASE("v3: what comes while an inbox is emptied stays") {
  World world;
  world.store.on_remove = [&world] { world.store.add("bob", message("00000000000000000000000003", "late", "\r\n")); };
  CHECK(ask(world, "DELETE", {"bob"}).status == 204);
  CHECK(subjects(ask(world, "GET", {"bob"})) == Subjects{"late"});
}

TEST_CASE("v3: a large inbox is emptied by several commits, that deliveries have their turn between") {
  World world;
  for (int i = 100; i < 400; ++i)
    world.store.add("eve", message(std::string(23, '0') + std::to_string(i), "x", "\r\n"));
  CHECK(ask(world, "DELETE", {"eve"}).status == 204);
  CHECK(world.store.count("eve") == 0);
  CHECK(world.store.commits > 1);
}

TEST_CASE("v3: emptying takes a part of the time of an answer at most, and goes on when it is asked for again") {
  World world;
  world.config.api.answer_timeout = Millis(0);
  const Response response = ask(world, "DELETE", {"bob"});
  CHECK(response.status == 503);
  CHECK(header(response, "Retry-After") == "1");
}

TEST_CASE("v3: another site's page empties nothing") {
  World world;
  const Request asked = request("DELETE", {"api", "v3", "mailboxes", "bob"},
                                {{"host", "mail.example"}, {"origin", "https://evil.example"}});
  CHECK(dispatch(asked, world.context).status == 403);
  CHECK(world.store.count("bob") == 2);
}
