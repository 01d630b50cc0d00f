/// schema_check.h: whether JSON is as its schema says: the part of JSON Schema that openapi_schemas.cc uses, and no
/// more.
#pragma once

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "api/json.h"

namespace maildrop::api::test {

inline bool is_of_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  return type == "number" && value.is_number();
}

/// Names the places that are wrong, each on a line; empty: none are. Fields that no schema names are wrong, too, and so
/// is a keyword that is not known here.
class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& document) : document_(document) {}

  std::string check(const Json& value, const Json& schema) {
    wrong_.clear();
    std::set<std::string> known;
    visit(value, schema, "", known);
    unknown(value, known, "");
    return wrong_;
  }

 private:
  void say(const std::string& where, const std::string& what) { wrong_ += where + ": " + what + "\n"; }

  void unknown(const Json& value, const std::set<std::string>& known, const std::string& where) {
    if (!value.is_object()) return;
    for (const auto& [key, each] : value.items())
      if (known.count(key) == 0) say(where + "/" + key, "no schema names it");
  }

  void inside(const Json& value, const Json& schema, const std::string& where) {
    std::set<std::string> known;
    visit(value, schema, where, known);
    unknown(value, known, where);
  }

  /// `known`: fields of this object that have been named.
  void visit(const Json& value, const Json& schema, const std::string& where, std::set<std::string>& known) {
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "$ref") {
        visit(value, document_.at(Json::json_pointer(rule.get<std::string>().substr(1))), where, known);
      } else if (keyword == "allOf") {
        for (const Json& each : rule) visit(value, each, where, known);
      } else if (keyword == "type") {
        const Json types = rule.is_array() ? rule : Json::array({rule});
        const bool fits =
            std::any_of(types.begin(), types.end(), [&](const Json& each) { return is_of_type(value, each); });
        if (!fits) say(where, "not of type " + rule.dump());
      } else if (keyword == "required") {
        for (const Json& each : rule)
          if (value.is_object() && !value.contains(each.get<std::string>())) say(where, "lacks " + each.dump());
      } else if (keyword == "properties") {
        for (const auto& [key, each] : rule.items()) {
          known.insert(key);
          if (value.is_object() && value.contains(key)) inside(value.at(key), each, where + "/" + key);
        }
      } else if (keyword == "additionalProperties") {
        for (const auto& [key, each] : value.items())
          if (known.insert(key).second) inside(each, rule, where + "/" + key);
      } else if (keyword == "items") {
        if (value.is_array())
          for (std::size_t i = 0; i < value.size(); ++i) inside(value[i], rule, where + "/" + std::to_string(i));
      } else if (keyword == "enum") {
        if (std::find(rule.begin(), rule.end(), value) == rule.end())
          say(where, value.dump() + " is none of " + rule.dump());
      } else if (keyword == "pattern") {
        if (value.is_string() && !std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>())))
          say(where, value.dump() + " is not like " + rule.dump());
      } else if (keyword != "description" && keyword != "format" && keyword != "minimum" && keyword != "default") {
        say(where, "unknown keyword " + keyword);
      }
    }
  }

  const Json& document_;
  std::string wrong_;
};

}  // namespace maildrop::api::test
