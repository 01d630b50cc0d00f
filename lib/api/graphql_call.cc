/// graphql_call.cc: the rules of GraphQL, section 5 and 6, as far as there is something they could be about.
#include "api/graphql_call.h"

#include <algorithm>
#include <set>

namespace maildrop::api {

namespace {

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "String") return value.is_string();
  if (type == "ID") return value.is_string() || value.is_number_integer();
  if (type == "Int") return value.is_number_integer();
  if (type == "Float") return value.is_number();
  return value.is_boolean();
}

bool is_known_type(std::string_view type) {
  static constexpr std::string_view kTypes[] = {"String", "ID", "Int", "Float", "Boolean"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

/// Null stands for none.
GraphqlResult<Json> value_of(const GraphqlVariable& variable, const Json& given) {
  if (!is_known_type(variable.type)) return graphql_fault("no such type", variable.at);
  const auto found = given.find(variable.name);
  Json value = found != given.end() ? *found : variable.otherwise.value_or(Json(nullptr));
  if (value.is_null() && variable.required) return graphql_fault("this variable must have a value", variable.at);
  if (!value.is_null() && !is_of_type(value, variable.type))
    return graphql_fault("this variable has another type", variable.at);
  return value;
}

GraphqlResult<Json> value_of(const GraphqlArgument& argument, const GraphqlOperation& operation,
                             const Json& variables) {
  if (argument.variable.empty()) return argument.literal;
  const bool declared =
      std::any_of(operation.variables.begin(), operation.variables.end(),
                  [&argument](const GraphqlVariable& each) { return each.name == argument.variable; });
  if (!declared) return graphql_fault("no such variable", argument.at);
  const auto found = variables.find(argument.variable);
  return found == variables.end() ? Json(nullptr) : *found;
}

}  // namespace

GraphqlResult<const GraphqlOperation*> graphql_operation(const std::vector<GraphqlOperation>& all,
                                                         std::string_view name) {
  if (name.empty()) {
    if (all.size() > 1) return graphql_fault("operationName must say which operation", all[1].at);
    return &all.front();
  }
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto& each) { return each.name == name; });
  if (found == all.end()) return graphql_fault("no operation of that name", 0);
  return &*found;
}

GraphqlResult<Json> graphql_variables(const GraphqlOperation& operation, const Json& given) {
  Json values = Json::object();
  for (const GraphqlVariable& each : operation.variables) {
    if (values.contains(each.name)) return graphql_fault("a variable is declared twice", each.at);
    GraphqlResult<Json> value = value_of(each, given);
    if (!value) return tl::unexpected(value.error());
    values[each.name] = std::move(*value);
  }
  return values;
}

GraphqlResult<GraphqlArguments> graphql_arguments(const GraphqlField& field,
                                                  std::span<const GraphqlParameter> parameters,
                                                  const GraphqlOperation& operation, const Json& variables) {
  GraphqlArguments values;
  std::set<std::string_view> seen;
  for (const GraphqlArgument& each : field.arguments) {
    if (!seen.insert(each.name).second) return graphql_fault("an argument is given twice", each.at);
    if (std::none_of(parameters.begin(), parameters.end(), [&each](const auto& one) { return one.name == each.name; }))
      return graphql_fault("no such argument", each.at);
    const GraphqlResult<Json> value = value_of(each, operation, variables);
    if (!value) return tl::unexpected(value.error());
    if (value->is_null()) continue;
    if (!value->is_string()) return graphql_fault("this argument must be a string", each.at);
    values.emplace(each.name, value->get_ref<const std::string&>());
  }
  for (const GraphqlParameter& each : parameters)
    if (each.required && values.find(each.name) == values.end())
      return graphql_fault("an argument is missing", field.at);
  return values;
}

GraphqlResult<void> check_graphql_leaves(const GraphqlField& object, std::span<const std::string_view> fields) {
  if (object.fields.empty()) return graphql_fault("this field needs a selection", object.at);
  std::set<std::string_view> names, keys;
  for (const GraphqlField& each : object.fields) {
    if (each.name != "__typename" && std::find(fields.begin(), fields.end(), each.name) == fields.end())
      return graphql_fault("no such field", each.at);
    if (!each.arguments.empty()) return graphql_fault("this field takes no arguments", each.at);
    if (!each.fields.empty()) return graphql_fault("this field has no selection", each.at);
    if (!names.insert(each.name).second || !keys.insert(each.key).second)
      return graphql_fault("a field is asked for twice", each.at);
  }
  return {};
}

}  // namespace maildrop::api
