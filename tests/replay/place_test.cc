/// place_test.cc: what look_at() sees, and the bytes behind it.
#include "replay/place.h"

#include <catch2/catch.hpp>

#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;

TEST_CASE("place: a head, and what is behind it") {
  const Folder folder;
  const std::string text = "S: x\n\n" + std::string(5000, 'x');
  const Place place = look_at(folder.file("a", text), 0).value();
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

TEST_CASE("place: the first line") {
  CHECK(first_line("").empty());
  CHECK(first_line("a") == "a");
  CHECK(first_line("a\r\nb\n") == "a");
  CHECK(first_line("\n") == "");
}

}  // namespace
}  // namespace maildrop::replay
