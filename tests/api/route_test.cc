/// route_test: finding routes, and what every answer has.
#include "api/route.h"

#include <catch2/catch.hpp>
#include <set>

#include "allocations.h"
#include "api/answer.h"
#include "api/kit.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;
using maildrop::test::Allocations;

namespace {

struct Case {
  std::string method;
  std::vector<std::string> path;
  int status;
  std::string allow;
};

const std::vector<Case> kCases = {
    {"GET", {"v2", "mailbox", "bob"}, 200, ""},
    {"HEAD", {"v2", "mailbox", "bob"}, 200, ""},
    {"POST", {"v2", "mailbox", "bob"}, 405, "GET, HEAD, OPTIONS"},
    {"DELETE", {"v2", "mailbox", "bob"}, 405, "GET, HEAD, OPTIONS"},
    {"PUT", {"v2", "mailbox", "bob", kFirstId}, 405, "GET, HEAD, DELETE, OPTIONS"},
    {"OPTIONS", {"v2", "mailbox", "bob", kFirstId}, 204, "GET, HEAD, DELETE, OPTIONS"},
    {"OPTIONS", {"nothing"}, 404, ""},
    {"GET", {}, 404, ""},
    {"GET", {""}, 200, ""},
    {"GET", {"v2", "mailbox", ""}, 404, ""},
    {"GET", {"v2", "mailbox"}, 404, ""},
    {"GET", {"V2", "mailbox", "bob"}, 404, ""},
    {"GET", {"v2", "mailbox", "bob", kFirstId, "raw"}, 404, ""},
    {"GET", {"api", "v1", "info"}, 404, ""},      // the probe rule: 200 means another product
    {"GET", {"api", "v1", "messages"}, 404, ""},  // the leak rule: nothing lists across inboxes
    {"GET", {"api", "v1", "mailbox"}, 404, ""},
    {"GET", {"api", "v1", "monitor", "messages"}, 404, ""},
    {"GET", {"api", "inbox"}, 404, ""},
    {"GET", {"api", "v3", "mailboxes"}, 404, ""},
    {"PUT", {"api", "v1", "mailbox", "bob"}, 405, "GET, HEAD, DELETE, OPTIONS"},
    {"PUT", {"api", "v1", "mailbox", "bob", kFirstId}, 405, "GET, HEAD, PATCH, DELETE, OPTIONS"},
    {"PUT", {"graphql"}, 405, "GET, HEAD, POST, OPTIONS"},
    {"GET", {"livez"}, 200, ""},
};

struct Site {
  std::string name;
  std::map<std::string, std::string, std::less<>> headers;
  bool taken;
};

const std::vector<Site> kSites = {
    {"no browser", {{"host", "mail.example"}}, true},
    {"typed in", {{"host", "mail.example"}, {"sec-fetch-site", "none"}}, true},
    {"own page",
     {{"host", "mail.example"}, {"sec-fetch-site", "same-origin"}, {"origin", "https://mail.example"}},
     true},
    {"own page behind a proxy",
     {{"host", "inner:80"}, {"sec-fetch-site", "same-origin"}, {"origin", "https://m"}},
     true},
    {"own page, old browser", {{"host", "mail.example:8080"}, {"origin", "http://mail.example:8080"}}, true},
    {"other page", {{"host", "mail.example"}, {"sec-fetch-site", "cross-site"}}, false},
    {"sibling page", {{"host", "mail.example"}, {"sec-fetch-site", "same-site"}}, false},
    {"other page, old browser", {{"host", "mail.example"}, {"origin", "http://evil.example"}}, false},
    {"other port", {{"host", "mail.example:8080"}, {"origin", "http://mail.example:9090"}}, false},
    {"sandboxed page", {{"host", "mail.example"}, {"origin", "null"}}, false},
    {"empty origin", {{"host", "mail.example"}, {"origin", ""}}, false},
    {"two origins", {{"host", "mail.example"}, {"origin", "http://mail.example, http://evil.example"}}, false},
    {"prefix of a host", {{"host", "mail.example"}, {"origin", "http://mail.example.evil"}}, false},
    {"no host to compare", {{"origin", "http://"}}, false},
};

}  // namespace

TEST_CASE("route: paths and methods") {
  World world;
  for (const Case& each : kCases) {
    const Response response = dispatch(request(each.method, each.path), world.context);
    INFO(each.method << " " << (each.path.empty() ? "" : each.path.back()));
    CHECK(response.status == each.status);
    CHECK(header(response, "Allow") == each.allow);
  }
}

