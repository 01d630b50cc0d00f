/// sample_test.cc: bytes that are a message, and bytes that are none.
#include "replay/sample.h"

#include <catch2/catch.hpp>

namespace maildrop::replay {
namespace {

SourceOptions most(std::size_t size) {
  SourceOptions options;
  options.max_size = size;
  return options;
}

TEST_CASE("sample: it knows its limit") {
  CHECK(sample_of("x", "S: x\n\n", nullptr, most(8)).value().data == "S: x\r\n\r\n");
  CHECK(sample_of("x", "S: x\n\n", nullptr, most(7)).error().what == "'x' is larger than 7");
  CHECK(sample_of("x", "S: x\n\n", nullptr, most(7)).error().code == Code::over_limit);
  CHECK(sample_of("x", "", nullptr, most(7)).error().code == Code::invalid);
}

TEST_CASE("sample: what has a field with a real name is a message") {
  for (const char* const text : {"Subject: x", "X_a-1:\r\n", "From here\nTo: bob@x\n", "\"a\": b\nTo: bob@x\n"})
    CHECK(sample_of("x", text, nullptr, most(100)));
  for (const char* const text : {"prose", "\r\n", "\nTo: bob@x\n", "{\"to\": \"bob@x\"}", ": x\n", " To: bob@x\n"}) {
    CAPTURE(text);
    CHECK(sample_of("x", text, nullptr, most(100)).error().code == Code::invalid);
  }
}

TEST_CASE("sample: with CRLF and envelope") {
  const mail::FromLine from{"a@x", from_millis(0)};
  const Sample sample = sample_of("x", "To: bob@x\n\na\rb", &from, most(100)).value();
  CHECK(sample.data == "To: bob@x\r\n\r\na\rb");
  CHECK(sample.envelope.from == "a@x");
  CHECK(sample.envelope.to == std::vector<std::string>{"bob@x"});
}

}  // namespace
}  // namespace maildrop::replay
