/// mime_test.cc: the structure of honest, broken and hostile messages.
#include "mail/mime.h"

#include <catch2/catch.hpp>
#include <string>

#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

/// One line a part: depth, type, and the body of leaves with line ends written out. `...` when truncated.
std::string shown(std::string_view text, const MimeLimits& limits = {}) {
  const Structure structure = scan_mime(text, limits);
  std::string out;
  for (const Part& part : structure.parts) {
    CHECK(part.header <= part.body);
    CHECK(part.body <= part.end);
    CHECK(part.end <= text.size());
    if (!out.empty()) out += '|';
    out += std::to_string(part.depth) + " " + part.media_type();
    if (part.is_multipart() || part.type == "message") continue;
    out += " '";
    for (const char c : text.substr(part.body, part.end - part.body)) {
      out += c == '\r' ? "" : c == '\n' ? "/" : std::string(1, c);
    }
    out += "'";
  }
  return structure.truncated ? out + "..." : out;
}

std::string mixed(const std::string& boundary, const std::string& subtype = "mixed") {
  return "Content-Type: multipart/" + subtype + "; boundary=\"" + boundary + "\"\n\n";
}

struct Case {
  std::string name, text, want;
};

const Case kStructures[] = {
    {"nothing", "", "0 text/plain ''"},
    {"no header", "\nhello\n", "0 text/plain 'hello/'"},
    {"no MIME", "Subject: x\r\n\r\nhello\r\n", "0 text/plain 'hello/'"},
    {"header only", "Subject: x", "0 text/plain ''"},
    {"mbox line", "From x\nContent-Type: text/html\n\nhi", "0 text/html 'hi'"},
    {"bad type", "Content-Type: html\n\nhi", "0 text/plain 'hi'"},
    {"8-bit type", "Content-Type: image/\xBD\n\nhi", "0 text/plain 'hi'"},
    {"control in a type", "Content-Type: image/\x1b[31m\n\nhi", "0 text/plain 'hi'"},
    {"case", "CONTENT-TYPE: Text/HTML\n\nhi", "0 text/html 'hi'"},
    {"header without end", "Content-Type: text/html\nhi there\n\nx", "0 text/html 'hi there//x'"},
    {"two parts", mixed("b") + "pre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\nepilogue\n",
     "0 multipart/mixed|1 text/plain 'one'|1 text/html 'two'"},
    {"CRLF", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n\r\n--b--\r\n",
     "0 multipart/mixed|1 text/plain 'one/'"},
    {"no end boundary", mixed("b") + "--b\n\none\n--b\n\ntwo\n",
     "0 multipart/mixed|1 text/plain 'one'|1 text/plain 'two/'"},
    {"no boundary at all in the text", mixed("b") + "one\n", "0 multipart/mixed"},
    {"empty boundary", mixed("") + "--\n\none\n--\n", "0 text/plain '--//one/--/'"},
    {"boundary without header", "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
     "0 text/plain '--b//one/--b--/'"},
    {"trailing blanks", mixed("b") + "--b \t\n\none\n--b-- \nx\n", "0 multipart/mixed|1 text/plain 'one'"},
    {"boundary that begins another",
     mixed("ab") + "--ab\n" + mixed("abc") + "--abc\n\none\n--abc--\n--ab\n\ntwo\n--ab--\n",
     "0 multipart/mixed|1 multipart/mixed|2 text/plain 'one'|1 text/plain 'two'"},
    {"near misses", mixed("b") + "--b\n\n--bb\n --b\n-b\n--b-\n--b---\n--B\n--b x\n--b--",
     "0 multipart/mixed|1 text/plain '--bb/ --b/-b/--b-/--b---/--B/--b x'"},
    {"same boundary nested", mixed("b") + "--b\n" + mixed("b") + "--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
     "0 multipart/mixed|1 multipart/mixed|2 text/plain 'one'|1 text/plain 'two'"},
    {"inner without end", mixed("a") + "--a\n" + mixed("b") + "--b\n\none\n--a\n\ntwo\n--a--\n",
     "0 multipart/mixed|1 multipart/mixed|2 text/plain 'one'|1 text/plain 'two'"},
    {"inner boundary after its end", mixed("a") + "--a\n" + mixed("b") + "--b--\n--b\n\nx\n--a--\n",
     "0 multipart/mixed|1 multipart/mixed"},
    {"empty parts", mixed("b") + "--b\n--b\n\n--b\n--b--\n",
     "0 multipart/mixed|1 text/plain ''|1 text/plain ''|1 text/plain ''"},
    {"part header cut by a boundary", mixed("b") + "--b\nContent-Type: text/html\n--b\n\nx\n--b--\n",
     "0 multipart/mixed|1 text/html ''|1 text/plain 'x'"},
    {"boundary that looks like a field", mixed("b:c") + "--b:c\nContent-Type: text/html\n--b:c\n\nx\n--b:c--\n",
     "0 multipart/mixed|1 text/html ''|1 text/plain 'x'"},
    {"part without empty line", mixed("b") + "--b\nhello there\n--b--\n",
     "0 multipart/mixed|1 text/plain 'hello there'"},
    {"multipart header ended by its own boundary", "Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--\n",
     "0 multipart/mixed|1 text/plain 'one'"},
    {"message", "Content-Type: message/rfc822\n\nContent-Type: text/html\n\nhi", "0 message/rfc822|1 text/html 'hi'"},
    {"message in a part",
     mixed("b") + "--b\nContent-Type: message/rfc822\n\n" + mixed("c") + "--c\n\none\n--c--\n--b\n\ntwo\n--b--\n",
     "0 multipart/mixed|1 message/rfc822|2 multipart/mixed|3 text/plain 'one'|1 text/plain 'two'"},
    {"message without header", "Content-Type: message/rfc822\n\nhello there",
     "0 message/rfc822|1 text/plain 'hello there'"},
    {"message of nothing", "Content-Type: message/rfc822\n\n", "0 message/rfc822|1 text/plain ''"},
    {"message whose header does not end", "Content-Type: message/rfc822\n\nContent-Type: text/html",
     "0 message/rfc822|1 text/html ''"},
    {"encoded message is not entered",
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==", "0 message/rfc822"},
    {"multipart that claims to be encoded", "Content-Transfer-Encoding: base64\n" + mixed("b") + "--b\n\none\n--b--\n",
     "0 multipart/mixed|1 text/plain 'one'"},
    {"other messages", "Content-Type: message/delivery-status\n\nx", "0 message/delivery-status"},
    {"digest",
     mixed("b", "digest") + "--b\n\nContent-Type: text/html\n\nhi\n--b\nContent-Type: text/plain\n\nx\n--b--\n",
     "0 multipart/digest|1 message/rfc822|2 text/html 'hi'|1 text/plain 'x'"},
    {"boundary by RFC 2231", "Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\nx\n--ab--",
     "0 multipart/mixed|1 text/plain 'x'"},
    {"boundary folded", "Content-Type: multipart/mixed;\r\n\tboundary=ab\r\n\r\n--ab\r\n\r\nx\r\n--ab--",
     "0 multipart/mixed|1 text/plain 'x'"},
    {"boundary too long", mixed(std::string(257, 'b')) + "--" + std::string(257, 'b') + "\n\nx\n",
     "0 multipart/mixed..."},
    {"boundary of 256", mixed(std::string(256, 'b')) + "--" + std::string(256, 'b') + "\n\nx",
     "0 multipart/mixed|1 text/plain 'x'"},
};

TEST_CASE("a structure is found") {
  for (const Case& c : kStructures) {
    INFO(c.name);
    CHECK(shown(c.text) == c.want);
  }
}

TEST_CASE("every beginning of a message has a structure too") {
  for (const Case& c : kStructures) {
    for (std::size_t size = 0; size < c.text.size(); ++size) {
      INFO(c.name << ", " << size << " bytes");
      CHECK_FALSE(shown(c.text.substr(0, size)).empty());  // which checks the parts, too
    }
  }
}

TEST_CASE("the fields of a part are read") {
  const std::string text =
      "Content-Type: Image/PNG; name=\"b.png\"; charset=\"ISO-8859-1\"\r\nContent-Transfer-Encoding: BASE64 (yes)\r\n"
      "Content-Disposition: Attachment; filename*=utf-8''caf%C3%A9%2F..%2Fa.png\r\nContent-ID: <x@y>\r\n\r\nAAAA";
  const Part part = scan_mime(text).parts.at(0);
  CHECK(part.media_type() == "image/png");
  CHECK(part.charset == "iso-8859-1");
  CHECK(part.encoding == "base64");
  CHECK(part.disposition == "attachment");
  Charsets charsets;
  CHECK(filename_of(text, part, charsets) == "a.png");
  CHECK(part.content_id == "x@y");
  CHECK(part.is_attachment());
  CHECK(decoded_body(text, part, 100) == std::string(3, '\0'));
  CHECK(decoded_body(text, part, 2).size() == 2);
  CHECK(decoded_body("", part, 100).empty());
}

TEST_CASE("a file name comes from wherever it is said") {
  struct {
    std::string fields, filename, disposition;
  } const cases[] = {
      {"Content-Type: a/b; name=x.txt", "x.txt", ""},
      {"Content-Type: a/b; name=x.txt\nContent-Disposition: inline; filename=y.txt", "y.txt", "inline"},
      {"Content-Disposition: attachment; filename=\"=?utf-8?q?caf=C3=A9?=\"", "caf\xC3\xA9", "attachment"},
      {"Content-Disposition: attachment; filename=caf\xE9", "caf\xC3\xA9", "attachment"},
      {"Content-Disposition: form-data; filename=../x", "x", "attachment"},
      {"Content-Disposition: attachment; filename=a; filename*=utf-8''b", "b", "attachment"},
      {"Content-Disposition: attachment; filename*0=a; filename*99999999999*=b", "a", "attachment"},
      {"Content-Disposition:", "", ""},
  };
  for (const auto& c : cases) {
    INFO(c.fields);
    const Part part = scan_mime(c.fields + "\n\n").parts.at(0);
    Charsets charsets;
    CHECK(filename_of(c.fields + "\n\n", part, charsets) == c.filename);
    CHECK(part.disposition == c.disposition);
  }
}

TEST_CASE("a bomb meets a limit") {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += mixed(std::to_string(i)) + "--" + std::to_string(i) + "\n";
  std::string nested_same;
  for (int i = 0; i < 100'000; ++i) nested_same += mixed("b") + "--b\n";
  const std::string long_line = std::string(70, 'b');
  struct {
    std::string name, text;
    std::size_t parts;
    bool truncated;
  } const cases[] = {
      {"a million empty parts", mixed("b") + repeat("--b\n\n", 1'000'000), 100, true},
      {"a million parts without header", mixed("b") + repeat("--b\n", 1'000'000), 100, true},
      {"depth 100000", nested, 21, true},
      {"depth 100000, one boundary", nested_same, 100, true},
      {"message in itself", repeat("Content-Type: message/rfc822\n\n", 100'000), 21, true},
      {"message in itself, without empty lines", repeat("Content-Type: message/rfc822\nx\n", 100'000), 2, false},
      {"headers without end", mixed("b") + "--b\n" + repeat("a:\n", 500'000), 2, true},
      {"half a million fields", repeat("a: b\n", 500'000) + "\nx", 1, true},
      {"a field of a megabyte", "A: " + std::string(1 << 20, 'x') + "\n\nx", 1, true},
      {"a folded field of a megabyte", "A: x" + repeat("\n x", 300'000) + "\n\nx", 1, true},
      {"a boundary of 100000", mixed(std::string(100'000, 'b')) + "--" + std::string(100'000, 'b'), 1, true},
      {"two million lines", mixed("b") + std::string(2'000'000, '\n') + "--b\n\nx", 1, true},
      {"near misses", mixed(long_line) + repeat("--" + long_line + "b\n", 50'000), 1, false},
      {"dashes", mixed("-") + repeat("----\n", 100'000), 1, false},
      {"comments", "Content-Type: " + std::string(100'000, '(') + "\n\nx", 1, true},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    const Structure structure = scan_mime(c.text);
    CHECK(structure.parts.size() <= c.parts);
    CHECK(structure.truncated == c.truncated);
    for (const Part& part : structure.parts) {
      CHECK(part.depth <= MimeLimits{}.depth);
      CHECK(part.content_id.size() + part.charset.size() < 40'000);
      CHECK(part.end <= c.text.size());
    }
  }
}

TEST_CASE("what lies beyond a limit belongs to the last container") {
  const std::string parts = mixed("b") + "--b\n\none\n--b\n\ntwo\n--b\n\nthree\n--b--\n";
  MimeLimits limits;
  limits.parts = 3;
  CHECK(shown(parts, limits) == "0 multipart/mixed|1 text/plain 'one'|1 text/plain 'two'...");
  CHECK(scan_mime(parts, limits).parts[0].end == parts.size());
  limits = {};
  limits.depth = 1;
  const std::string deep = mixed("a") + "--a\n" + mixed("b") + "--b\n\nx\n--b--\n--a\n\ny\n--a--\n";
  CHECK(shown(deep, limits) == "0 multipart/mixed|1 multipart/mixed|1 text/plain 'y'...");
  limits.parts = 0;
  CHECK(scan_mime(deep, limits).parts.size() == 1);
}

}  // namespace
}  // namespace maildrop::mail
