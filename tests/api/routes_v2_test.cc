/// routes_v2_test: golden answers of the API that deployed clients know.
#include <catch2/catch.hpp>

#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

Response ask(World& world, const std::string& method, const std::string& name, const std::string& id = {}) {
  std::vector<std::string> path = {"v2", "mailbox", name};
  if (!id.empty()) path.push_back(id);
  return dispatch(request(method, path), world.context);
}

}  // namespace

TEST_CASE("v2: an inbox, newest first") {
  World world;
  const Response response = ask(world, "GET", "bob");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json; charset=utf-8");
  CHECK(response.body == R"({"altinbox":"","messages":[)"
                         R"({"id":"00000000000000000000000002","from":"Alice <alice@example.org>","to":"Bob+shop",)"
                         R"("subject":"second","date":"2023-11-14T22:13:20.123Z"},)"
                         R"({"id":"00000000000000000000000001","from":"Alice <alice@example.org>","to":"Bob+shop",)"
                         R"("subject":"first","date":"2023-11-14T22:13:20.123Z"}]})"
                         "\n");
}

TEST_CASE("v2: an empty inbox and one that never was answer the same") {
  World world;
  CHECK(ask(world, "GET", "nobody").body == "{\"altinbox\":\"\",\"messages\":[]}\n");
}

TEST_CASE("v2: one message, raw and as HTML") {
  World world;
  const Response response = ask(world, "GET", "bob", kSecondId);
  CHECK(response.status == 200);
  CHECK(response.body == R"({"id":"00000000000000000000000002","from":"Alice <alice@example.org>","to":"Bob+shop",)"
                         R"("subject":"second","date":"2023-11-14T22:13:20.123Z",)"
                         R"("body":"Subject: second\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n)"
                         "\xef\xbf\xbd"
                         R"(\r\n","html":")" +
                             response.body.substr(response.body.find("\"html\":\"") + 8));
  CHECK(response.body.find("\"html\":\"<p>hi</p>") != std::string::npos);
}

TEST_CASE("v2: text becomes HTML that is only text") {
  World world;
  world.store.add("eve", message(kFirstId, "x", "Subject: x\r\n\r\n<script>alert('1')</script> & \"2\"\r\nend\r\n"));
  const Response response = ask(world, "GET", "eve", kFirstId);
  CHECK(response.body.find(
            "\"html\":\"<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;2&quot;<br/>\\nend") !=
        std::string::npos);
}

TEST_CASE("v2: without a From field the envelope's sender is shown") {
  World world;
  store::Message plain = message(kFirstId, "x", "\r\n");
  plain.summary.header_from.clear();
  world.store.add("eve", plain);
  CHECK(ask(world, "GET", "eve").body.find(R"("from":"alice@example.org")") != std::string::npos);
}

TEST_CASE("v2: deleting takes exactly that one") {
  World world;
  const Response gone = ask(world, "DELETE", "bob", kFirstId);
  CHECK(gone.status == 200);
  CHECK(gone.body == "{\"deleted\":true}\n");
  CHECK(ask(world, "GET", "bob", kFirstId).status == 404);
  CHECK(ask(world, "GET", "bob", kSecondId).status == 200);
}

TEST_CASE("v2: deleting an unknown id deletes nothing") {
  World world;
  for (const std::string& id : {kUnknownId, std::string("-1"), std::string("latest"), std::string("*")}) {
    INFO(id);
    const Response response = ask(world, "DELETE", "bob", id);
    CHECK(response.status == 404);
    CHECK(response.body == "{\"error\":\"not found\",\"deleted\":false}\n");
    CHECK(world.store.count("bob") == 2);
  }
}

TEST_CASE("v2: names that cannot be, reserved names, unknown ids") {
  World world;
  world.store.add("postmaster", message(kFirstId, "secret", "\r\n"));
  struct Row {
    std::string method, name, id;
    int status;
    std::string body;
  };
  for (const Row& each :
       {Row{"GET", "a b", "", 400, "not a legal inbox name"}, Row{"GET", "-rf", "", 400, "not a legal inbox name"},
        Row{"GET", "bob", kUnknownId, 404, "not found"}, Row{"GET", "bob", "1", 404, "not found"},
        Row{"GET", "postmaster", "", 403, "this inbox is reserved and cannot be read in public"},
        Row{"GET", "PostMaster+x", kFirstId, 403, "this inbox is reserved and cannot be read in public"},
        Row{"DELETE", "postmaster@example.org", kFirstId, 403,
            "this inbox is reserved and cannot be read in public"}}) {
    INFO(each.method << " " << each.name << " " << each.id);
    const Response response = ask(world, each.method, each.name, each.id);
    CHECK(response.status == each.status);
    CHECK(response.body == "{\"error\":\"" + each.body + "\"}\n");
  }
  CHECK(world.store.count("postmaster") == 1);
}

TEST_CASE("v2: a store that is down is 503, and later may do") {
  World world;
  world.store.failure = Error{Code::unavailable, "disk gone"};
  for (const std::string method : {"GET", "DELETE"}) {
    const Response response = ask(world, method, "bob", kFirstId);
    CHECK(response.status == 503);
    CHECK(response.body == "{\"error\":\"the store is not available, try again later\"}\n");
    CHECK(header(response, "Retry-After") == "5");
    CHECK(response.why == "disk gone");
  }
  CHECK(ask(world, "GET", "bob").status == 503);
}

TEST_CASE("v2: statistics are the totals of the store, read once a second") {
  World world;
  const Request ask = request("GET", {"v2", "statistics"});
  CHECK(dispatch(ask, world.context).body == "{\"queued\":0,\"denied\":0}\n");
  world.statistics.count("stored", 3);
  world.statistics.count("refused", 5, 1000);
  world.statistics.count("reason:sequence", 9);
  CHECK(dispatch(ask, world.context).body == "{\"queued\":0,\"denied\":0}\n");
  world.clock.advance(StatisticsReader::kFresh);
  for (int i = 0; i < 3; ++i) CHECK(dispatch(ask, world.context).body == "{\"queued\":3,\"denied\":5}\n");
  CHECK(world.statistics.reads() == 2);
  world.clock.advance(StatisticsReader::kFresh);
  world.statistics.failure = Error{Code::unavailable, "disk gone"};
  const Response failed = dispatch(ask, world.context);
  CHECK(failed.status == 503);
  CHECK(failed.why == "disk gone");
}
