/// rotated_file_test.cc: lines stay whole and in order, files are moved aside, and all of them have a bound.
#include "core/rotated_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace maildrop;

namespace {

struct Folder {
  std::filesystem::path at = std::filesystem::temp_directory_path() / ("maildrop-files-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(at); }
  ~Folder() { std::filesystem::remove_all(at); }
  std::string path(const std::string& name) const { return at / name; }
};

RotatedFile file_at(const std::string& path, std::uint64_t size, unsigned files) {
  return RotatedFile({path, size, files, std::chrono::milliseconds(500)});
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a file that is full is moved aside, and the oldest goes") {
  const Folder folder;
  const std::string path = folder.path("report");
  constexpr mode_t kMask = 0022;
  const mode_t before = ::umask(kMask);
  RotatedFile file = file_at(path, 10, 3);
  for (const char* line : {"one 67890\n", "two 67890\n", "three 890\n", "four 7890\n"}) REQUIRE(file.append(line));
  CHECK(text_of(path) == "four 7890\n");
  CHECK(text_of(path + ".1") == "three 890\n");
  CHECK(text_of(path + ".2") == "two 67890\n");
  CHECK_FALSE(std::filesystem::exists(path + ".3"));
  ::umask(before);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == (0640 & ~kMask));
}

TEST_CASE("one file alone begins anew") {
  const Folder folder;
  const std::string path = folder.path("report");
  RotatedFile file = file_at(path, 5, 1);
  REQUIRE(file.append("12345\n"));
  REQUIRE(file.append("6\n"));
  CHECK(text_of(path) == "6\n");
  CHECK_FALSE(std::filesystem::exists(path + ".1"));
}

TEST_CASE("a file that somebody else has moved is made again") {
  const Folder folder;
  const std::string path = folder.path("report");
  RotatedFile file = file_at(path, 1000, 3);
  REQUIRE(file.append("one\n"));
  std::filesystem::rename(path, path + ".old");
  REQUIRE(file.append("two\n"));
  CHECK(text_of(path) == "two\n");
  std::filesystem::remove(path);
  REQUIRE(file.append("three\n"));
  CHECK(text_of(path) == "three\n");
}

TEST_CASE("several that write to one file lose no line and tear none") {
  const Folder folder;
  const std::string path = folder.path("report");
  constexpr std::size_t kLines = 300;
  std::vector<std::thread> writers;
  for (const char name : {'a', 'b', 'c'})
    writers.emplace_back([&path, name] {
      RotatedFile file = file_at(path, 2000, 100);
      for (std::size_t i = 0; i < kLines; ++i) CHECK(file.append(std::string(40, name) + "\n"));
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
  CHECK(file_at(folder.path("none/report"), 1000, 3).append("x\n").error().code == Code::unavailable);
  CHECK(file_at(folder.path(""), 1000, 3).append("x\n").error().code == Code::unavailable);
  CHECK(file_at("/dev/null", 1000, 3).append("x\n").error().what == "'/dev/null' is no regular file");
}

TEST_CASE("a file that cannot be moved aside does not grow on") {
  const Folder folder;
  const std::string path = folder.path("report");
  std::filesystem::create_directories(path + ".1/x");
  RotatedFile file = file_at(path, 5, 2);
  REQUIRE(file.append("12345\n"));
  CHECK(file.append("6\n").error().code == Code::unavailable);
  CHECK(text_of(path) == "12345\n");
  std::filesystem::remove_all(path + ".1");
  REQUIRE(file.append("6\n"));
  CHECK(text_of(path) == "6\n");
}

TEST_CASE("a line that somebody left in its middle is not gone on in") {
  const Folder folder;
  const std::string path = folder.path("report");
  std::ofstream(path) << "half a li";
  REQUIRE(file_at(path, 1000, 2).append("one\n"));
  CHECK(text_of(path) == "half a li\none\n");
}

TEST_CASE("who keeps the lock keeps nobody, and the file has a bound all the same") {
  const Folder folder;
  const std::string path = folder.path("report");
  std::ofstream(path) << "";
  const int kept = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(kept, LOCK_EX) == 0);
  RotatedFile file = file_at(path, 10, 2);
  for (int i = 0; i < 5; ++i) CHECK(file.append("one\n"));
  CHECK(file.append("two\n").error().code == Code::unavailable);
  CHECK(text_of(path) == "one\none\none\none\none\n");
  ::close(kept);
  CHECK(file.append("two\n"));
  CHECK(text_of(path) == "two\n");
}

TEST_CASE("what is longer than a file may be is alone in one") {
  const Folder folder;
  const std::string path = folder.path("report");
  RotatedFile file = file_at(path, 8, 3);
  for (const char* line : {"aaaa\n", "bb\n", "dddddddddddddd\n", "e\n", "ff\n"}) REQUIRE(file.append(line));
  CHECK(text_of(path) == "e\nff\n");
  CHECK(text_of(path + ".1") == "dddddddddddddd\n");
  CHECK(text_of(path + ".2") == "aaaa\nbb\n");
}

TEST_CASE("whether it can be had is found out without making or removing anything") {
  const Folder folder;
  CHECK(file_at(folder.path("report"), 100, 2).check());
  CHECK_FALSE(file_at(folder.path("none/report"), 100, 2).check());
  CHECK_FALSE(file_at(folder.path(""), 100, 2).check());
  CHECK_FALSE(std::filesystem::exists(folder.path("report")));
  std::ofstream(folder.path("report")) << "x";
  CHECK(file_at(folder.path("report"), 100, 2).check());
}

TEST_CASE("fewer files than before: the others are removed where that is wanted") {
  const Folder folder;
  for (const char* name : {"report", "report.1", "report.2", "report.3", "report.5"})
    std::ofstream(folder.path(name)) << name;
  RotatedFile file = file_at(folder.path("report"), 100, 2);
  REQUIRE(file.open());
  CHECK(std::filesystem::exists(folder.path("report.3")));
  file.prune();
  CHECK(text_of(folder.path("report")) == "report");
  CHECK(std::filesystem::exists(folder.path("report.1")));
  CHECK_FALSE(std::filesystem::exists(folder.path("report.2")));
  CHECK_FALSE(std::filesystem::exists(folder.path("report.3")));
  CHECK(std::filesystem::exists(folder.path("report.5")));  // not ours
}
