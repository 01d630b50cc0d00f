/// graphql_lexer_test: what a query is cut into, and what is none.
#include "api/graphql_lexer.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;

namespace {

/// `kind:text` of each token, with a blank between them; `error@offset phrase`.
std::string cut(std::string_view text) {
  static constexpr const char* kKinds[] = {"end", "sign", "name", "number", "string"};
  const auto tokens = graphql_tokens(text);
  if (!tokens) return "error@" + std::to_string(tokens.error().at) + " " + std::string(tokens.error().message);
  std::string out;
  for (const GraphqlToken& each : *tokens)
    if (each.kind != GraphqlToken::Kind::end)
      out += (out.empty() ? "" : " ") + std::string(kKinds[static_cast<int>(each.kind)]) + ":" + each.text;
  CHECK(tokens->back().kind == GraphqlToken::Kind::end);
  return out;
}

std::string value_of(std::string_view text) {
  const auto tokens = graphql_tokens(text);
  REQUIRE(tokens);
  REQUIRE(tokens->size() == 2);
  return tokens->front().text;
}

}  // namespace

TEST_CASE("graphql_lexer: names, signs and numbers; blanks, commas, comments and a mark of byte order are nothing") {
  CHECK(cut("") == "");
  CHECK(cut("\xef\xbb\xbf{a , _b1}\r\n# \"not a string\n...") == "sign:{ name:a name:_b1 sign:} sign:...");
  CHECK(cut("$x:[String!]=@") == "sign:$ name:x sign:: sign:[ name:String sign:! sign:] sign:= sign:@");
  CHECK(cut("-1 2.5e+3") == "number:-1 number:2.5e+3");
  CHECK(cut("a # to the end") == "name:a");
}

TEST_CASE("graphql_lexer: strings and their escapes") {
  CHECK(value_of(R"("")").empty());
  CHECK(value_of(R"("a\"b\\\/\n\t")") == "a\"b\\/\n\t");
  CHECK(value_of(R"("\u0041\u00e9\u20AC\uD83D\uDE00")") == "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  for (const char* bad : {R"("\x")", R"("\u12")", R"("\uD83D")", R"("\uD83Dx")", R"("\uD83D\u0041")", R"("\uDE00")",
                          R"("\u{41}")", "\"\\"})
    CHECK(cut(bad).find("no such escape in a string") != std::string::npos);
  for (const char* open : {"\"", "\"abc", "\"a\nb\"", R"("a\")", R"("""a)", R"("""a\""")"})
    CHECK(cut(open) == "error@0 a string without its end");
}

TEST_CASE("graphql_lexer: a block string loses the indentation of all its lines, and blank lines around it") {
  CHECK(value_of("\"\"\"\n    one\n      two\n\n    three\n  \"\"\"") == "one\n  two\n\nthree");
  CHECK(value_of("\"\"\"one\n  two\"\"\"") == "one\ntwo");
  CHECK(value_of("\"\"\"a \\\"\"\" \\n \"b\" \"\"\"") == "a \"\"\" \\n \"b\" ");
  CHECK(value_of("\"\"\"\r\n a\r\n b\"\"\"") == "a\nb");
  CHECK(value_of("\"\"\"\"\"\"").empty());
  CHECK(value_of("\"\"\" \n \t\n\"\"\"").empty());
}

TEST_CASE("graphql_lexer: what begins nothing, and too much of anything") {
  CHECK(cut("a %") == "error@2 this character begins nothing");
  CHECK(cut("..") == "error@0 this character begins nothing");
  CHECK(cut(std::string_view("\0", 1)) == "error@0 this character begins nothing");
  CHECK(cut("\xff") == "error@0 this character begins nothing");
  std::string most;
  for (std::size_t i = 1; i < kMostGraphqlTokens; ++i) most += "a ";
  CHECK(graphql_tokens(most)->size() == kMostGraphqlTokens);
  CHECK(cut(most + "a").find("the query is too long") != std::string::npos);
}

TEST_CASE("graphql_lexer: places are lines and columns") {
  const auto place = [](std::string_view text, std::size_t at) {
    const GraphqlPlace found = graphql_place(text, at);
    return std::to_string(found.line) + ":" + std::to_string(found.column);
  };
  CHECK(place("abc", 0) == "1:1");
  CHECK(place("abc", 3) == "1:4");
  CHECK(place("a\nbc", 2) == "2:1");
  CHECK(place("a\r\n\nbc", 5) == "3:2");
}
