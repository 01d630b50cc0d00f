/// maildir_test.cc: Maildirs as delivery agents leave them.
#include <catch2/catch.hpp>

#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;
using test::read_all;

const std::string kMail = "To: bob@x\n\nbody\n";

TEST_CASE("maildir: cur and new in the order of time, then the subfolders") {
  const Folder folder;
  for (const char* const name : {"tmp", ".Sent/tmp", ".empty/cur", ".empty/new"}) folder.folder(name);
  folder.file("new/1700000002.a.host", kMail);
  folder.file("cur/1700000001.b.host:2,S", kMail);
  folder.file("cur/1700000003.c.host:2,", kMail);
  folder.file("tmp/1700000000.d.host", kMail);
  folder.file("cur/.hidden", kMail);
  folder.file("cur/folder/x", kMail);
  folder.file(".Sent/cur/1700000000.e.host:2,S", kMail);
  folder.file(".Sent/new/1700000001.f.host", "");
  folder.file(".not/x", kMail);
  folder.file("dovecot.index", kMail);
  CHECK(read_all(folder) == Names{"cur/1700000001.b.host:2,S", "new/1700000002.a.host", "cur/1700000003.c.host:2,",
                                  ".Sent/cur/1700000000.e.host:2,S", "! '.Sent/new/1700000001.f.host' is empty"});
}

TEST_CASE("maildir: a From_ line left in a file is none of the message") {
  const Folder folder;
  folder.folder("cur");
  folder.file("new/1", "From a@x Tue Nov 14 22:13:20 2023\n" + kMail + "\nFrom b@x Tue Nov 14 22:13:20 2023\n");
  const auto source = open_source(folder.path);
  REQUIRE(source);
  const Sample sample = (*source)->next().value().value();
  CHECK(sample.data == "To: bob@x\r\n\r\nbody\r\n\r\nFrom b@x Tue Nov 14 22:13:20 2023\r\n");
  CHECK(sample.envelope.from == "a@x");
  CHECK_FALSE((*source)->next());
}

}  // namespace
}  // namespace maildrop::replay
