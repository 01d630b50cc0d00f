/// graphql_query.cc: a parser by recursive descent; it goes no deeper than selections may.
#include "api/graphql_query.h"

#include <algorithm>
#include <utility>

namespace maildrop::api {

namespace {

using Kind = GraphqlToken::Kind;

/// As JSON has it: its grammar is the same.
std::optional<Json> number_of(const std::string& text) {
  Result<Json> number = parse_json(text);
  if (!number || !number->is_number()) return std::nullopt;
  return std::move(*number);
}

/// Functions that are false have set the error.
class Parser {
 public:
  explicit Parser(std::vector<GraphqlToken> tokens) : tokens_(std::move(tokens)) {}

  GraphqlResult<std::vector<GraphqlOperation>> document() {
    std::vector<GraphqlOperation> operations;
    do {
      if (!operation(operations.emplace_back())) return tl::unexpected(error_);
    } while (now().kind != Kind::end);
    return operations;
  }

 private:
  const GraphqlToken& now() const { return tokens_[at_]; }
  bool fail(std::string_view message) {
    error_ = {message, now().at};
    return false;
  }

  bool is_sign(std::string_view sign) const { return now().kind == Kind::sign && now().text == sign; }
  bool take_sign(std::string_view sign) {
    if (!is_sign(sign)) return false;
    ++at_;  // the last token is no sign
    return true;
  }
  bool want_sign(std::string_view sign, std::string_view otherwise) { return take_sign(sign) || fail(otherwise); }
  bool want_name(std::string& name, std::string_view otherwise) {
    if (now().kind != Kind::name) return fail(otherwise);
    name = now().text;
    ++at_;
    return true;
  }

  bool operation(GraphqlOperation& out) {
    out.at = now().at;
    if (is_sign("{")) return selection(out.fields, 1);
    const std::string_view word = now().kind == Kind::name ? std::string_view(now().text) : std::string_view();
    if (word == "fragment") return fail("fragments are not served here");
    if (word == "subscription") return fail("subscriptions are not served here");
    if (word != "query" && word != "mutation") return fail("an operation was expected: query, mutation or {");
    ++at_;
    out.is_mutation = word == "mutation";
    if (now().kind == Kind::name && !want_name(out.name, {})) return false;
    return variables(out.variables) && no_directive() && selection(out.fields, 1);
  }

  bool no_directive() { return !is_sign("@") || fail("directives are not served here"); }

  bool variables(std::vector<GraphqlVariable>& out) {
    if (!take_sign("(")) return true;
    do {
      if (!variable(out.emplace_back())) return false;
    } while (!take_sign(")"));
    return true;
  }

  bool variable(GraphqlVariable& out) {
    out.at = now().at;
    if (!want_sign("$", "a variable was expected") || !want_name(out.name, "a variable has a name") ||
        !want_sign(":", "a variable has a type"))
      return false;
    if (is_sign("[")) return fail("lists are not served here");
    if (!want_name(out.type, "a variable has a type")) return false;
    out.required = take_sign("!");
    if (!take_sign("=")) return no_directive();
    if (is_sign("$")) return fail("a default is no variable");
    return literal(out.otherwise.emplace()) && no_directive();
  }

  bool selection(std::vector<GraphqlField>& out, std::size_t depth) {
    if (!want_sign("{", "a selection was expected: {")) return false;
    if (depth > kMostGraphqlDepth) return fail("selections are nested too deep");
    do {
      if (!field(out.emplace_back(), depth)) return false;
    } while (!take_sign("}"));
    return true;
  }

  bool field(GraphqlField& out, std::size_t depth) {
    if (is_sign("...")) return fail("fragments are not served here");
    if (++fields_ > kMostGraphqlFields) return fail("too many fields");
    out.at = now().at;
    if (!want_name(out.name, "a field was expected")) return false;
    out.key = out.name;
    if (take_sign(":") && !want_name(out.name, "an alias is followed by a field")) return false;
    if (!arguments(out.arguments) || !no_directive()) return false;
    return !is_sign("{") || selection(out.fields, depth + 1);
  }

  bool arguments(std::vector<GraphqlArgument>& out) {
    if (!take_sign("(")) return true;
    do {
      if (!argument(out.emplace_back())) return false;
    } while (!take_sign(")"));
    return true;
  }

  bool argument(GraphqlArgument& out) {
    out.at = now().at;
    if (!want_name(out.name, "an argument was expected") || !want_sign(":", "an argument has a value")) return false;
    if (take_sign("$")) return want_name(out.variable, "a variable has a name");
    return literal(out.literal);
  }

  bool literal(Json& out) {
    const GraphqlToken& token = now();
    if (token.kind == Kind::string) {
      out = token.text;
    } else if (token.kind == Kind::number) {
      std::optional<Json> number = number_of(token.text);
      if (!number) return fail("this is no number");
      out = std::move(*number);
    } else if (token.kind == Kind::name && (token.text == "true" || token.text == "false")) {
      out = token.text == "true";
    } else if (token.kind == Kind::name && token.text == "null") {
      out = nullptr;
    } else {
      return fail(not_a_value());
    }
    ++at_;
    return true;
  }

  std::string_view not_a_value() const {
    if (is_sign("[")) return "lists are not served here";
    if (is_sign("{")) return "objects are not served here";
    return now().kind == Kind::name ? "enumerations are not served here" : "a value was expected";
  }

  std::vector<GraphqlToken> tokens_;
  std::size_t at_ = 0;
  std::size_t fields_ = 0;
  GraphqlError error_;
};

}  // namespace

GraphqlResult<std::vector<GraphqlOperation>> parse_graphql(std::string_view text) {
  auto tokens = graphql_tokens(text);
  if (!tokens) return tl::unexpected(tokens.error());
  return Parser(std::move(*tokens)).document();
}

}  // namespace maildrop::api
