/// routes_inbucket_test: golden answers of Inbucket's REST API, version 1.
#include <catch2/catch.hpp>

#include "api/http_check.h"
#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

Response ask(World& world, const std::string& method, std::vector<std::string> rest, const std::string& body = {}) {
  std::vector<std::string> path = {"api", "v1", "mailbox"};
  path.insert(path.end(), rest.begin(), rest.end());
  Request asked = request(method, path, {{"host", "mail.example:8080"}});
  asked.body = body;
  return dispatch(asked, world.context);
}

const std::string kListed = R"({"mailbox":"bob","id":"00000000000000000000000001","from":"Alice <alice@example.org>",)"
                            R"("to":["Bob+shop@example.test"],"subject":"first","date":"2023-11-14T22:13:20.123Z",)"
                            R"("posix-millis":1700000000123,"size":58,"seen":false)";

const std::string kWithFiles =
    "MIME-version: 1.0\r\nX-Seen: one\r\nx-SEEN: two\r\n  folded\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<b>hello</b><script>x</script>\r\n"
    "--b\r\nContent-Type: application/pdf; name=\"a b?.pdf\"\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nbWVzc2FnZSBkaWdlc3Q=\r\n"
    "--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<script>1</script>\r\n--b--\r\n";

}  // namespace

TEST_CASE("inbucket: an inbox, oldest first, under its canonical name") {
  World world;
  const Response response = ask(world, "GET", {"Bob+x@example.org"});
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json; charset=utf-8");
  CHECK(response.body.starts_with("[" + kListed + "},{\"mailbox\":\"bob\",\"id\":\"" + kSecondId));
  CHECK(ask(world, "GET", {"nobody"}).body == "[]\n");
}

TEST_CASE("inbucket: one message, by its id or as the latest") {
  World world;
  CHECK(ask(world, "GET", {"bob", kFirstId}).body ==
        kListed + R"(,"body":{"text":"hello\n","html":""},)" +
            R"("header":{"Subject":["first"],"From":["Alice <alice@example.org>"]},"attachments":[]})" + "\n");
  const auto latest = parse_json(ask(world, "GET", {"bob", "latest"}).body);
  CHECK(text_at(*latest, "id") == kSecondId);
  CHECK(text_at((*latest)["body"], "html").starts_with("<p>hi</p>"));
}

TEST_CASE("inbucket: header fields by one name, and attachments whose links work") {
  World world;
  world.store.add("eve", message(kFirstId, "x", kWithFiles));
  const auto body = parse_json(ask(world, "GET", {"eve", "latest"}).body);
  CHECK(to_text((*body)["header"]) ==
        R"({"Mime-Version":["1.0"],"X-Seen":["one","two  folded"],"Content-Type":["multipart/mixed; boundary=b"]})");
  CHECK(text_at((*body)["body"], "html") == "<b>hello</b><script>x</script>");  // as it was sent
  const std::string base = "http://mail.example:8080/serve/mailbox/eve/" + kFirstId + "/attach/";
  const Json& files = (*body)["attachments"];
  REQUIRE(files.size() == 2);
  CHECK(to_text(files[0]) == R"({"filename":"a b?.pdf","content-type":"application/pdf","download-link":")" + base +
                                 R"(0/a%20b%3F.pdf","view-link":")" + base +
                                 R"(0/a%20b%3F.pdf","md5":"f96b697d7cb7938d525a2f31aaf161d0"})");
  CHECK(text_at(files[1], "filename") == "attachment");
  const auto open = [&world](const std::string& link) {
    return dispatch(request("GET", parse_target(link.substr(link.find("/serve")))->path), world.context);
  };
  const Response pdf = open(text_at(files[0], "download-link"));
  CHECK(pdf.status == 200);
  CHECK(pdf.body == "message digest");
  CHECK(header(pdf, "Content-Disposition") == "attachment; filename=\"a b_.pdf\"");
  const Response page = open(text_at(files[1], "view-link"));  // a script that is opened runs nowhere
  CHECK(page.body == "<script>1</script>");
  CHECK(page.content_type == "application/octet-stream");
  CHECK(header(page, "Content-Security-Policy").starts_with("sandbox"));
  for (const char* number : {"2", "-1", "x", "0x", "99999999999999999999"})
    CHECK(open(base + number + std::string("/a.pdf")).status == 404);
}

