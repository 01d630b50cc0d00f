/// admin_test: who is an operator, what he sees, and that the public listener has none of it.
#include "api/admin.h"

#include <catch2/catch.hpp>
#include <memory>

#include "api/kit.h"
#include "api/live_lines.h"
#include "api/purge_desk.h"
#include "api/settings_json.h"
#include "api/survey_desk.h"
#include "core/settings.h"
#include "core/text.h"
#include "filter/filters.h"
#include "store/backends.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

/// A store in memory, a ledger, and the operators' listener before them.
struct Desk {
  Config config;
  FakeClock clock;
  metrics::Registry metrics;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Ledger> ledger;
  LiveLines decisions;
  service::Admission admission{{.total = 10, .per_ipv4 = 10, .per_ipv6_64 = 10, .exempt = {}}};
  service::Flood flood{clock, {.connections = 10, .errors = 2, .network_factor = 4, .records = 100}};
  std::unique_ptr<SurveyDesk> survey;
  std::unique_ptr<PurgeDesk> purge;
  Admin admin;
  Config served_by;
  std::unique_ptr<Context> context;

  Desk() {
    store::OpenOptions open;
    open.url = "memory:admin";
    open.role = store::Role::writer;
    open.clock = &clock;
    store = std::move(*store::open_store(open));
    ledger = std::move(*store::open_ledger(open));
    survey = std::make_unique<SurveyDesk>(*store, clock);
    purge = std::make_unique<PurgeDesk>(*store, clock, [this] { survey->forget(); });
    config.redis.password = "hunter2";
    admin.settings = [this] { return std::make_shared<const LoadedConfig>(LoadedConfig{config, {}, {"/etc/x.toml"}}); };
    admin.survey = survey.get();
    admin.purge = purge.get();
    admin.decisions = &decisions;
    admin.ledger = ledger.get();
    admin.admission = &admission;
    admin.flood = &flood;
    serve();
  }
  void serve() {
    served_by = for_operators(config);
    context = std::make_unique<Context>(Context{.inboxes = *store,
                                                .store = *store,
                                                .config = served_by,
                                                .clock = clock,
                                                .metrics = metrics,
                                                .takes_mail = true});
    context->admin = &admin;
  }

  std::string put(const std::string& inbox, std::size_t size, const std::string& peer, store::Mark mark = {}) {
    store::Delivery d;
    d.data = "Subject: for " + inbox + "\r\n\r\n" + std::string(size, 'x') + "\r\n";
    d.summary.id = store::MessageId::make(clock.now());
    d.summary.peer = peer;
    d.summary.subject = "for " + inbox;
    d.summary.received = clock.now();
    d.summary.size = d.data.size();
    d.summary.mark = mark;
    d.targets.push_back({mail::Inbox::trusted(inbox), inbox + "@example.org"});
    REQUIRE(store->put({&d, 1}).front());
    return d.summary.id.text();
  }

  Response ask(std::string method, std::vector<std::string> path,
               std::map<std::string, std::string, std::less<>> query = {}, std::string body = {}) {
    path.insert(path.begin(), {"admin", "v1"});
    Request asked = request(std::move(method), std::move(path), {{"host", "localhost"}}, std::move(query));
    asked.body = std::move(body);
    return dispatch(asked, *context);
  }
  Json get(std::vector<std::string> path, std::map<std::string, std::string, std::less<>> query = {}) {
    const Response response = ask("GET", std::move(path), std::move(query));
    REQUIRE(response.status == 200);
    return *parse_json(response.body);
  }
};

std::vector<std::string> path_of(std::string_view pattern) {
  std::vector<std::string> path;
  for (const std::string_view part : split(pattern.substr(1), '/'))
    path.emplace_back(part.starts_with('{') ? "1" : part);
  return path;
}

