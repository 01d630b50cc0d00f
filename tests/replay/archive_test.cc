/// archive_test.cc: packed files and archives: what they hold, and what of them may be wrong.
#include "replay/archive.h"

#include <catch2/catch.hpp>

#include "core/text.h"
#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;
using test::read_all;

const std::string kMail = "To: bob@x\n\npacked\n";
const std::string kFrom = "From a@x  Thu Aug 22 12:36:23 2002\n";

/// `command` within the folder.
void run(const Folder& folder, const std::string& command) {
  INFO(command);
  REQUIRE(std::system(("cd " + folder.path + " && " + command).c_str()) == 0);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string content_of(const std::string& path, const SourceOptions& options = {}) {
  const auto source = open_source(path, options);
  REQUIRE(source);
  const auto sample = (*source)->next();
  REQUIRE(sample);
  return *sample ? (*sample)->data : "! " + sample->error().what;
}

TEST_CASE("packed: each kind is what it holds") {
  const Folder folder;
  const std::string wanted = "To: bob@x\r\n\r\npacked\r\n";
  folder.file("a.eml", kMail);
  run(folder, "gzip -k a.eml && zstd -q a.eml && cat a.eml.gz a.eml.gz >twice.gz");
  folder.file("a.bz2", from_hex("425a68393141592653599c1670650000035f80001040000010400004003e08c0402000228c991e937aa100"
                                "0004dbb4e3f2ac048f8bb9229c28484e0b383280")
                           .value());
  folder.file("a.xz", from_hex("fd377a585a000004e6d6b446020021010c0000008f98419c010011546f3a20626f6240780a0a7061636b65"
                               "640a00000054be64582fab1e3900012a124b0854bc1fb6f37d010000000004595a")
                          .value());
  for (const char* name : {"a.eml.gz", "a.eml.zst", "a.bz2", "a.xz"})
    CHECK(content_of(folder.path + "/" + name) == wanted);
  CHECK(content_of(folder.path + "/twice.gz") == wanted + wanted);  // members of one stream (RFC 1952 2.2)

  folder.file("old.mbox", kFrom + kMail + "\n" + kFrom + kMail);
  run(folder, "zstd -q --rm old.mbox");
  CHECK(read_all(folder, "old.mbox.zst") == Names{"old.mbox.zst:1", "old.mbox.zst:2"});
  folder.file("M/cur/1:2,S", "");
  folder.folder("M/new");
  run(folder, "cp a.eml.gz M/cur/1:2,S");  // as Dovecot keeps them
  CHECK(read_all(folder, "M") == Names{"M/cur/1:2,S"});
}

TEST_CASE("packed: what is wrong with it is an error of it") {
  const Folder folder;
  folder.file("noise", std::string(300, 'x'));
  run(folder,
      "head -c 30000 /dev/urandom | base64 >noise && cat noise >>body && (echo 'To: bob@x'; echo; cat noise) >a");
  run(folder,
      "gzip -k a && zstd -q a && gzip -c a.gz >double.gz && gzip -c a.zst >mixed.gz && gzip -c </dev/null >none.gz");
  run(folder, "head -c 9000 a.gz >cut.gz && head -c 9000 a.zst >cut.zst && head -c 3 a.gz >stub.gz");
  const auto error_of = [&folder](const std::string& name) {
    const Names all = read_all(folder, name);
    REQUIRE(all.size() == 1);
    return all.front();
  };
  CHECK(error_of("double.gz") == "! 'double.gz' is packed more than once");
  CHECK(error_of("mixed.gz") == "! 'mixed.gz' is packed more than once");
  CHECK(error_of("cut.gz").starts_with("! cannot read 'cut.gz': "));
  CHECK(error_of("cut.zst").starts_with("! cannot read 'cut.zst': "));
  CHECK(error_of("stub.gz").starts_with("! "));
  CHECK(error_of("none.gz") == "! 'none.gz' is empty");
  CHECK(open_source(folder.path + "/double.gz").error().code == Code::invalid);
}

TEST_CASE("packed: a bomb is an error of its size, and may be given up") {
  const Folder folder;
  run(folder, "(echo 'To: bob@x'; echo; head -c 20000000 /dev/zero) | zstd -q >bomb.zst");
  run(folder, "(echo '" + kFrom.substr(0, kFrom.size() - 1) + "'; zstd -dc bomb.zst) | zstd -q >mbox.zst");
  SourceOptions options;
  options.max_size = 1u << 20;
  CHECK(read_all(folder, "bomb.zst", options) == Names{"! 'bomb.zst' is larger than 1MiB"});
  CHECK(read_all(folder, "mbox.zst", options) == Names{"! 'mbox.zst:1' is larger than 1MiB"});
  int asked = 0;
  options.give_up = [&asked] { return ++asked > 3; };
  CHECK(read_all(folder, "mbox.zst", options) == Names{"! cannot read 'mbox.zst': given up"});
}

TEST_CASE("tar: walked like a folder, in its own order") {
  const Folder folder;
  for (const char* name : {"c/spam/2.eml", "c/spam/1.eml", "c/ham/1", "c/._1", ".d/1", "c/tmp/1"})
    folder.file(name, kMail);
  folder.file("c/box", kFrom + kMail + "\n" + kFrom + kMail);
  folder.file("c/prose", "prose\n");
  folder.file("c/\xc3\xbc\xff.eml", kMail);
  const std::string longest(120, 'n');
  folder.file("c/" + longest + "/" + longest, kMail);
  run(folder,
      "gzip -k c/spam/2.eml && tar -cf c/inner.tar c/ham && ln -s 1.eml c/spam/link && ln c/ham/1 c/hard && mkfifo "
      "c/pipe");
  run(folder,
      "tar --format=gnu --sort=name -cf gnu.tar ./.d ./c && tar --format=pax --sort=name -cf pax.tar .d c && zstd -q "
      "-k "
      "pax.tar");
  for (const std::string name : {"gnu.tar", "pax.tar", "pax.tar.zst"}) {
    INFO(name);
    const std::string in = name + "/c/";
    CHECK(read_all(folder, name) ==
          Names{name + "/.d/1", in + "box:1", in + "box:2", in + "ham/1",
                "! '" + in + "inner.tar' is an archive in an archive", in + longest + "/" + longest,
                "! '" + in + "prose' is no message: it has no header field", in + "spam/1.eml", in + "spam/2.eml",
                in + "spam/2.eml.gz", in + "tmp/1", in + "\xc3\xbc\xff.eml"});
  }
  CHECK(read_all(folder, "").size() == 12 + 3 * 12);  // a folder that has these, and a link
}

TEST_CASE("tar: what comes before damage is given, and what can be found behind it") {
  const Folder folder;
  for (const char* name : {"c/1", "c/2", "c/3"}) folder.file(name, kMail + std::string(3000, 'x'));
  run(folder, "tar --format=ustar --sort=name -cf whole.tar c");
  std::string bytes = bytes_of(folder.path + "/whole.tar");
  const std::size_t header = 512, entry = header + 3072 + (kMail.size() > 72 ? 512 : 0);
  const std::size_t second = header + entry;  // the folder's comes first
  REQUIRE(bytes.substr(second, 3) == "c/2");
  folder.file("cut.tar", bytes.substr(0, second + header + 700));
  Names all = read_all(folder, "cut.tar");
  REQUIRE(all.size() == 2);
  CHECK(all.front() == "cut.tar/c/1");
  CHECK(all.back().starts_with("! cannot read 'cut.tar/c/2': "));
  folder.file("header.tar", bytes.substr(0, second + 100));
  all = read_all(folder, "header.tar");
  REQUIRE(all.size() == 2);
  CHECK(all.back().starts_with("! 'header.tar' is damaged behind this: cannot read 'header.tar/c/1': "));
  bytes[second + 5] ^= 1;  // its sum is wrong now
  folder.file("damaged.tar", bytes);
  all = read_all(folder, "damaged.tar");
  REQUIRE(all.size() == 3);
  CHECK(all[1].starts_with("! 'damaged.tar' is damaged behind this: "));
  CHECK(all[2] == "damaged.tar/c/3");
  run(folder, "gzip -c whole.tar | head -c 150 >cut.tar.gz");
  all = read_all(folder, "cut.tar.gz");
  CHECK(all.back().starts_with("! "));
  CHECK(all.size() <= 3);
}

TEST_CASE("tar: sizes are those of messages, and names have a limit") {
  const Folder folder;
  folder.file("c/1", kMail + std::string(5000, 'x'));
  folder.file("c/2", kMail);
  run(folder, "tar --sort=name -cf a.tar c && tar -cf long.tar --transform 's,^," + std::string(90, 'd') +
                  "/,;s,d,dddddddddddddddddddddddddddddddddddddddddddddddddd,g' c/2");
  SourceOptions options;
  options.max_size = 1000;
  CHECK(read_all(folder, "a.tar", options) == Names{"! 'a.tar/c/1' is larger than 1000", "a.tar/c/2"});
  const Names all = read_all(folder, "long.tar");
  REQUIRE(all.size() == 1);
  CHECK(all.front().find("has a name of more than 4096 bytes") != std::string::npos);
}

}  // namespace
}  // namespace maildrop::replay
