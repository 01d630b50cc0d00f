/// folder.h: a folder that goes with the test.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <system_error>

namespace maildrop::report::test {

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(path_.data())); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/maildrop-report-XXXXXX";
};

}  // namespace maildrop::report::test
