/// json.cc: the one place where nlohmann's writer and parser are called.
#include "api/json.h"

#include <exception>

#include "core/text.h"

namespace maildrop::api {

namespace {

constexpr int kMaxDepth = 16;  // our own answers nest three deep

struct TooDeep : std::exception {};

bool check_depth(int depth, Json::parse_event_t, Json&) {
  if (depth >= kMaxDepth) throw TooDeep();
  return true;
}

/// In quotes. What is not UTF-8 takes more.
std::size_t size_of(const std::string& text) {
  std::size_t size = text.size() + 2;
  for (const char c : text) {
    if (c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != '\v'))
      size += 1;
    else if (static_cast<unsigned char>(c) < 0x20)
      size += 5;  // \u00XX
  }
  return size;
}

std::size_t size_of(const Json& value) {
  static constexpr std::size_t kNumber = 20;  // digits of 64 bits, or a literal
  if (value.is_string()) return size_of(value.get_ref<const std::string&>());
  if (!value.is_structured()) return kNumber;
  std::size_t size = 2;
  if (value.is_array()) {
    for (const Json& each : value) size += size_of(each) + 1;
  } else {
    for (const auto& [key, each] : value.get_ref<const Json::object_t&>()) size += size_of(key) + size_of(each) + 2;
  }
  return size;
}

}  // namespace

std::string to_text(const Json& value) {
  std::string text;
  text.reserve(size_of(value) + 1);  // and an end of line
  // Json::dump() writes into a string of its own, which doubles.
  nlohmann::detail::serializer<Json> writer(nlohmann::detail::output_adapter<char, std::string>(text), ' ',
                                            Json::error_handler_t::replace);
  writer.dump(value, false, false, 0);
  return text;
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json json_number(const std::optional<float>& number) {
  return number ? Json::parse(format_number(*number)) : Json(nullptr);
}

Result<Json> parse_json(std::string_view text) {
  try {
    return Json::parse(text, check_depth);
  } catch (const std::exception&) {  // its message quotes the text
    return fail(Code::corrupt, "the answer is not JSON");
  }
}

}  // namespace maildrop::api
