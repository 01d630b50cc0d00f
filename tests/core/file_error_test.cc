/// file_error_test.cc: what the system says, and of which file.
#include "core/file_error.h"

#include <catch2/catch.hpp>
#include <cerrno>

namespace maildrop {
namespace {

TEST_CASE("errors of files name the file and the reason") {
  CHECK(file_error("open", "a/b", ENOENT).what == "cannot open 'a/b': No such file or directory");
  CHECK(file_error("write", "a", ENOSPC).what == "cannot write 'a': No space left on device");
  CHECK(file_error("write", "a", ENOSPC).code == Code::unavailable);
}

}  // namespace
}  // namespace maildrop
