/// routes_v3_codes_test: codes and links of a message, of its text and its HTML.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

TEST_CASE("v3 codes: of the subject, the text and the HTML, each once, nearest to its word first") {
  World world;
  world.store.add("eve",
                  message(kFirstId, "Your code is 111111",
                          "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
                          "--b\r\n\r\ncode 222222\r\n"
                          "--b\r\nContent-Type: text/html\r\n\r\n<p>code <b>222222</b> or code <b>333333</b></p>"
                          "<a href='https://x.example/confirm'>Confirm</a><a href='https://x.example/u'>Unsubscribe</a>"
                          "<img src='https://x.example/pixel.gif'><a href='javascript:x'>y</a>\r\n--b--\r\n"));
  const Response response =
      dispatch(request("GET", {"api", "v3", "mailboxes", "eve", "latest", "codes"}), world.context);
  CHECK(response.status == 200);
  CHECK(response.body ==
        R"({"codes":["222222","333333","111111"],"links":[{"url":"https://x.example/confirm","kind":"action"},)"
        R"({"url":"https://x.example/u","kind":"aside"}]})"
        "\n");
}

TEST_CASE("v3 codes: of a message without any there are none") {
  World world;
  const Response response =
      dispatch(request("GET", {"api", "v3", "mailboxes", "bob", kFirstId, "codes"}), world.context);
  CHECK(response.body == "{\"codes\":[],\"links\":[]}\n");
}
