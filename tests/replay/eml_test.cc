/// eml_test.cc: a file that is one message.
#include <catch2/catch.hpp>

#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;
using test::read_all;

Sample read_one(const std::string& path, const SourceOptions& options = {}) {
  const auto source = open_source(path, options);
  REQUIRE(source);
  auto sample = (*source)->next();
  REQUIRE(sample);
  REQUIRE(*sample);
  CHECK_FALSE((*source)->next());
  return std::move(**sample);
}

TEST_CASE("eml: the bytes of the file, with CRLF") {
  const Folder folder;
  const std::string data = "Return-Path: <a@x>\r\nTo: bob@x\r\n\r\na\rb\r\r\n\r\nno end \xE9";
  const Sample sample = read_one(folder.file("a.eml", data));
  CHECK(sample.name == folder.path + "/a.eml");
  CHECK(sample.data == data);
  CHECK(sample.envelope.from == "a@x");
  CHECK(sample.envelope.to == Names{"bob@x"});
  CHECK(read_one(folder.file("b.eml", "To: bob@x\n\nbody\n")).data == "To: bob@x\r\n\r\nbody\r\n");
  const std::string large = "To: bob@x\r\n\r\n" + std::string(200'000, 'x') + "\r\n";
  CHECK(read_one(folder.file("c.eml", large)).data == large);
}

TEST_CASE("eml: what is no message is told by name") {
  const Folder folder;
  folder.file("a", "");
  folder.file("b", "just prose, and no field\n");
  folder.file("c", "S: x\n\n" + std::string(95, 'x'));
  folder.file("d", "S: x\n\n" + std::string(90, '\n'));  // small enough until it has CRLF
  folder.file("e", "From here on: it is prose\n");
  folder.file("f", "\n\nS: x\n");
  SourceOptions options;
  options.max_size = 100;
  CHECK(read_all(folder, "a") == Names{"! 'a' is empty"});
  CHECK(read_all(folder, "b") == Names{"! 'b' is no message: it has no header field"});
  CHECK(read_all(folder, "c", options) == Names{"! 'c' is larger than 100"});
  CHECK(read_all(folder, "d", options) == Names{"! 'd' is larger than 100"});
  CHECK(read_all(folder, "d") == Names{"d"});
  CHECK(read_all(folder, "e") == Names{"! 'e' is no message: it has no header field"});
  folder.file("g", "{\"subject\":\"x\",\n\"to\":\"bob@x\"}\n");
  CHECK(read_all(folder, "g") == Names{"! 'g' is no message: it has no header field"});
  CHECK(read_all(folder, "f") == Names{"! 'f' is no message: it has no header field"});
}

}  // namespace
}  // namespace maildrop::replay
