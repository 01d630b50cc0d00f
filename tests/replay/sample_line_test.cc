/// sample_line_test.cc: in order, prepared, and bounded.
#include "replay/sample_line.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace maildrop;
using namespace maildrop::replay;

TEST_CASE("sample_line: what somebody prepares is judged in its order") {
  SampleLine line(true);
  for (int i = 0; i < 3; ++i) REQUIRE(line.push({Sample{std::to_string(i), "data"}}));
  line.close();
  std::vector<SampleLine::Place*> places;
  for (int i = 0; i < 3; ++i) places.push_back(line.to_prepare());
  CHECK(line.to_prepare() == nullptr);
  const auto no = [] { return false; };
  line.prepared(*places[1]);
  CHECK(line.pop(no) == nullptr);
  line.prepared(*places[0]);
  CHECK(line.pop(no)->sample->name == "0");
  CHECK(line.pop(no)->sample->name == "1");
  CHECK(line.pop(no) == nullptr);
  line.prepared(*places[2]);
  CHECK(line.pop(no)->sample->name == "2");
  CHECK(line.pop(no) == nullptr);
}

TEST_CASE("sample_line: it holds so much, and one that is larger alone") {
  const auto sample_of = [](std::size_t size) { return SampleLine::Place{Sample{"x", std::string(size, 'x')}}; };
  const auto no = [] { return false; };
  SampleLine line(false);
  REQUIRE(line.push(sample_of(SampleLine::kBytes + 1)));
  std::thread writer([&] {
    line.push(sample_of(1));
    line.close();
  });
  CHECK(line.pop(no)->sample->data.size() > 1);
  writer.join();
  CHECK(line.pop(no)->sample->data.size() == 1);
  CHECK(line.pop(no) == nullptr);
  SampleLine given_up(false);
  REQUIRE(given_up.push(sample_of(SampleLine::kBytes)));
  std::thread waits([&] { CHECK_FALSE(given_up.push(sample_of(1))); });
  given_up.abandon();
  waits.join();
}
