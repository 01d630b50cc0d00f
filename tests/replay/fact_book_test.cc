/// fact_book_test.cc: facts are found again by their message, and what is no such file is told.
#include "replay/fact_book.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "replay/folder.h"
#include "store/zstd_stream.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

Sample sample(const std::string& data) {
  Sample sample{"name", data};
  sample.envelope.to = {"bob@localhost"};
  return sample;
}

DnsFacts facts(const std::string& address) {
  dns::Answer found{.status = dns::Status::found, .records = {{.address = *IpAddress::parse(address)}}};
  DnsFacts facts;
  facts.emplace(*dns::Question::make("mx.example.com", dns::Type::a), std::move(found));
  facts.emplace(*dns::Question::make("example.com", dns::Type::txt), dns::Answer{.status = dns::Status::no_name});
  return facts;
}

void pack(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  auto writer = store::ZstdWriter::make(
      [&out](std::string_view bytes) -> Result<void> {
        out << bytes;
        return {};
      },
      1);
  REQUIRE(writer->write(text));
  REQUIRE(writer->finish());
}

std::string told(const std::string& path) {
  const auto book = FactBook::open(path);
  return book ? "" : book.error().what.substr(path.size());
}

}  // namespace

TEST_CASE("fact_book: what was written of a message is read again, whatever lies before it") {
  const test::Folder folder;
  const std::string path = folder.path + "/facts.zst";
  {
    const auto writer = FactWriter::create(path);
    REQUIRE(writer);
    CHECK_FALSE(FactWriter::create(path));
    for (int i = 0; i < 300; ++i)
      REQUIRE((*writer)->add(fact_key(sample(std::to_string(i))), facts("192.0.2." + std::to_string(i % 250))));
    REQUIRE((*writer)->add(fact_key(sample("none")), {}));
    REQUIRE((*writer)->add(fact_key(sample("7")), facts("198.51.100.1")));  // again: the first counts
    REQUIRE((*writer)->finish());
  }
  const auto book = FactBook::open(path);
  REQUIRE(book);
  CHECK(book->messages() == 302);
  for (const int i : {0, 7, 255, 299}) {
    const auto found = book->of(fact_key(sample(std::to_string(i))));
    REQUIRE(found);
    REQUIRE(*found);
    const DnsFacts wanted = facts("192.0.2." + std::to_string(i % 250));
    REQUIRE((*found)->size() == wanted.size());
    for (const auto& [question, answer] : wanted) {
      CHECK((*found)->at(question).status == answer.status);
      CHECK((*found)->at(question).records == answer.records);
    }
  }
  CHECK(book->of(fact_key(sample("none")))->value().empty());
  CHECK_FALSE(*book->of(fact_key(sample("other"))));
}

TEST_CASE("fact_book: a key is of all that is judged, and of nothing else") {
  const std::string key = fact_key(sample("data"));
  Sample other = sample("data");
  other.name = "elsewhere";
  CHECK(fact_key(other) == key);
  other.envelope.helo = "mx.example.com";
  CHECK(fact_key(other) != key);
  other = sample("data");
  other.envelope.from = "";
  CHECK(fact_key(other) != key);
  other = sample("data");
  other.envelope.peer = *IpAddress::parse("192.0.2.1");
  CHECK(fact_key(other) != key);
  other = sample("data");
  other.envelope.to.emplace_back("eve@localhost");
  CHECK(fact_key(other) != key);
  CHECK(fact_key(sample("date")) != key);
}

TEST_CASE("fact_book: a file that was not finished is not left behind") {
  const test::Folder folder;
  const std::string path = folder.path + "/facts.zst";
  REQUIRE(FactWriter::create(path));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("fact_book: what is none is told with its line") {
  const test::Folder folder;
  const std::string path = folder.path + "/facts.zst";
  const std::string first = "maildrop.facts/1\n", message = "= " + std::string(32, 'a') + "\n";
  CHECK_FALSE(FactBook::open(path));
  pack(path, first);
  CHECK(told(path).empty());
  pack(path, "maildrop.facts/2\n");
  CHECK(told(path) == ":1: does not begin with maildrop.facts/1");
  pack(path, first + "A x = failed\n");
  CHECK(told(path) == ":2: no message where one should be");
  pack(path, first + "= abc\n");
  CHECK(told(path) == ":2: no message where one should be");
  pack(path, first + message + std::string(65 * 1024, 'x') + "\n");
  CHECK(told(path) == ":3: not such a file, or damaged");
  std::string much;
  while (much.size() <= FactBook::kMostOfOne) much += "A " + std::string(1000, 'x') + " = failed\n";
  pack(path, first + message + much);
  CHECK_THAT(told(path), Catch::Contains("too much about one message"));
  pack(path, first + message + "what is this\n");
  const auto book = FactBook::open(path);
  REQUIRE(book);
  CHECK(book->of(std::string(32, 'a')).error().code == Code::corrupt);
  std::ofstream(path, std::ios::binary) << "no zstd";
  CHECK(told(path) == ":1: not such a file, or damaged");
}
