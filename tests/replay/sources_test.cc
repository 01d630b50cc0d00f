/// sources_test.cc: what lies at a path, and standard input.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;

/// What a pipe gives, written by bytes so that no read gets all of it.
std::vector<Sample> from_input(const std::string& text) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::thread writer([&] {
    for (const char c : text) REQUIRE(::write(ends[1], &c, 1) == 1);
    ::close(ends[1]);
  });
  SourceOptions options;
  options.input = ends[0];
  std::vector<Sample> samples;
  {
    const auto source = open_source("-", options);
    while (auto sample = (*source)->next()) samples.push_back(std::move(**sample));
  }
  writer.join();
  REQUIRE(::close(ends[0]) == 0);  // it was not closed
  return samples;
}

TEST_CASE("sources: standard input is a message or an mbox") {
  const std::string mail = "To: bob@x\n\n" + std::string(10'000, 'x') + "\n";
  const std::string from = "From a@x Tue Nov 14 22:13:20 2023\n";
  const auto one = from_input(mail);
  REQUIRE(one.size() == 1);
  CHECK(one.front().name == "-");
  CHECK(one.front().data.size() == mail.size() + 3);
  const auto many = from_input(from + mail + "\n" + from + mail);
  REQUIRE(many.size() == 2);
  CHECK(many.back().name == "-:2");
  CHECK(many.back().data == one.front().data);
}

TEST_CASE("sources: what cannot be opened says why") {
  const Folder folder;
  const auto code = [](const std::string& path) {
    const auto source = open_source(path);
    return source ? Code::internal : source.error().code;
  };
  CHECK(code(folder.path + "/none") == Code::not_found);
  CHECK(code(folder.file("file", "x") + "/none") == Code::not_found);
  CHECK(code("") == Code::not_found);
  CHECK(code("/dev/null") == Code::invalid);
  SourceOptions closed;
  closed.input = 9999;
  CHECK(open_source("-", closed).error().code == Code::unavailable);
}

TEST_CASE("sources: a report of ours has no mail, and says so for each line") {
  const Folder folder;
  const std::string line = R"({"schema":"maildrop.decision/1","of":"message"})";
  folder.file("r", line + "\n\n" + line + std::string(10'000, 'x') + "\n" + line);
  const Names all = test::read_all(folder, "r");
  REQUIRE(all.size() == 3);
  CHECK(all[2] == "! 'r:3' is a decision and no message: what `maildrop backup` writes has the mail");
}

TEST_CASE("sources: the table asks the special ones first") {
  Names names;
  for (const SourceKind* kind : source_kinds()) names.emplace_back(kind->name);
  CHECK(names == Names{"maildir", "folder", "store", "packed", "tar", "backup", "decisions", "mbox", "eml"});
}

}  // namespace
}  // namespace maildrop::replay
