/// openapi.cc: a path for each pattern, an operation for each method.
#include "api/openapi.h"

#include <string>

#include "core/text.h"

namespace maildrop::api {

namespace {

Json schema_named(std::string_view name) { return Json{{"$ref", "#/components/schemas/" + std::string(name)}}; }

/// What stands in `{...}` of the path, and then what the query may have.
Json parameters_of(const Route& route) {
  Json all = Json::array();
  for (const std::string_view segment : split(route.pattern, '/')) {
    if (!segment.starts_with('{')) continue;
    const std::string_view name = segment.substr(1, segment.size() - 2);
    all.push_back(Json{{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const std::string_view name : split(route.query, ' ')) {
    if (name.empty()) continue;
    Json parameter{{"name", name}, {"in", "query"}};
    parameter.update(openapi_parameters().at(std::string(name)));
    all.push_back(std::move(parameter));
  }
  return all;
}

/// Route::answer is a schema's name, or a media type, which has a slash.
Json content_of(std::string_view answer) {
  if (answer.find('/') != std::string_view::npos) return Json{{std::string(answer), Json::object()}};
  return Json{{"application/json", {{"schema", schema_named(answer)}}}};
}

Json responses_of(const Route& route) {
  Json responses = Json::object();
  if (route.answer.empty())
    responses["204"] = Json{{"description", "done"}};
  else
    responses["200"] = Json{{"description", route.summary}, {"content", content_of(route.answer)}};
  responses["default"] = Json{{"description", "it was not done"},
                              {"content", {{"application/problem+json", {{"schema", schema_named("Problem")}}}}}};
  return responses;
}

}  // namespace

Json openapi(std::span<const Route> routes) {
  Json paths = Json::object();
  for (const Route& route : routes) {
    if (!route.pattern.starts_with("/api/v3/")) continue;
    Json operation{{"summary", route.summary}};
    const Json parameters = parameters_of(route);
    if (!parameters.empty()) operation["parameters"] = parameters;
    operation["responses"] = responses_of(route);
    paths[std::string(route.pattern)][to_lower(route.method)] = std::move(operation);
  }
  return Json{{"openapi", "3.1.0"},
              {"info", {{"title", "maildrop"}, {"version", "3"}}},
              {"paths", std::move(paths)},
              {"components", {{"schemas", openapi_schemas()}}}};
}

}  // namespace maildrop::api
