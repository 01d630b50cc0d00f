/// inline_style_test.cc: what is kept of `style` attributes, and what is not.
#include "mail/inline_style.h"

#include <catch2/catch.hpp>

namespace maildrop::mail {
namespace {

TEST_CASE("what lays out mail is kept") {
  const std::string same[] = {
      "",
      "color: red",
      "color: #fff; background-color: #A0b1C2",
      "color: rgb(1, 2, 3); color: rgba(1,2,3,.5); color: hsl(1 2% 3% / 4)",
      "font: bold 12px/ 1.5 'Times New Roman', serif",
      "font-family: Arial, 'Segoe UI', sans-serif",
      "margin: 0 auto; padding: 4px 1.5em 10% -2pt",
      "border: 1px solid #ccc !important",
      "display: none; visibility: hidden; float: left; width: 600px; max-width: 100%",
      "text-align: -webkit-center; line-height: 1.2; vertical-align: middle",
  };
  for (const std::string& style : same) {
    INFO(style);
    CHECK(allowed_style(style) == style);
  }
  struct {
    std::string_view style, want;
  } const others[] = {
      {"COLOR:Red;;", "color: Red"},
      {" color :\n\tred ; margin:0PX", "color: red; margin: 0px"},
      {"font-family:\"Courier New\"", "font-family: 'Courier New'"},
      {"margin:0! important", "margin: 0 !important"},
      {"background:url(http://x/y.png) #fff no-repeat", "background: #fff no-repeat"},
      {"background:#fff url('x')", "background: #fff"},
      {"position:absolute;color:red", "color: red"},
  };
  for (const auto& c : others) {
    INFO(c.style);
    CHECK(allowed_style(c.style) == c.want);
    CHECK(allowed_style(c.want) == c.want);
  }
}

TEST_CASE("what loads, runs, covers or hides what it is goes") {
  for (const std::string_view style : {"position:fixed",
                                       "z-index:9",
                                       "top:0",
                                       "transform:scale(9)",
                                       "content:'x'",
                                       "cursor:url(x)",
                                       "behavior:url(x)",
                                       "-moz-binding:url(x)",
                                       "filter:url(x)",
                                       "animation:x 1s",
                                       "list-style-image:url(x)",
                                       "background-image:url(x)",
                                       "--x:url(y)",
                                       "background:url(x)",
                                       "background:var(--x)",
                                       "width:expression(alert(1))",
                                       "width:calc(1px + 1px)",
                                       "background:image-set('x' 1x)",
                                       "background:\\75rl(x)",
                                       "col\\6fr:red",
                                       "color:red\\",
                                       "color:/**/red",
                                       "color:red}p{color:red",
                                       "color:<!--",
                                       "color:@x",
                                       "color:red!ie",
                                       "color:#12",
                                       "color:#ggg",
                                       "width:1furlong",
                                       "width:1px2px",
                                       "width:12345678901",
                                       "width:1.2.3",
                                       "width:.",
                                       "width:-",
                                       "color:rgb(url(x))",
                                       "color:rgb(1",
                                       "font-family:'a",
                                       "font-family:'a\\'b'",
                                       "font-family:'<b>'",
                                       "color:",
                                       "color",
                                       ":red",
                                       "color:red:blue",
                                       "color:u rl(x)",
                                       "color:\x01red",
                                       "color:\xC3\xA9"}) {
    INFO(style);
    CHECK(allowed_style(style) == "");
  }
}

TEST_CASE("styles have limits") {
  CHECK(allowed_style(std::string(kLongestStyle, ' ')) == "");
  CHECK(allowed_style("color:red;" + std::string(kLongestStyle - 10, ' ')) == "color: red");
  CHECK(allowed_style("color:red;" + std::string(kLongestStyle, ' ')) == "");
  std::string many;
  for (std::size_t i = 0; i < 2 * kMostDeclarations; ++i) many += "color:red;";
  CHECK(allowed_style(many).size() == kMostDeclarations * std::string_view("color: red; ").size() - 2);
}

TEST_CASE("a property is found in what was allowed, the last one") {
  CHECK(style_value("width: 1px; height: 2px; width: 3px", "width") == "3px");
  CHECK(style_value("max-width: 1px", "width") == "");
  CHECK(style_value("", "width") == "");
}

}  // namespace
}  // namespace maildrop::mail
