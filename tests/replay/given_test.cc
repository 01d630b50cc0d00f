/// given_test.cc: several sources, and where their labels come from.
#include "replay/given.h"

#include <catch2/catch.hpp>

#include "folder.h"
#include "replay/labels.h"

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;

TEST_CASE("labels: folders are named for what is in them") {
  const struct {
    const char* path;
    std::string_view label;
  } rows[] = {
      {"spam/1", "spam"},
      {"corpus/spam_2/00001.317e78fa8ee2f54cd4890fdc09ba8176", "spam"},
      {"corpus/easy_ham_2/1", "ham"},
      {"hard_ham/1", "ham"},
      {"20030228_easy_ham.tar.bz2/x/1", "ham"},
      {"Junk E-mail/cur/1:2,S", "spam"},
      {"a/SPAM/2026/11/1", "spam"},
      {"spam/ham/1", "ham"},
      {"ham/spam/1", "spam"},
      {"spam", ""},
      {"inbox/ham.eml", ""},
      {"spam-and-ham/1", ""},
      {"ham/spam-and-ham/1", "ham"},
      {"not spam/1", ""},
      {"anti-spam/1", ""},
      {"hamburg/1", ""},
      {"spammer/1", ""},
      {"", ""},
      {"/1", ""},
      {"//1", ""},
  };
  for (const auto& row : rows) {
    INFO(row.path);
    CHECK(name_of(label_of_folders(row.path)) == row.label);
  }
  CHECK(label_named("Spam") == Label::spam);
  CHECK_FALSE(label_named(""));
}

TEST_CASE("given: it is no matter where a corpus lies") {
  const struct {
    const char* path;
    bool is_folder;
    const char* sample;
    std::string_view to_label, to_name;  // what is left of the sample's name
  } rows[] = {
      {"/srv/spam/c", true, "/srv/spam/c/1", "c/1", "1"},
      {"/srv/spam/c//", true, "/srv/spam/c//1", "c//1", "1"},
      {"c", true, "c/x/1", "c/x/1", "x/1"},
      {"/srv/c/1", false, "/srv/c/1", "c/1", "1"},
      {"a.tar", false, "a.tar/x/1", "a.tar/x/1", "a.tar/x/1"},
      {"/a/b/c.mbox", false, "/a/b/c.mbox:3", "b/c.mbox:3", "c.mbox:3"},
      {"/", true, "/x/1", "/x/1", "x/1"},
      {"-", false, "-:2", "-:2", "-:2"},
      {"store:redis://spam/1", false, "store:bob/ID", "bob/ID", "bob/ID"},
  };
  for (const auto& row : rows) {
    INFO(row.path);
    const Leading leading = leading_of(row.path, row.is_folder);
    CHECK(std::string_view(row.sample).substr(leading.to_label) == row.to_label);
    CHECK(std::string_view(row.sample).substr(leading.to_name) == row.to_name);
  }
}

TEST_CASE("given: one after the other, with the label of whoever knows best") {
  const Folder folder;
  const std::string mail = "To: bob@x\n\nbody\n";
  for (const char* name : {"c/spam/1", "c/spam/2", "c/ham/1", "c/other/1", "junk/1", "junk/2"}) folder.file(name, mail);
  auto manifest =
      Manifest::open(folder.file("m.csv", "name,label\nspam/2,ham\n1,spam\n" + folder.path + "/junk/1,ham\nx,ham\n"));
  REQUIRE(manifest);
  Sayings sayings;
  const auto labels = [&] {
    const auto source =
        open_all({{folder.path + "/c"}, {folder.path + "/none"}, {folder.path + "/junk", Label::spam}}, {}, sayings);
    std::string out;
    while (const auto sample = source->next())
      out += *sample                                   ? std::string(name_of((*sample)->label)) + ","
             : sample->error().code == Code::not_found ? "!"
                                                       : "?";
    return out;
  };
  CHECK(labels() == ",,,,!spam,spam,");
  sayings.by_folder = true;
  CHECK(labels() == "ham,,spam,spam,!spam,spam,");
  sayings.manifest = &*manifest;
  CHECK(labels() == "ham,,spam,ham,!ham,spam,");
  CHECK(manifest->unused_names(9) == Names{"1", "x"});
}

}  // namespace
}  // namespace maildrop::replay
