/// file_sink_test.cc: the lines of a write are in one file.
#include "report/file_sink.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "store/kit.h"

using namespace maildrop;
using store::test::Folder;

TEST_CASE("what is written together stays together") {
  const Folder folder;
  const std::string path = folder.path("report");
  const auto sink = report::make_file_sink({path, 10, 2, std::chrono::milliseconds(0)});
  const std::vector<std::string> first{"a\n", "b\n"}, second{"cccc\n", "dddd\n"};
  CHECK(sink->write(first) == 0u);
  CHECK(sink->write(second) == 0u);
  std::ifstream file(path);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "cccc\ndddd\n");
  CHECK(report::make_file_sink({folder.path("none/report"), 10, 2, std::chrono::milliseconds(0)})
            ->write(first)
            .error()
            .code == Code::unavailable);
}
