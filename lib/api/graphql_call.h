/// graphql_call.h: what a GraphQL request asks for, held against what there is: operation, variables, arguments. Pure.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/graphql_query.h"

namespace maildrop::api {

/// An argument that a field takes. All of ours are strings.
struct GraphqlParameter {
  std::string_view name;
  bool required = true;
};

/// By name; one that is null or not given is not there.
using GraphqlArguments = std::map<std::string, std::string, std::less<>>;

/// The operation of that name; of an empty one, the only operation.
GraphqlResult<const GraphqlOperation*> graphql_operation(const std::vector<GraphqlOperation>& all,
                                                         std::string_view name);

/// The value of each variable that the operation declares and that has one. `given` is an object, or null for none;
/// what the operation does not declare is passed over.
GraphqlResult<Json> graphql_variables(const GraphqlOperation& operation, const Json& given);

/// REQUIRES: `variables` are those of the field's operation, as above.
GraphqlResult<GraphqlArguments> graphql_arguments(const GraphqlField& field,
                                                  std::span<const GraphqlParameter> parameters,
                                                  const GraphqlOperation& operation, const Json& variables);

/// Whether an object with these fields, and `__typename`, has all that is selected of it, each at most once: so no
/// answer is many times what there is.
GraphqlResult<void> check_graphql_leaves(const GraphqlField& object, std::span<const std::string_view> fields);

}  // namespace maildrop::api
