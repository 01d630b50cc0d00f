/// escape_test: names and subjects that would like to be something else.
#include "api/escape.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;

TEST_CASE("escape: a file's name is one, whatever it holds") {
  const auto named = [](std::string_view name) { return attachment_disposition(name, "part-1"); };
  const auto plain = [](const std::string& name) { return "attachment; filename=\"" + name + "\""; };
  CHECK(named("a.pdf") == plain("a.pdf"));
  CHECK(named("") == plain("part-1"));
  CHECK(named("...") == plain("part-1"));
  CHECK(named(".bashrc") == plain("bashrc"));
  CHECK(named("../../etc/passwd") == plain("_.._etc_passwd"));
  CHECK(named("C:\\a.exe") == plain("C__a.exe"));
  CHECK(named("a\"; filename=\"b.exe") ==
        plain("a__ filename=_b.exe") + "; filename*=UTF-8''a_%3B%20filename%3D_b.exe");
  CHECK(named("100%41.pdf") == plain("100_41.pdf"));
  CHECK(named("f\xC3\xBCr.pdf") == plain("f_r.pdf") + "; filename*=UTF-8''f%C3%BCr.pdf");
  for (const std::string& hostile :
       {std::string("a\r\nSet-Cookie: x=1"), std::string("a\nb"), std::string("a\0b", 3), std::string("a\x7F\x1B[2J"),
        std::string("\xE2\x80\xAE"
                    "fdp.exe"),
        std::string("\xFF\xFE"), std::string(5000, 'a'), std::string("\xC2\x85x")}) {
    const std::string value = named(hostile);
    INFO(value);
    CHECK(value.size() < 1000);
    for (const char c : value) CHECK((c >= ' ' && c <= '~'));
    CHECK(std::count(value.begin(), value.end(), '"') == 2);
    CHECK(value.find("%0D") == std::string::npos);
    CHECK(value.find("%0A") == std::string::npos);
    CHECK(value.find("%E2%80%AE") == std::string::npos);
  }
}

TEST_CASE("escape: a segment of a path") {
  CHECK(percent_encoded("bob-1._~") == "bob-1._~");
  CHECK(percent_encoded("a/b?c#d e@f\xC3\xBC%") == "a%2Fb%3Fc%23d%20e%40f%C3%BC%25");
}

TEST_CASE("escape: XML") {
  CHECK(xml_escaped("a <b> & \"c\" 'd'") == "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  CHECK(xml_escaped("]]>") == "]]&gt;");
  CHECK(xml_escaped("&amp;") == "&amp;amp;");
  const std::string replaced = "\xEF\xBF\xBD";
  CHECK(xml_escaped(std::string("a\0b", 3)) == "a" + replaced + "b");
  CHECK(xml_escaped("a\x1B"
                    "b\xFF") == "a" + replaced + "b" + replaced);
  CHECK(xml_escaped("\xEF\xBF\xBE\xEF\xBF\xBFx") == replaced + replaced + "x");
  CHECK(xml_escaped("\xE6\x97\xA5") == "\xE6\x97\xA5");
}
