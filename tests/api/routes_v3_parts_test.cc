/// routes_v3_parts_test: what a message is made of, hostile ones too.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kThirdId = "00000000000000000000000003";

/// bob's newest message is this one.
struct Holding : World {
  explicit Holding(const std::string& data) { store.add("bob", message(kThirdId, "third", data)); }
  Response ask(std::vector<std::string> rest) {
    rest.insert(rest.begin(), {"api", "v3", "mailboxes", "bob", "latest"});
    return dispatch(request("GET", rest), context);
  }
  Json json(std::vector<std::string> rest) {
    const Response response = ask(std::move(rest));
    CHECK(response.status == 200);
    return parse_json(response.body).value_or(Json());
  }
};

const std::string kMixed =
    "Subject: =?utf-8?q?f=C3=BCr?= you\r\nX-Odd: a\r\n\tb\xFF\r\nX-Odd: c\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\n\r\nhello\r\n"
    "--b\r\nContent-Type: image/png; name=\"=?utf-8?q?f=C3=BCr.png?=\"\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment\r\nContent-ID: <pic@x>\r\n\r\naGVsbG8AAQ==\r\n"
    "--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"../a\\\"b.html\"\r\n\r\n"
    "<script>1</script>\r\n--b--\r\n";

}  // namespace

TEST_CASE("parts: the text, for people") {
  Holding world(kMixed);
  const Response response = world.ask({"text"});
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.body == "hello");
  CHECK(header(response, "Content-Security-Policy").starts_with("sandbox"));
  CHECK(header(response, "X-Content-Type-Options") == "nosniff");
  CHECK(header(response, "Cache-Control") == "no-store");
}

TEST_CASE("parts: all fields, in their order, decoded and not") {
  const Json body = Holding(kMixed).json({"headers"});
  CHECK(body["cut"] == false);
  REQUIRE(body["headers"].size() == 4);
  CHECK(to_text(body["headers"][0]) == R"({"name":"Subject","value":"für you","raw":" =?utf-8?q?f=C3=BCr?= you"})");
  CHECK(body["headers"][1]["raw"] == " a\r\n\tb\xEF\xBF\xBD");
  CHECK(body["headers"][1]["name"] == body["headers"][2]["name"]);
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "a:\r\n";
  const Json bounded = Holding(many + "\r\n").json({"headers"});
  CHECK(bounded["headers"].size() == 500);
  CHECK(bounded["cut"] == true);
}

TEST_CASE("parts: they are listed by number") {
  const Json body = Holding(kMixed).json({"parts"});
  CHECK(to_text(body) ==
        R"({"parts":[{"number":1,"type":"text/plain","name":"","size":5,"disposition":"","cid":"","removed":null},)"
        R"({"number":2,"type":"image/png","name":"für.png","size":7,"disposition":"attachment","cid":"pic@x",)"
        R"("removed":null},{"number":3,"type":"text/html","name":"a\"b.html","size":18,)"
        R"("disposition":"attachment","cid":"","removed":null}],"cut":false})");
}

TEST_CASE("parts: of one that was taken out what it was, where we say that any was") {
  const std::string stub =
      "Subject: x\r\n\r\nAn attachment was removed here when the message was received.\r\nType: image/png\r\n"
      "Name: a.png\r\nSize: 7 bytes\r\nSHA-256: " +
      std::string(64, 'a') + "\r\n";
  const Json body = Holding("X-Maildrop-Attachments: removed 1\r\nReceived: x\r\n" + stub).json({"parts"});
  CHECK(to_text(body["parts"][0]["removed"]) ==
        R"({"type":"image/png","name":"a.png","size":7,"sha256":")" + std::string(64, 'a') + "\"}");
  CHECK(Holding("Received: x\r\nX-Maildrop-Attachments: removed 1\r\n" + stub)
            .json({"parts"})["parts"][0]["removed"]
            .is_null());
}

TEST_CASE("parts: bytes of one, as a file of no type") {
  Holding world(kMixed);
  const Response image = world.ask({"parts", "2"});
  CHECK(image.status == 200);
  CHECK(image.body == std::string("hello\0\1", 7));
  CHECK(image.content_type == "application/octet-stream");
  CHECK(header(image, "Content-Disposition") == "attachment; filename=\"f_r.png\"; filename*=UTF-8''f%C3%BCr.png");
  CHECK(header(image, "Content-Security-Policy") == "sandbox; default-src 'none'");
  const Response html = world.ask({"parts", "3"});
  CHECK(html.content_type == "application/octet-stream");
  CHECK(header(html, "Content-Disposition") == "attachment; filename=\"a_b.html\"");
  CHECK(header(world.ask({"parts", "1"}), "Content-Disposition") == "attachment; filename=\"part-1\"");
}

TEST_CASE("parts: no number of one") {
  Holding world(kMixed);
  for (const char* number : {"0", "4", "-1", "+1", "01", "1x", "x", " 1", "..", "99999999999999999999999"}) {
    INFO(number);
    CHECK(world.ask({"parts", number}).status == 404);
  }
}

TEST_CASE("parts: a name cannot add fields to the answer") {
  for (const char* name :
       {"\"a\\\r\n\tSet-Cookie: x=1\"", "\"=?utf-8?q?a=0D=0ASet-Cookie:_x=3D1?=\"", "\"a\x01.png\""}) {
    Holding world("Content-Type: image/png; name=" + std::string(name) + "\r\n\r\nx\r\n");
    const std::string value = header(world.ask({"parts", "1"}), "Content-Disposition");
    INFO(value);
    CHECK(value.starts_with("attachment; filename=\""));
    for (const char c : value) CHECK((c >= ' ' && c <= '~'));
  }
}

TEST_CASE("parts: what is nested, broken and endless is bounded") {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "Content-Type: message/rfc822\r\n\r\n";
  CHECK(Holding(deep + "Subject: x\r\n\r\ny\r\n").json({"parts"})["parts"].size() <= 100);
  std::string wide = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 500; ++i) wide += "--b\r\n\r\nx\r\n";
  const Json body = Holding(wide).json({"parts"});
  CHECK(body["parts"].size() <= 100);
  CHECK(body["cut"] == true);
  Holding long_type("Content-Type: a/" + std::string(4000, 'b') + "\r\n\r\nx\r\n");
  CHECK(long_type.json({"parts"})["parts"][0]["type"].get<std::string>().size() <= 255);
}