TEST_CASE("route: what is for who is on this machine is not there for anybody else") {
  World world;
  const AskDns ask = [](const std::string&, const std::string&) { return std::string("known\n"); };
  world.context.ask_dns = &ask;
  world.config.api.dns = true;
  using Headers = std::map<std::string, std::string, std::less<>>;
  const auto status_for = [&](const std::string& method, const std::string& client, const Headers& headers) {
    Request asked = request(method, {"dns", "example.org", "mx"}, headers);
    if (!client.empty()) asked.client = *IpAddress::parse(client);
    const Response response = dispatch(asked, world.context);
    CHECK((route_of(asked) != nullptr) == (response.status == 200));  // no worker waits for a stranger's
    CHECK((response.body == "known\n") == (response.status == 200));
    if (response.status != 200) CHECK(header(response, "Allow").empty());
    return response.status;
  };
  for (const char* client : {"127.0.0.1", "127.9.9.9", "::1"}) CHECK(status_for("GET", client, {}) == 200);
  for (const char* client : {"", "192.0.2.1", "10.0.0.1", "2001:db8::1", "126.255.255.255"})
    for (const char* method : {"GET", "HEAD", "OPTIONS", "POST"}) CHECK(status_for(method, client, {}) == 404);
  for (const char* name : {"forwarded", "via", "x-forwarded-for", "x-real-ip"}) {
    INFO(name);
    CHECK(status_for("GET", "127.0.0.1", {{name, "127.0.0.1"}}) == 404);
    CHECK(status_for("GET", "127.0.0.1", {{name, ""}}) == 404);
  }
  for (const Site& each : kSites) {
    if (each.headers.count("host") == 0) continue;
    INFO(each.name);
    CHECK(status_for("GET", "127.0.0.1", each.headers) == (each.taken ? 200 : 404));
  }
}

TEST_CASE("route: every answer forbids caches and guessing") {
  World world;
  for (const Case& each : kCases) {
    const Response response = dispatch(request(each.method, each.path), world.context);
    CHECK(header(response, "Cache-Control") == "no-store");
    CHECK(header(response, "X-Content-Type-Options") == "nosniff");
    const bool is_page = response.content_type.starts_with("text/html");  // whose own forms are to be known
    CHECK(header(response, "Referrer-Policy") == (is_page ? "same-origin" : "no-referrer"));
    CHECK(header(response, "Access-Control-Allow-Credentials").empty());
  }
}

TEST_CASE("route: other sites' pages may read mail and change nothing") {
  World world;
  const std::vector<std::string> path = {"api", "v3", "mailboxes", "bob", kFirstId};
  const Response read = dispatch(request("GET", path, {{"origin", "http://evil.example"}}), world.context);
  CHECK(read.status == 200);
  CHECK(header(read, "Access-Control-Allow-Origin") == "*");
  CHECK(header(read, "Access-Control-Expose-Headers") ==
        "Accept-Ranges, Content-Disposition, Content-Range, ETag, Retry-After, RateLimit, RateLimit-Policy");
  const Response asked = dispatch(request("OPTIONS", path), world.context);
  CHECK(header(asked, "Access-Control-Allow-Origin") == "*");
  CHECK(header(asked, "Access-Control-Allow-Methods") == "GET, HEAD");
  CHECK(header(dispatch(request("GET", {"metrics"}), world.context), "Access-Control-Allow-Origin").empty());

  for (const Site& each : kSites) {
    using Path = std::vector<std::string>;
    for (const Path& target : {Path{"v2", "mailbox", "bob", kFirstId}, Path{"api", "v1", "mailbox", "bob", kFirstId},
                               Path{"api", "inbox", "bob", kFirstId}, path}) {
      INFO(each.name << " " << target[1]);
      World fresh;
      const Response response = dispatch(request("DELETE", target, each.headers), fresh.context);
      CHECK((response.status == 403) == !each.taken);
      CHECK(fresh.store.count("bob") == (each.taken ? 1 : 2));
      CHECK(header(response, "Access-Control-Allow-Origin").empty());
    }
  }
}

TEST_CASE("route: a server on loopback is not a page's to read or to change, whatever its name points at") {
  World world;
  world.config.api.hosts.clear();
  world.config.api.cors.clear();
  const std::vector<std::string> path = {"v2", "mailbox", "bob", kFirstId};
  // DNS rebinding: to the browser this is the page's own site.
  const Response rebound = dispatch(
      request(
          "DELETE", path,
          {{"host", "evil.example:8080"}, {"origin", "http://evil.example:8080"}, {"sec-fetch-site", "same-origin"}}),
      world.context);
  CHECK(rebound.status == 421);
  CHECK(rebound.body == "{\"error\":\"this host is not served here\"}\n");
  CHECK(world.store.count("bob") == 2);
  CHECK(dispatch(request("GET", {"livez"}, {{"host", "evil.example"}}), world.context).status == 421);
  const auto read = [&](const std::string& origin) {
    const Response response =
        dispatch(request("GET", path, {{"host", "127.0.0.1:8080"}, {"origin", origin}}), world.context);
    CHECK(response.status == 200);
    return header(response, "Access-Control-Allow-Origin");
  };
  CHECK(read("https://evil.example").empty());
  CHECK(read("http://localhost:3000") == "*");
  CHECK(dispatch(request("DELETE", path, {{"host", "localhost:8080"}}), world.context).status == 200);
}

