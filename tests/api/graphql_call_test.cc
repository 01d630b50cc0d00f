/// graphql_call_test: which operation, which values, and which leaves.
#include "api/graphql_call.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;

namespace {

constexpr GraphqlParameter kParameters[] = {{"mailbox"}, {"note", false}};
constexpr std::string_view kFields[] = {"id", "subject"};

/// The arguments of the first field of the one operation, as `mailbox=bob note=x`, or the phrase.
std::string arguments(std::string_view text, const Json& given = nullptr) {
  const auto operations = parse_graphql(text);
  REQUIRE(operations);
  const GraphqlOperation& operation = operations->front();
  const auto variables = graphql_variables(operation, given);
  if (!variables) return std::string(variables.error().message);
  const auto values = graphql_arguments(operation.fields.front(), kParameters, operation, *variables);
  if (!values) return std::string(values.error().message);
  std::string out;
  for (const auto& [name, value] : *values) out += (out.empty() ? "" : " ") + name + "=" + value;
  return out;
}

std::string leaves(std::string_view text) {
  const auto operations = parse_graphql(text);
  REQUIRE(operations);
  const auto fine = check_graphql_leaves(operations->front().fields.front(), kFields);
  return fine ? "fine" : std::string(fine.error().message);
}

}  // namespace

TEST_CASE("graphql_call: the operation is the one that is named, or the only one") {
  const auto all = parse_graphql("query A {a} query B {b}");
  CHECK(graphql_operation(*all, "B").value()->fields.front().name == "b");
  CHECK(graphql_operation(*all, "C").error().message == "no operation of that name");
  CHECK(graphql_operation(*all, "").error().message == "operationName must say which operation");
  const auto one = parse_graphql("query A {a}");
  CHECK(graphql_operation(*one, "").value()->name == "A");
}

TEST_CASE("graphql_call: arguments are literals or variables, with their defaults") {
  CHECK(arguments("{f(mailbox:\"bob\")}") == "mailbox=bob");
  CHECK(arguments("{f(mailbox:\"bob\",note:null)}") == "mailbox=bob");
  CHECK(arguments("query($m:String!){f(mailbox:$m)}", {{"m", "bob"}, {"other", 1}}) == "mailbox=bob");
  CHECK(arguments("query($m:ID!){f(mailbox:$m)}", {{"m", "bob"}}) == "mailbox=bob");
  CHECK(arguments("query($m:String=\"eve\"){f(mailbox:$m)}") == "mailbox=eve");
  CHECK(arguments("query($m:String=\"eve\"){f(mailbox:$m)}", {{"m", "bob"}}) == "mailbox=bob");
  CHECK(arguments("query($n:String){f(mailbox:\"bob\",note:$n)}") == "mailbox=bob");
}

TEST_CASE("graphql_call: arguments and variables that are wrong") {
  CHECK(arguments("{f}") == "an argument is missing");
  CHECK(arguments("{f(mailbox:null)}") == "an argument is missing");
  CHECK(arguments("{f(mailbox:1)}") == "this argument must be a string");
  CHECK(arguments("{f(mailbox:true)}") == "this argument must be a string");
  CHECK(arguments("{f(mailbox:\"a\",mailbox:\"b\")}") == "an argument is given twice");
  CHECK(arguments("{f(mailbox:\"a\",id:\"b\")}") == "no such argument");
  CHECK(arguments("{f(mailbox:$m)}", {{"m", "bob"}}) == "no such variable");
  CHECK(arguments("query($m:String){f(mailbox:$m)}") == "an argument is missing");
  CHECK(arguments("query($m:String!){f(mailbox:$m)}") == "this variable must have a value");
  CHECK(arguments("query($m:String!){f(mailbox:$m)}", {{"m", nullptr}}) == "this variable must have a value");
  CHECK(arguments("query($m:String){f(mailbox:$m)}", {{"m", 5}}) == "this variable has another type");
  CHECK(arguments("query($m:Int){f(mailbox:$m)}", {{"m", 5}}) == "this argument must be a string");
  CHECK(arguments("query($m:Int=\"x\"){f(mailbox:$m)}") == "this variable has another type");
  CHECK(arguments("query($m:Box){f(mailbox:$m)}") == "no such type");
  CHECK(arguments("query($m:String,$m:String){f(mailbox:$m)}") == "a variable is declared twice");
}

TEST_CASE("graphql_call: each leaf of an object at most once") {
  CHECK(leaves("{m{id subject __typename}}") == "fine");
  CHECK(leaves("{m{a:id b:subject}}") == "fine");
  CHECK(leaves("{m}") == "this field needs a selection");
  CHECK(leaves("{m{body}}") == "no such field");
  CHECK(leaves("{m{id(a:1)}}") == "this field takes no arguments");
  CHECK(leaves("{m{id{x}}}") == "this field has no selection");
  CHECK(leaves("{m{a:id b:id}}") == "a field is asked for twice");
  CHECK(leaves("{m{a:id a:subject}}") == "a field is asked for twice");
}
