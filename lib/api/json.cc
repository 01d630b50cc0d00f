/// json.cc: the one place where nlohmann's writer and parser are called.
#include "api/json.h"

#include <exception>

namespace maildrop::api {

namespace {

constexpr int kMaxDepth = 16;  // our own answers nest three deep

struct TooDeep : std::exception {};

bool check_depth(int depth, Json::parse_event_t, Json&) {
  if (depth >= kMaxDepth) throw TooDeep();
  return true;
}

}  // namespace

std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Result<Json> parse_json(std::string_view text) {
  try {
    return Json::parse(text, check_depth);
  } catch (const std::exception&) {  // its message quotes the text
    return fail(Code::corrupt, "the answer is not JSON");
  }
}

}  // namespace maildrop::api
