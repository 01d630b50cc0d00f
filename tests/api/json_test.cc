/// json_test: what goes out is valid, what comes in is bounded.
#include "api/json.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::api;

TEST_CASE("json: text of strangers is valid UTF-8 on one line") {
  CHECK(to_text(Json{{"a", "x\xffy\r\n\x1b\"\\\xc3\xbc"}}) ==
        "{\"a\":\"x\xef\xbf\xbdy\\r\\n\\u001b\\\"\\\\\xc3\xbc\"}");
  CHECK(to_text(Json{{"b", 1}, {"a", 2}}) == R"({"b":1,"a":2})");
}

TEST_CASE("json: nonsense is corrupt, not a crash") {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("nil"), std::string("{} x"), std::string("\"\xff\""),
        std::string(100'000, '['), std::string(17, '[') + std::string(17, ']')}) {
    INFO(text.substr(0, 20));
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Code::corrupt);
  }
  CHECK(parse_json(R"({"messages":[{"headers":[{"name":"x"}]}]})"));
}