TEST_CASE("inbucket: the source is every byte, and no page") {
  World world;
  const Response response = ask(world, "GET", {"bob", "latest", "source"});
  CHECK(response.content_type == "text/plain");
  CHECK(response.body.ends_with("<p>hi</p>\r\n\xff\r\n"));
  CHECK(header(response, "Content-Security-Policy").starts_with("sandbox"));
}

TEST_CASE("inbucket: deleting one, the latest, and all that is in an inbox") {
  World world;
  CHECK(ask(world, "DELETE", {"bob", kUnknownId}).status == 404);
  CHECK(world.store.count("bob") == 2);
  CHECK(ask(world, "DELETE", {"bob", "latest"}).body == "\"OK\"\n");
  CHECK(ask(world, "GET", {"bob", kSecondId}).status == 404);
  CHECK(ask(world, "GET", {"bob", kFirstId}).status == 200);
  store::Message hidden = message(kSecondId, "x", "\r\n");
  hidden.summary.mark = store::Mark::quarantine;
  world.store.add("bob", hidden);
  world.store.add("eve", message(kFirstId, "x", "\r\n"));
  CHECK(ask(world, "DELETE", {"bob"}).body == "\"OK\"\n");
  CHECK(world.store.count("bob") == 0);
  CHECK(world.store.count("eve") == 1);
  CHECK(ask(world, "DELETE", {"bob"}).body == "\"OK\"\n");
}

TEST_CASE("inbucket: what is told to be seen is taken, and stays as it was") {
  World world;
  CHECK(ask(world, "PATCH", {"bob", kFirstId}, "{\"seen\":true}").body == "\"OK\"\n");
  CHECK(ask(world, "PATCH", {"bob", "latest"}, "{\"seen\":true}").status == 200);
  CHECK(ask(world, "GET", {"bob", kFirstId}).body.find("\"seen\":false") != std::string::npos);
  CHECK(ask(world, "PATCH", {"bob", kUnknownId}, "{\"seen\":true}").status == 404);
  CHECK(ask(world, "PATCH", {"bob", kFirstId}, "seen").status == 400);
  CHECK(ask(world, "PATCH", {"bob", kFirstId}, "[]").status == 400);
}

TEST_CASE("inbucket: errors are a line of text") {
  World world;
  for (const std::string method : {"GET", "DELETE"}) {
    for (const std::string& id : {kUnknownId, std::string("20131015T195522-0000"), std::string("-1")}) {
      const Response none = ask(world, method, {"bob", id});
      CHECK(none.status == 404);
      CHECK(none.content_type == "text/plain; charset=utf-8");
      CHECK(none.body == "404 page not found\n");
    }
  }
  CHECK(ask(world, "GET", {"nobody", "latest"}).status == 404);
  CHECK(ask(world, "GET", {"a b"}).body == "not a legal inbox name\n");
  CHECK(ask(world, "GET", {"postmaster"}).body == "this inbox is reserved and cannot be read in public\n");
  CHECK(ask(world, "POST", {"bob"}).body == "this path does not take that method\n");
  world.store.failure = Error{Code::unavailable, "disk gone"};
  for (const std::string method : {"GET", "DELETE", "PATCH"}) {
    for (const std::string& id : {kFirstId, std::string("latest"), std::string()}) {
      if (id.empty() && method == "PATCH") continue;
      const Response down = id.empty() ? ask(world, method, {"bob"}) : ask(world, method, {"bob", id}, "{}");
      CHECK(down.status == 503);
      CHECK(down.why == "disk gone");
      CHECK(header(down, "Retry-After") == "5");
    }
  }
}
