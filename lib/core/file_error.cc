/// file_error.cc: one sentence for all of them.
#include "core/file_error.h"

#include <cstring>
#include <string>

namespace maildrop {

Error file_error(std::string_view doing, std::string_view path, int number) {
  return {Code::unavailable, "cannot " + std::string(doing) + " '" + std::string(path) + "': " + std::strerror(number)};
}

}  // namespace maildrop
