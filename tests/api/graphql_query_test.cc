/// graphql_query_test: queries as trees, and the phrases for what is none or is not served.
#include "api/graphql_query.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;

namespace {

std::string written(const std::vector<GraphqlField>& fields) {
  std::string out = "{";
  for (const GraphqlField& each : fields) {
    out += (out.size() > 1 ? " " : "") + each.key + "=" + each.name;
    for (const GraphqlArgument& one : each.arguments)
      out += "(" + one.name + ":" + (one.variable.empty() ? to_text(one.literal) : "$" + one.variable) + ")";
    if (!each.fields.empty()) out += written(each.fields);
  }
  return out + "}";
}

std::string tree(std::string_view text) {
  const auto operations = parse_graphql(text);
  if (!operations)
    return "error@" + std::to_string(operations.error().at) + " " + std::string(operations.error().message);
  std::string out;
  for (const GraphqlOperation& each : *operations) {
    out += (out.empty() ? "" : " ") + std::string(each.is_mutation ? "mutation " : "query ") + each.name;
    for (const GraphqlVariable& one : each.variables)
      out += "$" + one.name + ":" + one.type + (one.required ? "!" : "") +
             (one.otherwise ? "=" + to_text(*one.otherwise) : "");
    out += written(each.fields);
  }
  return out;
}

}  // namespace

TEST_CASE("graphql_query: operations, variables, aliases, arguments, selections") {
  CHECK(tree("{ping}") == "query {ping=ping}");
  CHECK(tree("query{ping}") == "query {ping=ping}");
  CHECK(
      tree(R"(query Q($m: String!, $i: ID = "x", $n: Int = -3) { a: inbox(mailbox: $m) { id, s: subject } status })") ==
      R"(query Q$m:String!$i:ID="x"$n:Int=-3{a=inbox(mailbox:$m){id=id s=subject} status=status})");
  CHECK(tree("mutation { delete(mailbox: \"bob\" id: \"1\") }") ==
        R"(mutation {delete=delete(mailbox:"bob")(id:"1")})");
  CHECK(tree("{ f(a: true, b: false, c: null, d: 1.5, e: \"\"\" x\"\"\") }") ==
        R"(query {f=f(a:true)(b:false)(c:null)(d:1.5)(e:" x")})");
  CHECK(tree("query A {a} mutation B {b} {c}") == "query A{a=a} mutation B{b=b} query {c=c}");
  CHECK(tree("{ query: mutation(fragment: 1) }") == "query {query=mutation(fragment:1)}");  // words are names, too
}

TEST_CASE("graphql_query: what is not served is refused by its name") {
  CHECK(tree("fragment F on Message { id }") == "error@0 fragments are not served here");
  CHECK(tree("{ ...F }") == "error@2 fragments are not served here");
  CHECK(tree("{ ... on Message { id } }") == "error@2 fragments are not served here");
  CHECK(tree("subscription { a }") == "error@0 subscriptions are not served here");
  for (const char* directive : {"query @x { a }", "{ a @include(if: true) }", "query ($a: Int @x) { a }"})
    CHECK(tree(directive).find("directives are not served here") != std::string::npos);
  CHECK(tree("{ a(b: [1]) }") == "error@7 lists are not served here");
  CHECK(tree("query ($a: [Int]) { a }").find("lists are not served here") != std::string::npos);
  CHECK(tree("{ a(b: {c: 1}) }") == "error@7 objects are not served here");
  CHECK(tree("{ a(b: RED) }") == "error@7 enumerations are not served here");
}

TEST_CASE("graphql_query: what is no query") {
  for (const char* bad : {"",
                          " ",
                          "a",
                          "{",
                          "{}",
                          "{a",
                          "}",
                          "{a}}",
                          "{a(}",
                          "{a()}",
                          "{a(b)}",
                          "{a(b:)}",
                          "{a(b:$)}",
                          "{a:}",
                          "{a{}}",
                          "{a{b}",
                          "query",
                          "query Q",
                          "query Q($) {a}",
                          "query Q() {a}",
                          "query Q($a) {a}",
                          "query Q($a:) {a}",
                          "query Q($a:Int=) {a}",
                          "query Q($a:Int=$b) {a}",
                          "{a(b:01)}",
                          "{a(b:1x)}",
                          "{a(b:-)}",
                          "{!}",
                          "query Q Q {a}"}) {
    INFO(bad);
    CHECK(tree(bad).starts_with("error@"));
  }
}

TEST_CASE("graphql_query: depth and fields are bounded") {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += "{a";
    return text + std::string(depth, '}');
  };
  CHECK(parse_graphql(nested(kMostGraphqlDepth)));
  CHECK(tree(nested(kMostGraphqlDepth + 1)).find("selections are nested too deep") != std::string::npos);
  CHECK(tree(std::string(900, '{')).starts_with("error@"));
  std::string many = "{";
  for (std::size_t i = 0; i < kMostGraphqlFields; ++i) many += "a ";
  CHECK(parse_graphql(many + "}"));
  CHECK(tree(many + "b}").find("too many fields") != std::string::npos);
}
