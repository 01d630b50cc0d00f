/// whole_file_test.cc: a file is whole or not there, and what was there stays until then.
#include "whole_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace maildrop::cmd {
namespace {

struct Place {
  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "maildrop-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~Place() { std::filesystem::remove_all(folder); }
  std::string path(const std::string& name) const { return folder + "/" + name; }
  std::string content(const std::string& name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const {
    const std::filesystem::directory_iterator begin(folder);
    return static_cast<std::size_t>(std::distance(begin, {}));
  }
  std::string folder;
};

void fill(const WholeFile& file, std::string_view text) {
  REQUIRE(::write(file.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

TEST_CASE("a whole file: there once it is committed, with mode 0600") {
  const Place place;
  {
    auto file = WholeFile::open(place.path("a"), false);
    REQUIRE(file);
    fill(*file, "text");
    CHECK(!std::filesystem::exists(place.path("a")));
    REQUIRE(file->commit());
  }
  CHECK(place.content("a") == "text");
  CHECK(place.files() == 1);
  struct stat status {};
  REQUIRE(::stat(place.path("a").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a whole file: what is not committed leaves nothing, and what was there as it was") {
  const Place place;
  std::ofstream(place.path("a")) << "old";
  {
    auto file = WholeFile::open(place.path("a"), true);
    REQUIRE(file);
    fill(*file, "new");
    auto second = WholeFile::open(place.path("a"), true);  // two at a time do not meet
    REQUIRE(second);
    fill(*second, "of the second");
    CHECK(place.files() == 3);
  }
  CHECK(place.content("a") == "old");
  CHECK(place.files() == 1);
}

TEST_CASE("a whole file: one that is there is replaced when that is asked for, also one that came meanwhile") {
  const Place place;
  {
    auto file = WholeFile::open(place.path("a"), false);
    REQUIRE(file);
    std::ofstream(place.path("a")) << "another's";
    const auto late = file->commit();
    REQUIRE(!late);
    CHECK(late.error().code == Code::invalid);
    CHECK(place.content("a") == "another's");
  }
  REQUIRE(!WholeFile::open(place.path("a"), false));
  auto again = WholeFile::open(place.path("a"), true);
  REQUIRE(again);
  fill(*again, "new");
  REQUIRE(again->commit());
  CHECK(place.content("a") == "new");
}

TEST_CASE("a whole file: what is no file is not touched, and no link followed") {
  const Place place;
  std::ofstream(place.path("a")) << "old";
  REQUIRE(::mkfifo(place.path("fifo").c_str(), 0600) == 0);
  for (const std::string& name : {place.path("fifo"), place.folder}) {
    const auto made = WholeFile::open(name, true);
    REQUIRE(!made);
    CHECK(made.error().code == Code::invalid);
  }
  std::filesystem::create_symlink(place.path("a"), place.path("link"));
  auto link = WholeFile::open(place.path("link"), true);
  REQUIRE(link);
  fill(*link, "new");
  REQUIRE(link->commit());
  CHECK(place.content("a") == "old");
  CHECK(place.content("link") == "new");
  const auto nowhere = WholeFile::open(place.path("no/a"), false);
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == Code::unavailable);
}

}  // namespace
}  // namespace maildrop::cmd
