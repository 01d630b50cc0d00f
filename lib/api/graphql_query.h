/// graphql_query.h: a GraphQL request as a tree: the part of the language that clients of the hosted service use.
///
/// Operations (named ones, too), variables with defaults, fields with aliases and arguments, selections within
/// selections. Values are strings, numbers, booleans, null and variables. Fragments, directives, enumerations, lists
/// and objects are refused, each by its name. Pure; knows no field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/graphql_lexer.h"
#include "api/json.h"

namespace maildrop::api {

inline constexpr std::size_t kMostGraphqlDepth = 4;     // selections within selections: the service has two
inline constexpr std::size_t kMostGraphqlFields = 200;  // in all: ten messages with all they have are 120

struct GraphqlArgument {
  std::string name;
  std::string variable;  // empty: `literal` is the value
  Json literal;
  std::size_t at = 0;
};

struct GraphqlField {
  std::string key;  // under which the answer has it: the alias, or else the name
  std::string name;
  std::vector<GraphqlArgument> arguments;
  std::vector<GraphqlField> fields;  // empty: none were selected
  std::size_t at = 0;
};

struct GraphqlVariable {
  std::string name;
  std::string type;  // without `!`
  bool required = false;
  std::optional<Json> otherwise;
  std::size_t at = 0;
};

struct GraphqlOperation {
  bool is_mutation = false;
  std::string name;  // empty: it has none
  std::vector<GraphqlVariable> variables;
  std::vector<GraphqlField> fields;
  std::size_t at = 0;
};

/// At least one operation.
GraphqlResult<std::vector<GraphqlOperation>> parse_graphql(std::string_view text);

}  // namespace maildrop::api
