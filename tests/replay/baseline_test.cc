/// baseline_test.cc: what became of messages is read again by their keys, and what is no such file is told.
#include "replay/baseline.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "replay/folder.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

std::string key(int number) {
  std::string digits = std::to_string(number);
  return std::string(32 - digits.size(), '0') + digits;
}

Outcome outcome(Fate fate, const std::string& by, double score) {
  Outcome outcome;
  outcome.fate = fate;
  outcome.by = by;
  outcome.score = score;
  return outcome;
}

std::string told(const test::Folder& folder, const std::string& text) {
  const std::string path = folder.file("wrong", text);
  const auto read = Baseline::open(path);
  return read ? "" : read.error().what.substr(path.size());
}

}  // namespace

TEST_CASE("baseline: what was written is read again") {
  const test::Folder folder;
  const std::string path = folder.path + "/baseline.json";
  {
    const auto writer = BaselineWriter::create(path);
    REQUIRE(writer);
    CHECK_FALSE(BaselineWriter::create(path));
    for (int i = 2999; i >= 0; --i)
      REQUIRE((*writer)->add(key(i), outcome(static_cast<Fate>(i % 6), i % 2 ? "score" : "dnsbl", i / 100.0)));
    REQUIRE((*writer)->add(key(7), outcome(Fate::accepted, "", 0)));  // again: the first counts
    REQUIRE((*writer)->finish());
  }
  CHECK(Baseline::is_one(path));
  const auto baseline = Baseline::open(path);
  REQUIRE(baseline);
  CHECK(baseline->messages() == 3001);
  for (const int i : {0, 7, 1234, 2999}) {
    const auto found = baseline->of(key(i));
    REQUIRE(found);
    CHECK(found->fate == static_cast<Fate>(i % 6));
    CHECK(found->by == (i % 2 ? "score" : "dnsbl"));
    CHECK(found->score == Approx(i / 100.0));
  }
  CHECK_FALSE(baseline->of(key(3000)));
}

TEST_CASE("baseline: what is none is told with its line, and what was not finished is gone") {
  const test::Folder folder;
  const std::string path = folder.path + "/baseline.json", first = "{\"schema\":\"maildrop.baseline/1\"}\n";
  REQUIRE(BaselineWriter::create(path));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(Baseline::open(path));
  CHECK(told(folder, first).empty());
  CHECK(told(folder, "") == ":1: does not begin with {\"schema\":\"maildrop.baseline/1\"}");
  CHECK(told(folder, "[filter]\n") == ":1: does not begin with {\"schema\":\"maildrop.baseline/1\"}");
  const std::string good = "{\"key\":\"" + key(1) + "\",\"fate\":\"tagged\",\"by\":\"score\",\"score\":5}\n";
  CHECK(told(folder, first + good).empty());
  for (const std::string& wrong :
       {std::string("x\n"), std::string("[]\n"), std::string("{\"key\":1}\n"),
        "{\"key\":\"" + key(1) + "\",\"fate\":\"eaten\",\"by\":\"\",\"score\":5}\n",
        "{\"key\":\"" + key(1) + "\",\"fate\":\"tagged\",\"by\":\"\",\"score\":\"5\"}\n",
        "{\"key\":\"z" + key(1).substr(1) + "\",\"fate\":\"tagged\",\"by\":\"\",\"score\":5}\n"})
    CHECK(told(folder, first + good + wrong) == ":3: no line of a baseline");
  CHECK(told(folder, first + std::string(5000, 'x') + "\n") == ":2: too long");
}
