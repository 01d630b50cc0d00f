/// place_test.cc: what look_at() sees, and the bytes behind it.
#include "replay/place.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/descriptor.h"
#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;

TEST_CASE("place: a head, and what is behind it") {
  const Folder folder;
  const std::string text = "S: x\n\n" + std::string(5000, 'x');
  Place place = look_at(folder.file("a", text), 0).value();
  CHECK_FALSE(place.is_folder);
  CHECK(place.head == text.substr(0, Place::kHead));
  std::string data = place.head;
  CHECK(read_more(place, data, 100).value());
  CHECK(data == text.substr(0, Place::kHead + 100));
  while (read_more(place, data, 1000).value()) {
  }
  CHECK(data == text);
  CHECK(look_at(folder.path, 0).value().is_folder);
  CHECK(look_at(folder.file("empty", ""), 0).value().head.empty());
}

TEST_CASE("place: standard input is waited for until that is given up") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const FileDescriptor out(ends[0]), in(ends[1]);
  const std::string text(Place::kHead + 1, 'x');
  REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  int asked = 0;
  Place place = look_at("-", out.get(), [&asked] { return ++asked > 5; }).value();
  CHECK(place.head.size() == Place::kHead);
  std::string data;
  CHECK(read_more(place, data, 100).value());
  CHECK(data == "x");
  const auto more = read_more(place, data, 100);
  REQUIRE_FALSE(more);
  CHECK(more.error().what == "cannot read '-': given up");
  CHECK(look_at("-", out.get(), [] { return true; }).error().code == Code::unavailable);
}

TEST_CASE("place: the first line") {
  CHECK(first_line("").empty());
  CHECK(first_line("a") == "a");
  CHECK(first_line("a\r\nb\n") == "a");
  CHECK(first_line("\n") == "");
}

}  // namespace
}  // namespace maildrop::replay
