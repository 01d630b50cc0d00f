/// file_sink_test.cc: lines stay whole and in order, files are moved aside, and all of them have a bound.
#include "report/file_sink.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::report;
using store::test::Folder;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<std::size_t> write(Sink& sink, const std::string& line) {
  const std::vector<std::string> lines{line};
  return sink.write(lines);
}

}  // namespace

TEST_CASE("a file that is full is moved aside, and the oldest goes") {
  const Folder folder;
  const std::string path = folder.path("report");
  const auto sink = make_file_sink({path, 10, 3});
  for (const char* line : {"one 67890\n", "two 67890\n", "three 890\n", "four 7890\n"}) REQUIRE(write(*sink, line));
  CHECK(text_of(path) == "four 7890\n");
  CHECK(text_of(path + ".1") == "three 890\n");
  CHECK(text_of(path + ".2") == "two 67890\n");
  CHECK_FALSE(std::filesystem::exists(path + ".3"));
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777 & ~0640) == 0);
}

TEST_CASE("one file alone begins anew") {
  const Folder folder;
  const std::string path = folder.path("report");
  const auto sink = make_file_sink({path, 5, 1});
  REQUIRE(write(*sink, "12345\n"));
  REQUIRE(write(*sink, "6\n"));
  CHECK(text_of(path) == "6\n");
  CHECK_FALSE(std::filesystem::exists(path + ".1"));
}

TEST_CASE("a file that somebody else has moved is made again") {
  const Folder folder;
  const std::string path = folder.path("report");
  const auto sink = make_file_sink({path, 1000, 3});
  REQUIRE(write(*sink, "one\n"));
  std::filesystem::rename(path, path + ".old");
  REQUIRE(write(*sink, "two\n"));
  CHECK(text_of(path) == "two\n");
  std::filesystem::remove(path);
  REQUIRE(write(*sink, "three\n"));
  CHECK(text_of(path) == "three\n");
}

TEST_CASE("several that write to one file lose no line and tear none") {
  const Folder folder;
  const std::string path = folder.path("report");
  constexpr std::size_t kLines = 300;
  std::vector<std::thread> writers;
  for (const char name : {'a', 'b', 'c'})
    writers.emplace_back([&path, name] {
      const auto sink = make_file_sink({path, 2000, 100});
      for (std::size_t i = 0; i < kLines; ++i) CHECK(write(*sink, std::string(40, name) + "\n"));
    });
  for (std::thread& each : writers) each.join();
  std::size_t lines = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path(""))) {
    std::istringstream text(text_of(entry.path()));
    for (std::string line; std::getline(text, line); ++lines) {
      CHECK(line.size() == 40);
      CHECK(line.find_first_not_of(line[0]) == std::string::npos);
    }
  }
  CHECK(lines == 3 * kLines);
}

TEST_CASE("what is no file, or cannot be written to, is an error") {
  const Folder folder;
  CHECK(write(*make_file_sink({folder.path("none/report"), 1000, 3}), "x\n").error().code == Code::unavailable);
  CHECK(write(*make_file_sink({folder.path(""), 1000, 3}), "x\n").error().code == Code::unavailable);
  CHECK(write(*make_file_sink({"/dev/null", 1000, 3}), "x\n").error().what == "'/dev/null' is no regular file");
}

TEST_CASE("a file that cannot be moved aside does not grow on") {
  const Folder folder;
  const std::string path = folder.path("report");
  std::filesystem::create_directories(path + ".1/x");
  const auto sink = make_file_sink({path, 5, 2});
  REQUIRE(write(*sink, "12345\n"));
  CHECK(write(*sink, "6\n").error().code == Code::unavailable);
  CHECK(text_of(path) == "12345\n");
  std::filesystem::remove_all(path + ".1");
  REQUIRE(write(*sink, "6\n"));
  CHECK(text_of(path) == "6\n");
}

TEST_CASE("a line that somebody left in its middle is not gone on in") {
  const Folder folder;
  const std::string path = folder.path("report");
  std::ofstream(path) << "half a li";
  REQUIRE(write(*make_file_sink({path, 1000, 2}), "one\n"));
  CHECK(text_of(path) == "half a li\none\n");
}

TEST_CASE("who keeps the lock keeps nobody for ever") {
  const Folder folder;
  const std::string path = folder.path("report");
  std::ofstream(path) << "";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(file, LOCK_EX) == 0);
  const auto sink = make_file_sink({path, 1000, 2});
  CHECK(write(*sink, "one\n").error().code == Code::unavailable);
  ::close(file);
  CHECK(write(*sink, "one\n"));
}
