/// folder_test.cc: a walk that meets everything a file system has.
#include "folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;
using test::read_all;

const std::string kMail = "To: bob@x\n\nbody\n";

TEST_CASE("folder: sorted, nested, each by its own kind") {
  const Folder folder;
  folder.file("b.eml", kMail);
  folder.file("a/2", kMail);
  folder.file("a/10", kMail);
  folder.file("a/deep/er/x", kMail);
  folder.file("c.mbox",
              "From a@x Tue Nov 14 22:13:20 2023\n" + kMail + "\nFrom b@x Tue Nov 14 22:13:20 2023\n" + kMail);
  folder.file("box/cur/1", kMail);
  folder.folder("box/new");
  folder.file("box/.Sub/new/2", kMail);
  folder.folder("box/.Sub/cur");
  folder.file(".git/x", kMail);
  folder.file(".hidden", kMail);
  folder.file("tmp/x", kMail);
  folder.file("d.eml", "prose\n");
  folder.file("e.eml", kMail);
  CHECK(read_all(folder) == Names{"a/10", "a/2", "a/deep/er/x", "b.eml", "box/cur/1", "box/.Sub/new/2", "c.mbox:1",
                                  "c.mbox:2", "! 'd.eml' is no message: it has no header field", "e.eml"});
  CHECK(read_all(Folder()).empty());
}

TEST_CASE("folder: links to files are followed, those to folders not; special files are never opened") {
  const Folder folder, other;
  const std::string target = other.file("x", kMail);
  REQUIRE(::symlink(target.c_str(), (folder.path + "/a").c_str()) == 0);
  REQUIRE(::symlink(other.path.c_str(), (folder.path + "/b").c_str()) == 0);
  REQUIRE(::symlink(folder.path.c_str(), (folder.path + "/c").c_str()) == 0);
  REQUIRE(::symlink("nowhere", (folder.path + "/d").c_str()) == 0);
  REQUIRE(::mkfifo((folder.path + "/e").c_str(), 0600) == 0);  // whoever opens it waits for ever
  REQUIRE(::symlink("e", (folder.path + "/f").c_str()) == 0);
  REQUIRE(::symlink("/dev/zero", (folder.path + "/g").c_str()) == 0);
  folder.file("h", kMail);
  CHECK(read_all(folder) == Names{"a", "! cannot open 'd': No such file or directory", "h"});
  CHECK(read_all(folder, "b").size() == 1);  // one that was named is
}

TEST_CASE("folder: what cannot be read is told, and the walk goes on") {
  const Folder folder;
  ::chmod(folder.file("a", kMail).c_str(), 0);
  folder.file("b/x", kMail);
  ::chmod((folder.path + "/b").c_str(), 0);
  folder.file("c", kMail);
  const Names found = read_all(folder);
  ::chmod((folder.path + "/b").c_str(), 0700);
  if (::geteuid() == 0) {
    CHECK(found == Names{"a", "b/x", "c"});  // nothing keeps root from reading
  } else {
    CHECK(found == Names{"! cannot open 'a': Permission denied", "! cannot read 'b': Permission denied", "c"});
  }
}

TEST_CASE("folder: what goes away during the walk is told") {
  const Folder folder;
  folder.file("a", kMail);
  const std::string gone = folder.file("b", kMail);
  folder.file("c", kMail);
  const auto source = open_source(folder.path);
  REQUIRE(source);
  CHECK((*source)->next().value());
  std::filesystem::remove(gone);
  CHECK((*source)->next().value().error().code == Code::not_found);
  CHECK((*source)->next().value());
  CHECK_FALSE((*source)->next());
}

TEST_CASE("folder: a tree without end has one") {
  const Folder folder;
  std::string path;
  for (int i = 0; i < 70; ++i) path += "d/";
  folder.file(path + "x", kMail);
  folder.file("e", kMail);
  const Names found = read_all(folder);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found.front(), Catch::Contains("is too deep"));
  CHECK(found.back() == "e");
}

}  // namespace
}  // namespace maildrop::replay
