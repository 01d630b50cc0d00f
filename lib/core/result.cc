/// result.cc: the names of the error codes.
#include "core/result.h"

namespace maildrop {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::not_found: return "not_found";
    case Code::over_limit: return "over_limit";
    case Code::unavailable: return "unavailable";
    case Code::timed_out: return "timed_out";
    case Code::corrupt: return "corrupt";
    case Code::internal: return "internal";
  }
  return "internal";
}

}  // namespace maildrop