TEST_CASE("route: each version has its form of an error") {
  World world;
  const Response v2 = dispatch(request("GET", {"v2", "nothing"}), world.context);
  CHECK(v2.body == "{\"error\":\"no such path\"}\n");
  const Response v3 = dispatch(request("GET", {"api", "nothing"}), world.context);
  CHECK(v3.content_type == "application/problem+json");
  CHECK(v3.body == "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no such path\"}\n");
}

TEST_CASE("route: errors show a fixed phrase, the log gets the reason") {
  struct Row {
    Code code;
    int status;
  };
  for (const Row& each :
       {Row{Code::invalid, 400}, Row{Code::not_found, 404}, Row{Code::over_limit, 503}, Row{Code::unavailable, 503},
        Row{Code::timed_out, 503}, Row{Code::corrupt, 503}, Row{Code::internal, 500}}) {
    const Response response = problem(Error{each.code, "cannot open '/secret/path'"});
    CHECK(response.status == each.status);
    CHECK(is_transient(each.code) == (response.status >= 500));
    CHECK(response.body.find("secret") == std::string::npos);
    CHECK(response.why == "cannot open '/secret/path'");
    CHECK(header(response, "Retry-After").empty() == (each.status != 429 && each.status != 503));
  }
}

TEST_CASE("route: want of memory is an answer, too") {
  World world;
  // None that is made of JSON: the library's destructors allocate, and end the process when they cannot.
  const std::vector<Request> asked = {request("OPTIONS", {"v2", "mailbox", "bob"}, {{"origin", "http://x"}}),
                                      request("GET", {"livez"}), request("GET", {"metrics"})};
  dispatch(asked.front(), world.context);  // tables that are made once
  for (const Request& each : asked) {
    for (const bool all : {false, true}) {
      bool failed = true;
      for (std::size_t good = 0; failed; ++good) {
        REQUIRE(good < 10'000);
        int status = 0;
        {
          const Allocations few(good, all);
          try {
            status = dispatch(each, world.context).status;
          } catch (const std::bad_alloc&) {
          }
          failed = few.failed();
        }
        CAPTURE(good, all, each.path.back());
        CHECK(status == (failed ? 500 : each.method == "OPTIONS" ? 204 : 200));
      }
    }
  }
  const Fault fault{503, "a phrase of some length", "and a reason of some length"};
  const Request nothing;
  int status = 0;
  {
    const Allocations none(0, true);
    status = refuse_with(nothing, fault, world.config).status;
  }
  CHECK(status == 500);
}

TEST_CASE("route: a process that hangs does not live") {
  World world;
  const std::function<std::string()> stuck = [] { return std::string("loop 1 for 12 s"); };
  world.context.stuck = &stuck;
  const Response hangs = dispatch(request("GET", {"livez"}), world.context);
  CHECK(hangs.status == 503);
  CHECK(hangs.why == "loop 1 for 12 s");  // which the log has
}

TEST_CASE("route: only what may block goes to a worker") {
  REQUIRE(route_of(request("GET", {"livez"})));
  CHECK(route_of(request("GET", {"livez"}))->runs == Runs::on_loop);
  CHECK(route_of(request("GET", {"readyz"}))->runs == Runs::on_worker);
  CHECK(route_of(request("HEAD", {"v2", "mailbox", "bob"}))->runs == Runs::on_worker);
  CHECK(route_of(request("OPTIONS", {"v2", "mailbox", "bob"})) == nullptr);
  CHECK(route_of(request("GET", {"nothing"})) == nullptr);
}

TEST_CASE("route: the table says what each route is for, and no two are the same") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& each : routes()) {
    INFO(each.method << " " << each.pattern);
    CHECK(seen.emplace(each.method, each.pattern).second);
    CHECK(each.pattern.starts_with('/'));
    CHECK_FALSE(each.summary.empty());
    CHECK(each.handle != nullptr);
  }
  CHECK(seen.size() >= 13);
}

TEST_CASE("api.memory is asked to have room for the largest answer of any route") {
  Growth most{0, 0};
  for (const Route& route : routes()) {
    most.whole = std::max(most.whole, route.growth.whole);
    most.text = std::max(most.text, route.growth.text);
  }
  CHECK(most.whole == kMostGrowth.whole);
  CHECK(most.text == kMostGrowth.text);
}
