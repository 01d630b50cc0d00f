/// routes_v3_feed_test: an inbox as a feed, whatever its mail would like to say in it.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

Response feed(World& world, const std::string& name) {
  return dispatch(request("GET", {"api", "v3", "mailboxes", name, "feed.atom"}), world.context);
}

}  // namespace

TEST_CASE("v3 feed: newest first, with ids that stay") {
  World world;
  world.config.smtp.hostname = "mx.example.test";
  const Response response = feed(world, "Bob+x");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/atom+xml; charset=utf-8");
  CHECK(header(response, "Content-Security-Policy").starts_with("sandbox"));
  CHECK(response.body ==
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>tag:mx.example.test,2026:inbox/bob</id><title>bob</title>"
        "<updated>2023-11-14T22:13:20.123Z</updated><link rel=\"self\" href=\"/api/v3/mailboxes/bob/feed.atom\"/>\n"
        "<entry><id>tag:mx.example.test,2026:message/00000000000000000000000002</id><title>second</title>"
        "<updated>2023-11-14T22:13:20.123Z</updated><author><name>Alice &lt;alice@example.org&gt;</name></author>"
        "<link rel=\"alternate\" type=\"text/plain\" "
        "href=\"/api/v3/mailboxes/bob/00000000000000000000000002/text\"/></entry>\n"
        "<entry><id>tag:mx.example.test,2026:message/00000000000000000000000001</id><title>first</title>"
        "<updated>2023-11-14T22:13:20.123Z</updated><author><name>Alice &lt;alice@example.org&gt;</name></author>"
        "<link rel=\"alternate\" type=\"text/plain\" "
        "href=\"/api/v3/mailboxes/bob/00000000000000000000000001/text\"/></entry>\n"
        "</feed>\n");
}

TEST_CASE("v3 feed: a subject is text, and nothing else") {
  World world;
  world.store.add("eve", message(kFirstId, "</title><script>x</script>&\x01\"'\xFF", "\r\n"));
  const std::string body = feed(world, "eve").body;
  CHECK(body.find(
            "<title>&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;&amp;\xEF\xBF\xBD&quot;&#39;\xEF\xBF\xBD</title>") !=
        std::string::npos);
}

TEST_CASE("v3 feed: an empty inbox is as one that was never used, and a quarantine is hidden") {
  World world;
  store::Message hidden = message(kFirstId, "hidden", "\r\n");
  hidden.summary.mark = store::Mark::quarantine;
  world.store.add("eve", hidden);
  const std::string empty = feed(world, "eve").body, unused = feed(world, "max").body;
  CHECK(empty.find("hidden") == std::string::npos);
  CHECK(empty.find("<entry>") == std::string::npos);
  CHECK(empty.find("<updated>1970-01-01T00:00:00.000Z</updated>") != std::string::npos);
  CHECK(empty.size() == unused.size());
}

TEST_CASE("v3 feed: a name stands in paths as what it is") {
  World world;
  world.config.inbox.naming = InboxSettings::Naming::full;
  world.config.inbox.plus_tag = InboxSettings::PlusTag::keep;
  const std::string body = feed(world, "a+b@example.test").body;
  INFO(body);
  CHECK(body.find("<title>a+b@example.test</title>") != std::string::npos);
  CHECK(body.find("href=\"/api/v3/mailboxes/a%2Bb%40example.test/feed.atom\"") != std::string::npos);
}
