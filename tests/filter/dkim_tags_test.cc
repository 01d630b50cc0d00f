/// dkim_tags_test.cc: lists of tags, right and wrong, and base64.
#include "filter/dkim_tags.h"

#include <catch2/catch.hpp>

using namespace maildrop::filter;

TEST_CASE("tags are read with the white space around them taken off") {
  const auto list = DkimTags::parse(" v = 1 ;\r\n\ta_1=x = y\r\n z; empty=; ");
  REQUIRE(list);
  REQUIRE(list->tags.size() == 3);
  CHECK(list->tags[0].name == "v");
  CHECK(list->tags[0].value == "1");
  CHECK(list->tags[0].raw == " 1 ");
  CHECK(list->tags[1].value == "x = y\r\n z");
  REQUIRE(list->find("empty"));
  CHECK(list->find("empty")->value.empty());
  CHECK_FALSE(list->find("V"));
  CHECK(DkimTags::parse("a=\xC3\xBC"));
  CHECK(DkimTags::parse("a=1;\n b=2"));  // tolerated mail
}

TEST_CASE("what is no list of tags is refused") {
  const std::string text =
      GENERATE("", " ", ";", "a", "a=1;;", "a=1;;b=2", "=1", "1=a", "a b=1", "a=1; a=2", "a=1;b", "a=\x01", "a=\x7F",
               "a=1\r\nb=2", "a=1\r\n", "a=1\rb", "a=1\n", "\xFF=1", "a=\xFF", "\xC3\xBC=1", "a-b=1");
  INFO(text);
  CHECK_FALSE(DkimTags::parse(text));
}

TEST_CASE("a list has a bound") {
  std::string text;
  for (std::size_t i = 0; i < DkimTags::kMost; ++i) text += "t" + std::to_string(i) + "=;";
  CHECK(DkimTags::parse(text));
  CHECK_FALSE(DkimTags::parse(text + "one=more"));
}

TEST_CASE("values are split at colons") {
  CHECK(split_dkim_value(" a : b:\r\n c") == std::vector<std::string_view>{"a", "b", "c"});
  CHECK(split_dkim_value("") == std::vector<std::string_view>{""});
}

TEST_CASE("base64 may be folded, and nothing else may be in it") {
  CHECK(decode_dkim_base64("") == "");
  CHECK(decode_dkim_base64("YQ==") == "a");
  CHECK(decode_dkim_base64("YQ") == "a");
  CHECK(decode_dkim_base64("YW\r\n\tI =") == "ab");
  CHECK(decode_dkim_base64("YWJj") == "abc");
  CHECK(decode_dkim_base64("+/+/") == "\xFB\xFF\xBF");
  const std::string text = GENERATE("Y", "YWJjY", "Y=Q=", "YQ===", "YWJj=x", "YW-_", "YW!j", "YWJj\xFF");
  INFO(text);
  CHECK_FALSE(decode_dkim_base64(text));
}
