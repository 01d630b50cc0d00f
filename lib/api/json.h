/// json.h: JSON in and out, by nlohmann, without its exceptions.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::api {

using Json = nlohmann::ordered_json;  // fields stay in the order in which they are documented

/// One line. Bytes that are not UTF-8 become U+FFFD. Measured first: a large answer is not in memory twice while it
/// grows.
std::string to_text(const Json& value);

/// With no more digits than the float needs; null for none.
Json json_number(const std::optional<float>& number);

/// The text under `key`; empty where there is none.
std::string text_at(const Json& object, const char* key);

/// What a server elsewhere says: nested at most 16 deep, so that a small text cannot become a large tree of nothing.
/// Code::corrupt for anything else.
Result<Json> parse_json(std::string_view text);

}  // namespace maildrop::api
