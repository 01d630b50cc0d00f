/// allowed_html_test.cc: the tables of elements and attributes.
#include "mail/allowed_html.h"

#include <catch2/catch.hpp>

namespace maildrop::mail {
namespace {

TEST_CASE("elements are kept, opened up, or dropped with all that is in them") {
  for (const std::string_view kept :
       {"a", "abbr", "blockquote", "body", "font", "h6", "html", "table", "td", "ul", "wbr"})
    CHECK(treatment_of(kept) == Treatment::keep);
  for (const std::string_view opened : {"form", "button", "input", "textarea", "noscript", "xmp", "plaintext", "object",
                                        "embed", "img", "link", "meta", "base", "area", "x-y", "marquee", "", "A"})
    CHECK(treatment_of(opened) == Treatment::unwrap);
  for (const std::string_view dropped : {"script", "style", "title", "template", "iframe", "noembed", "noframes", "svg",
                                         "math", "head", "select", "frameset", "video", "audio", "datalist"})
    CHECK(treatment_of(dropped) == Treatment::drop);
  CHECK(is_void("br"));
  CHECK(is_void("wbr"));
  CHECK_FALSE(is_void("p"));
}

TEST_CASE("attributes have their grammars") {
  struct {
    std::string_view attribute, value;
    const char* want;  // nullptr: none
  } const cases[] = {
      {"title", "a <b> \"c\"", "a <b> \"c\""},
      {"width", "100", "100"},
      {"width", " 50% ", "50%"},
      {"size", "+1", "+1"},
      {"width", "1e9;x", nullptr},
      {"width", "123456789", nullptr},
      {"width", "", nullptr},
      {"border", "", ""},
      {"colspan", "12", "12"},
      {"rowspan", "100", nullptr},
      {"bgcolor", "#FFcc00", "#FFcc00"},
      {"color", "red", "red"},
      {"color", "red;x", nullptr},
      {"color", "#", nullptr},
      {"align", "center", "center"},
      {"nowrap", "", ""},
      {"lang", "pt-BR", "pt-BR"},
      {"role", "presentation", "presentation"},
      {"reversed", "", ""},
      {"align", "a b", nullptr},
      {"align", "javascript:x", nullptr},
      {"face", "Arial, Courier New", "Arial, Courier New"},
      {"face", "a\"b", nullptr},
      {"style", "color:red;x", "color: red"},
      {"style", "x", nullptr},
      {"href", "http://x/", nullptr},  // of a <p>
      {"onclick", "x", nullptr},
      {"id", "x", nullptr},
      {"class", "x", nullptr},
      {"name", "x", nullptr},
      {"src", "x", nullptr},
      {"background", "x", nullptr},
      {"target", "_top", nullptr},
      {"rel", "opener", nullptr},
      {"contenteditable", "", nullptr},
      {"autofocus", "", nullptr},
      {"", "", nullptr},
  };
  for (const auto& c : cases) {
    INFO(c.attribute << "=" << c.value);
    const auto value = allowed_value("p", c.attribute, c.value);
    CHECK(value == (c.want == nullptr ? std::nullopt : std::optional<std::string>(c.want)));
    if (value) CHECK(allowed_value("p", c.attribute, *value) == value);
  }
  CHECK(allowed_value("a", "href", "http://x/") == "http://x/");
  CHECK_FALSE(allowed_value("a", "href", "javascript:x"));
  CHECK(allowed_value("p", "title", std::string(2000, 'x'))->size() == kLongestText);
}

TEST_CASE("what browsers load by themselves") {
  CHECK(is_loaded("img", "src"));
  CHECK(is_loaded("td", "background"));
  CHECK(is_loaded("link", "href"));
  CHECK_FALSE(is_loaded("a", "href"));
  CHECK_FALSE(is_loaded("form", "action"));
  CHECK_FALSE(is_loaded("p", "title"));
}

}  // namespace
}  // namespace maildrop::mail
