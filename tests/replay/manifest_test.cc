/// manifest_test.cc: a table of what somebody knows, and all that can be wrong with one.
#include "replay/manifest.h"

#include <catch2/catch.hpp>

#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Names;

/// Gives `text` in pieces of `size` bytes.
CsvReader::More pieces_of(const std::string& text, std::size_t size) {
  return [text, size, at = std::size_t{0}](std::string& piece) mutable -> Result<bool> {
    piece += text.substr(at, size);
    at = std::min(at + size, text.size());
    return !piece.empty();
  };
}

Result<Manifest> read(const std::string& text, std::size_t size = 1000) {
  return Manifest::read("m.csv", pieces_of(text, size));
}

std::string fault_of(const std::string& text) {
  const auto manifest = read(text);
  return manifest ? "" : manifest.error().what;
}

/// Cells of a row in <>, rows by their lines.
std::string rows_of(const std::string& text, std::size_t size) {
  CsvReader reader(pieces_of(text, size));
  std::string out;
  for (;;) {
    const auto row = reader.next();
    if (!row) return out + "! " + row.error().what;
    if (!*row) return out;
    out += std::to_string((*row)->line);
    for (const std::string& cell : (*row)->cells) out += "<" + cell + ">";
  }
}

TEST_CASE("csv: quotes, commas, line ends, however it is cut") {
  for (const std::size_t size : {1, 2, 3, 1000}) {
    CHECK(rows_of("a,b\r\n\"c,\"\"d\"\"\r\ne\",f\n\n,\n\"\"\n", size) == "1<a><b>2<c,\"d\"\r\ne><f>5<><>6<>");
    CHECK(rows_of("\xef\xbb\xbf"
                  "a\rb,c",
                  size) == "1<a\rb><c>");
    CHECK(rows_of("a\nb\"c\n", size) == "1<a>! line 2: a quote within a cell that does not begin with one");
    CHECK(rows_of("a\n\"b\"c\n", size) == "1<a>! line 2: something behind a closing quote");
    CHECK(rows_of("\n\"b\n\n", size) == "! line 4: a quote that was opened in line 2 is not closed");
    CHECK(rows_of("", size).empty());
  }
  const std::string longest(CsvReader::kLongestRow, 'x');
  CHECK(rows_of(longest, 1000) == "1<" + longest + ">");
  CHECK(rows_of("\"" + longest + "x\"", 1000).find("a row of more than 1048576 bytes") != std::string::npos);
}

TEST_CASE("manifest: what it tells takes the place of what a record has") {
  auto manifest = read(
      "Name,label,received,peer,helo,from,to\n"
      "a,SPAM,2023-11-14T22:13:20Z,192.0.2.1,mail.example,b@x,\"c@x, D <d@x>\"\n"
      "b,ham,,,,<>,\n"
      "c,,\"Tue, 14 Nov 2023 22:13:20 +0000\",2001:db8::1,,,\n");
  REQUIRE(manifest);
  Sample sample;
  sample.envelope.helo = "recorded";
  CHECK_FALSE(manifest->apply("none", sample));
  REQUIRE(manifest->apply("b", sample));
  CHECK(sample.label == Label::ham);
  CHECK(sample.envelope.from == "");
  CHECK(sample.envelope.helo == "recorded");
  CHECK_FALSE(sample.envelope.peer);
  REQUIRE(manifest->apply("a", sample));
  CHECK(sample.label == Label::spam);
  CHECK(sample.envelope.from == "b@x");
  CHECK(sample.envelope.to == Names{"c@x", "d@x"});
  CHECK(sample.envelope.helo == "mail.example");
  CHECK(sample.envelope.peer == IpAddress::parse("192.0.2.1").value());
  CHECK(sample.envelope.received == from_millis(1'700'000'000'000));
  REQUIRE(manifest->apply("b", sample));
  CHECK(manifest->rows() == 3);
  CHECK(manifest->unused() == 1);
  CHECK(manifest->unused_names(5) == Names{"c"});
  REQUIRE(manifest->apply("c", sample));
  CHECK(sample.label == Label::ham);
  CHECK(sample.envelope.received == from_millis(1'700'000'000'000));
  CHECK(manifest->unused_names(5).empty());
}

TEST_CASE("manifest: what is wrong has a line and a column, all at once") {
  CHECK(fault_of("") == "m.csv: line 1: it has to name the columns, of which one is 'name'");
  CHECK(fault_of("\n\nlabel\n") == "m.csv: line 3: it has to name the columns, of which one is 'name'");
  CHECK(fault_of("name,labels\n") == "m.csv: line 1: there is no column 'labels'; did you mean 'label'?");
  CHECK(fault_of("name,label,name\n") == "m.csv: line 1: the column 'name' is there twice");
  CHECK(fault_of("name,label,peer,helo,from,to,received\n"
                 "a,eggs,mail.example,a b,x@@y,nobody@,yesterday\n") ==
        "m.csv: line 2: label: 'eggs' is neither spam nor ham\n"
        "m.csv: line 2: peer: 'mail.example' is no address of a client\n"
        "m.csv: line 2: helo: 'a b' is no name for a client\n"
        "m.csv: line 2: from: " +
            mail::parse_address("x@@y").error().what +
            "\n"
            "m.csv: line 2: to: 'nobody@' is no address\n"
            "m.csv: line 2: received: 'yesterday' is no time: 2026-11-27T10:00:00Z is one");
  CHECK(fault_of("name,label\na,spam\nb\n,ham\na,ham\n") ==
        "m.csv: line 3: it has 1 cells, and there are 2 columns\n"
        "m.csv: line 4: name: it is empty\n"
        "m.csv: line 5: 'a' is named in line 2 already");
  CHECK(fault_of("name,label\n\"a,spam\n").find("m.csv: line 3: a quote that was opened in line 2") == 0);
  std::string many = "name,label\n";
  for (int i = 0; i < 1000; ++i) many += std::to_string(i) + ",eggs\n";
  const std::string faults = fault_of(many);
  CHECK(std::count(faults.begin(), faults.end(), '\n') + 1 == Manifest::kErrorsNamed);
  const auto rows = pieces_of("name\n1\n2\n3\n", 100);
  CHECK(Manifest::read("m.csv", rows, 3).value().rows() == 3);
  CHECK(Manifest::read("m.csv", rows, 2).error().what == "m.csv: more than 2 rows");
  CHECK(Manifest::open("/nowhere").error().code == Code::not_found);
  CHECK(Manifest::open("/").error().code == Code::invalid);
}

}  // namespace
}  // namespace maildrop::replay