std::vector<std::string> names(const Json& list, const char* key) {
  std::vector<std::string> found;
  for (const Json& each : list) found.push_back(text_at(each, key));
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("admin: neither listener knows the other's paths") {
  Desk desk;
  World world;
  for (const Route& route : admin_routes()) {
    INFO(route.pattern);
    CHECK(route.pattern.starts_with("/admin/v1/"));
    const Request asked = request(std::string(route.method), path_of(route.pattern), {{"host", "localhost"}});
    CHECK(dispatch(asked, world.context).status == 404);
    CHECK(route_of(asked) == nullptr);
    CHECK(route_of(asked, &desk.admin) != nullptr);
  }
  for (const Route& route : routes()) {
    INFO(route.pattern);
    const Request asked = request(std::string(route.method), path_of(route.pattern), {{"host", "localhost"}});
    CHECK(dispatch(asked, *desk.context).status == 404);
  }
}

TEST_CASE("admin: who has not the token hears 401, whatever he asks") {
  Desk desk;
  desk.config.admin.token = kToken;
  desk.serve();
  const auto status = [&](std::map<std::string, std::string, std::less<>> fields, const std::string& path = "livez") {
    fields.emplace("host", "localhost");
    return dispatch(request("GET", {"admin", "v1", path}, fields), *desk.context);
  };
  CHECK(status({{"authorization", "Bearer " + kToken}}).status == 200);
  CHECK(status({{"authorization", "bearer   " + kToken + " "}}).status == 200);
  for (const std::string& given : {std::string(), "Bearer " + kToken + "0", "Bearer " + kToken.substr(1),
                                   std::string("Bearer"), "Basic " + kToken, kToken}) {
    INFO(given);
    for (const char* path : {"livez", "nothing"}) {
      const Response refused = status({{"authorization", given}}, path);
      CHECK(refused.status == 401);
      CHECK(header(refused, "WWW-Authenticate") == "Bearer realm=\"maildrop\"");
    }
  }
  desk.config.admin.token.clear();
  desk.serve();
  CHECK(status({}).status == 200);  // a unix socket's mode has let him in
  desk.admin.needs_token = true;
  CHECK(status({}).status == 401);  // a port's has not
}

TEST_CASE("admin: pages and names from elsewhere are refused, and nothing is told to browsers") {
  Desk desk;
  const auto ask = [&](const char* method, std::map<std::string, std::string, std::less<>> fields) {
    return dispatch(request(method, {"admin", "v1", "livez"}, fields), *desk.context);
  };
  CHECK(ask("GET", {{"host", "mail.example.org"}}).status == 421);
  CHECK(ask("GET", {{"host", "127.0.0.1:9000"}}).status == 200);
  CHECK(ask("GET", {{"host", "localhost"}, {"origin", "http://evil.example"}}).status == 403);
  CHECK(ask("GET", {{"host", "localhost"}, {"sec-fetch-site", "cross-site"}}).status == 403);
  const Response page = ask("GET", {{"host", "localhost"}, {"origin", "http://localhost"}});
  CHECK(page.status == 200);
  CHECK(header(page, "Access-Control-Allow-Origin").empty());
  CHECK(header(page, "Cache-Control") == "no-store");
  const Request mail = request("GET", {"api", "v3", "status"}, {{"host", "localhost"}, {"origin", "http://localhost"}});
  CHECK(header(dispatch(mail, *desk.context), "Access-Control-Allow-Origin").empty());
  const Response options = ask("OPTIONS", {{"host", "localhost"}});
  CHECK(header(options, "Allow") == "GET, HEAD, OPTIONS");
  CHECK(header(options, "Access-Control-Allow-Methods").empty());
}

TEST_CASE("admin: an error is a problem, whatever the path and whoever asks") {
  Desk desk;
  const auto is_problem = [&](const char* method, std::vector<std::string> path, int status) {
    const Response response =
        dispatch(request(method, std::move(path), {{"host", "localhost"}, {"accept", "text/html"}}), *desk.context);
    CHECK(response.status == status);
    CHECK(response.content_type == "application/problem+json");
  };
  for (const char* first : {"", "v2", "graphql", "serve", "inbox", "admin", "nothing"}) {
    INFO(first);
    is_problem("GET", {first, "x"}, 404);
  }
  is_problem("GET", {}, 404);
  is_problem("POST", {"admin", "v1", "status"}, 405);
  desk.admin.settings = []() -> std::shared_ptr<const LoadedConfig> { throw std::runtime_error("none"); };
  is_problem("GET", {"admin", "v1", "config"}, 500);
}

TEST_CASE("admin: inboxes by size, age and messages, a page at a time") {
  Desk desk;
  desk.put("old", 10, "192.0.2.1");
  desk.clock.advance(std::chrono::minutes(1));
  desk.put("large", 5000, "198.51.100.1");
  desk.clock.advance(std::chrono::minutes(1));
  desk.put("postmaster", 10, "192.0.2.1");
  desk.put("postmaster", 10, "192.0.2.2");
  const Json by_size = desk.get({"inboxes"});
  CHECK(names(by_size["inboxes"], "inbox") == Names{"large", "postmaster", "old"});
  CHECK(by_size["total"].dump() == R"({"inboxes":3,"messages":4,"bytes":)" + by_size["total"]["bytes"].dump() + "}");
  CHECK(by_size["inboxes"][1]["reserved"] == true);
  CHECK(by_size["inboxes"][1]["messages"] == 2);
  CHECK(by_size["next"].is_null());
  CHECK(names(desk.get({"inboxes"}, {{"order", "age"}})["inboxes"], "inbox") == Names{"old", "large", "postmaster"});
  CHECK(names(desk.get({"inboxes"}, {{"order", "messages"}})["inboxes"], "inbox").front() == "postmaster");
  const Json first = desk.get({"inboxes"}, {{"limit", "2"}});
  CHECK(first["next"] == "postmaster");
  const Json second = desk.get({"inboxes"}, {{"limit", "2"}, {"after", "postmaster"}});
  CHECK(names(second["inboxes"], "inbox") == Names{"old"});
  CHECK(second["next"].is_null());
  CHECK(desk.ask("GET", {"inboxes"}, {{"order", "beauty"}}).status == 400);
  CHECK(desk.ask("GET", {"inboxes"}, {{"limit", "1001"}}).status == 400);
  CHECK(desk.ask("GET", {"inboxes"}, {{"after", "nobody"}}).status == 404);

  const Json sources = desk.get({"sources"}, {{"limit", "1"}});
  CHECK(sources["store"].size() == 1);
  CHECK(text_at(sources["store"][0], "source") == "198.51.100.0/24");
}

TEST_CASE("admin: any inbox is read and emptied, reserved ones and hidden mail too") {
  Desk desk;
  const std::string id = desk.put("postmaster", 10, "192.0.2.1", store::Mark::quarantine);
  World world;
  CHECK(dispatch(request("GET", {"api", "v3", "mailboxes", "postmaster"}), world.context).status == 403);
  const Json list = desk.get({"inboxes", "postmaster"});
  CHECK(list["reserved"] == true);
  CHECK(names(list["messages"], "id") == Names{id});
  CHECK(desk.get({"inboxes", "postmaster"}, {{"quarantined", "hidden"}})["messages"].empty());
  CHECK(desk.ask("GET", {"inboxes", "postmaster", id, "raw"}).body.find("\r\nxxxxxxxxxx\r\n") != std::string::npos);
  CHECK(text_at(desk.get({"inboxes", "postmaster", id}), "subject") == "for postmaster");
  CHECK(desk.ask("DELETE", {"inboxes", "postmaster", id}).status == 204);
  CHECK(desk.get({"inboxes", "postmaster"})["messages"].empty());
  desk.put("postmaster", 10, "192.0.2.1");
  CHECK(desk.ask("DELETE", {"inboxes", "postmaster"}).status == 204);
  CHECK(desk.get({"inboxes"})["inboxes"].empty());
}

TEST_CASE("admin: a purge takes what is chosen, and nothing by mistake") {
  Desk desk;
  for (const char* inbox : {"a", "b", "postmaster"}) desk.put(inbox, 10, "192.0.2.1");
  desk.put("a", 10, "198.51.100.1");
  desk.clock.advance(std::chrono::hours(1));
  const auto purge = [&](const std::string& body) { return desk.ask("POST", {"purge"}, {}, body); };
  CHECK(desk.ask("GET", {"purge"}).status == 404);
  CHECK(desk.ask("DELETE", {"purge"}).status == 404);
  for (const char* wrong :
       {"", "[]", "{}", R"({"all":false})", R"({"all":true,"older":"1d"})", R"({"oldr":"1d","source":"192.0.2.0/24"})",
        R"({"older":"soon"})", R"({"source":"192.0.2"})", R"({"match":["body=x"]})", R"({"match":"subject=x"})",
        R"({"inboxes":["a b"]})", R"({"all":1})", R"({"inboxes":[]})", R"({"all":true,"inboxes":[]})"}) {
    INFO(wrong);
    CHECK(purge(wrong).status == 400);
  }
  for (const char* empty : {R"("older":"")", R"("source":"")", R"("larger":"")", R"("match":[])", R"("match":[""])"}) {
    INFO(empty);
    CHECK(purge(R"({"inboxes":["a"],)" + std::string(empty) + "}").status == 400);
    CHECK(purge(R"({"inboxes":[],"over_quota":true,)" + std::string(empty) + "}").status == 400);
  }
  CHECK(purge(R"({"inboxes":[],"older":"1h"})").status == 400);
  const Json tried = *parse_json(purge(R"({"source":"192.0.2.0/24","dry_run":true})").body);
  CHECK(text_at(tried, "state") == "done");
  CHECK(tried["counted"]["messages"] == 3);
  CHECK(tried["removed"]["messages"] == 0);
  const Json done = *parse_json(purge(R"({"inboxes":["a","a"],"source":"192.0.2.0/24","older":"1h"})").body);
  CHECK(done["removed"]["messages"] == 1);
  CHECK(done["removed"]["inboxes"] == 1);
  CHECK(desk.get({"inboxes"})["total"]["messages"] == 3);
  CHECK(*parse_json(desk.ask("GET", {"purge"}).body) == done);
  CHECK(parse_json(purge(R"({"all":true})").body).value()["removed"]["messages"] == 3);
  CHECK(desk.get({"inboxes"})["inboxes"].empty());
}

TEST_CASE("admin: what is known of a source, and forgetting it") {
  Desk desk;
  const IpAddress bad = *IpAddress::parse("192.0.2.66");
  const Json nothing = desk.get({"sources", "192.0.2.66"});
  CHECK(nothing["known"].empty());
  CHECK(nothing["flood"].empty());
  CHECK(desk.get({"bans"})["bans"].empty());
  REQUIRE(desk.admission.enter(bad) == service::Admission::Answer::admitted);
  REQUIRE(desk.admission.enter(bad) == service::Admission::Answer::admitted);
  for (int i = 0; i < 2; ++i) desk.flood.take(bad, service::Flood::Of::error);
  REQUIRE(desk.ledger->run(store::Operation::put("verdict", "192.0.2.66", std::chrono::minutes(5))));
  REQUIRE(
      desk.ledger->run(store::Operation::add("reputation-bad", "192.0.2.66", 3, desk.config.filter.reputation.window)));

  const Json known = desk.get({"sources", "192.0.2.66"});
  CHECK(names(known["known"], "filter") == Names{"verdict_cache", "reputation"});
  CHECK(known["known"][1]["bad"] == 3);
  CHECK(known["connections"] == 2);
  CHECK(names(known["flood"], "source") == Names{"192.0.2.66", "192.0.2.0/24"});
  CHECK(known["flood"][0]["kept_out"] == true);
  CHECK(known["flood"][0]["minute"]["errors"]["used"] == 2);
  const Json sources = desk.get({"sources"});
  CHECK(names(sources["connections"], "source") == Names{"192.0.2.66"});
  CHECK(names(sources["flood"], "source") == Names{"192.0.2.66", "192.0.2.0/24"});
  CHECK(names(desk.get({"bans"})["bans"], "source") == Names{"192.0.2.66"});

  // He has used less of it by then than somebody who does nothing wrong.
  desk.clock.advance(std::chrono::seconds(6));
  for (int i = 0; i < 10; ++i) desk.flood.take(*IpAddress::parse("198.51.100.7"), service::Flood::Of::connection);
  CHECK(names(desk.get({"sources"}, {{"limit", "1"}})["flood"], "source") == Names{"198.51.100.7"});
  CHECK(names(desk.get({"bans"}, {{"limit", "1"}})["bans"], "source") == Names{"192.0.2.66"});

  for (const char* wrong : {"192.0.2", "192.0.2.999", "2001:db8::/64", "a b", "."}) {
    INFO(wrong);
    for (const char* method : {"GET", "DELETE"}) CHECK(desk.ask(method, {"sources", wrong}).status == 400);
  }
  desk.flood.take(*IpAddress::parse("2001:db8::25"), service::Flood::Of::error);
  CHECK(names(desk.get({"sources", "2001:db8::"})["flood"], "source") == Names{"2001:db8::/64", "2001:db8::/48"});
  CHECK(desk.ask("DELETE", {"sources", "2001:db8::"}).status == 204);
  CHECK(desk.get({"sources", "2001:db8::25"})["flood"].empty());
  CHECK(desk.ask("DELETE", {"sources", "mail.example"}).status == 204);
  CHECK(desk.ask("DELETE", {"bans", "mail.example"}).status == 400);
  CHECK(desk.ask("DELETE", {"bans", "192.0.2.66"}).status == 204);
  CHECK_FALSE(desk.flood.outcast(bad));
  CHECK(names(desk.get({"sources", "192.0.2.66"})["known"], "filter") == Names{"reputation"});
  CHECK(desk.ask("DELETE", {"sources", "192.0.2.66"}).status == 204);
  CHECK(desk.get({"sources", "192.0.2.66"})["known"].empty());
}

TEST_CASE("admin: settings without secrets, and how the process does") {
  Desk desk;
  const Response response = desk.ask("GET", {"config"});
  CHECK(response.body.find("hunter2") == std::string::npos);
  const Json config = *parse_json(response.body);
  CHECK(config["files"].dump() == R"(["/etc/x.toml"])");
  CHECK(config["settings"].size() == settings().size());
  for (const Json& each : config["settings"]) {
    if (text_at(each, "key") == "redis.password") CHECK(each["value"].is_null());
    if (text_at(each, "key") == "api.request_rate") CHECK(text_at(each, "value") == "600");  // not the listener's own
  }
  const Json status = desk.get({"status"});
  CHECK(status["takes_mail"] == true);
  CHECK(status["store"]["error"].is_null());
  CHECK(desk.ask("GET", {"metrics"}).status == 200);
  CHECK(desk.ask("GET", {"filters"}).status == 404);
  desk.admin.chain = [&] { return *filter::Chain::make(desk.config, filter::filter_kinds()); };
  const Json filters = desk.get({"filters"});
  CHECK(filters["filters"].size() == filter::filter_kinds().size());
  CHECK(filters["filters"][0].contains("findings"));
}

TEST_CASE("admin: decisions come as events, those that are wanted") {
  Desk desk;
  const auto follow = [&](const std::optional<std::string>& state,
                          std::map<std::string, std::string, std::less<>> query) {
    Request asked = request("GET", {"admin", "v1", "decisions"}, {{"host", "localhost"}}, std::move(query));
    asked.state = state;
    return dispatch(asked, *desk.context);
  };
  const std::vector<std::string> lines{R"({"result":"stored"})"
                                       "\n",
                                       R"({"result":"refused","by":"spf"})"
                                       "\n"};
  desk.decisions.push(lines);
  const Response begin = follow(std::nullopt, {});
  CHECK(begin.content_type == "text/event-stream");
  CHECK(begin.body.find("data:") == std::string::npos);  // from now on
  REQUIRE(begin.later);
  CHECK(begin.later->stream);
  desk.decisions.push(lines);
  CHECK(follow(begin.later->state, {}).body ==
        "id: 3\nevent: decision\ndata: {\"result\":\"stored\"}\n\n"
        "id: 4\nevent: decision\ndata: {\"result\":\"refused\",\"by\":\"spf\"}\n\n");
  CHECK(follow(begin.later->state, {{"filter", "spf"}}).body ==
        "id: 4\nevent: decision\ndata: {\"result\":\"refused\",\"by\":\"spf\"}\n\n");
  CHECK(follow(begin.later->state, {{"result", "deferred"}}).body.empty());
  CHECK(follow(begin.later->state, {{"result", "stored"}}).later->state == "5");
  CHECK(follow(std::nullopt, {{"result", "good"}}).status == 400);
  desk.admin.decisions = nullptr;
  CHECK(follow(std::nullopt, {}).status == 404);
}

TEST_CASE("lines: who is too slow is told what he missed, and who brings them waits for nobody") {
  LiveLines lines;
  const std::vector<std::string> large(3, std::string(LiveLines::kMostBytes / 2, 'x'));
  const auto feed = lines.feed();
  CHECK_FALSE(*feed->wait(std::chrono::milliseconds(0)));
  lines.push(large);
  CHECK(*feed->wait(std::chrono::milliseconds(0)));
  CHECK(feed->news().of_all());
  CHECK_FALSE(*feed->wait(std::chrono::milliseconds(0)));
  const LiveLines::Piece piece = lines.since(1);
  CHECK(piece.missed == 1);
  CHECK(piece.first == 2);
  CHECK(piece.lines.size() == 2);
  CHECK(lines.since(4).lines.empty());
  CHECK(lines.since(4000).first == 4);  // of another life
}
