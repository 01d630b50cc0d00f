/// attachments_ambiguous_test.cc: messages that readers take in two ways, types that lie, and the form of stubs.
#include <catch2/catch.hpp>

#include "mail/attachments_parts.h"
#include "mail/message.h"

using namespace maildrop;
using namespace maildrop::mail;
using namespace maildrop::mail::test;

TEST_CASE("attachments: what can be read in two ways is one, with all that is in it") {
  const std::string real = "\r\n--real\r\n" + kPdf + "\r\n--real--\r\n";
  const std::string mixed = "Content-Type: multipart/mixed; boundary=";
  const std::string header = GENERATE_COPY(
      "Foo Bar: x\r\n" + mixed + "real\r\n", "X-\xE9: x\r\n" + mixed + "real\r\n", "garbage\r\n" + mixed + "real\r\n",
      ":\r\n" + mixed + "real\r\n", "X: y\r\nFrom nobody\r\n" + mixed + "real\r\n",
      mixed + "real; boundary*=us-ascii''fake\r\n", mixed + "real; boundary*0=fake\r\n", mixed + "real(b)\r\n",
      mixed + "\"re\\al\"\r\n", mixed + "fake; boundary=real\r\n", mixed + "real; x=\"; boundary=fake\r\n",
      "Content-Type: text/plain\r\n" + mixed + "real\r\n", mixed + "fake\r\n",
      "Content-Type: multipart/mixed boundary=real\r\n", "X: y\r" + mixed + "real\r\n",
      mixed + "real\r\nX: y\r--real\r\n", mixed + "real\r\n--real\r\n",
      "Content-Type: \"multipart/mixed\"; boundary=real\r\n");
  INFO(header);
  CHECK(types(header + real).size() == 1);
  CHECK_FALSE(has(stripped(header + real), "aGVsbG8="));
  const std::string part = message(multipart("mixed", "outer", {kText, header + real, kText}));
  CHECK(types(part).size() == 1);
  CHECK_FALSE(has(stripped(part), "aGVsbG8="));
  CHECK(text_of(stripped(part)) == "the text");
}

TEST_CASE("attachments: lines that are boundaries for some") {
  const std::string line = GENERATE(as<std::string>{}, "\r\n--bX\r\n", "\r--b\r\n", "\r--b\r", "\r\n--b--\r\n--b\r\n",
                                    "\r\n--b\r\n--b--\r\n", "\r\n--b\rX: y\r\n");
  INFO(line);
  CHECK(types(message(multipart("mixed", "b", {kText + line + kPdf}))) == Types{"multipart/mixed"});
  // Of what is no attachment for anybody nothing is lost.
  CHECK(types(message(multipart("mixed", "b", {kText + line + "\r\n\r\nContent-Type: a/b"}))).empty());
}

TEST_CASE("attachments: boundaries that begin each other are no reason") {
  const std::string inner = multipart("alternative", "b1", {kText, kHtml});
  CHECK(types(message(multipart("mixed", "b", {inner, kPdf, multipart("alternative", "b2", {kText, kHtml})}))) ==
        Types{"application/pdf"});
  CHECK(types(message(multipart("mixed", "b", {kText + "\r\n--b is where it begins\r\nor ends"}))).empty());
}

TEST_CASE("attachments: an encoding that hides something") {
  CHECK(types("Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\nLS1i").size() ==
        1);
  CHECK(types("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: "
              "base64\r\n\r\nLS1i")
            .size() == 1);
  CHECK(types("Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a").size() == 1);
}

TEST_CASE("attachments: text with NULs is none") {
  struct Case {
    std::string header;
    std::string body;
    bool is_one;
  };
  const std::string text(600, 'x');
  const Case each = GENERATE_COPY(values<Case>({
      {"text/plain; name=a.exe\r\nContent-Transfer-Encoding: base64", "TVoAAA==", true},
      {"text/plain; name=a.txt\r\nContent-Transfer-Encoding: base64", "aGVsbG8=", false},
      {"message/delivery-status; name=a.exe\r\nContent-Transfer-Encoding: base64", "TVoAAA==", true},
      {"text/html\r\nContent-Transfer-Encoding: binary", std::string("a\0", 2), true},
      {"text/html\r\nContent-Transfer-Encoding: 8bit", std::string(4, '\0') + text, true},
      {"text/html\r\nContent-Transfer-Encoding: 8bit", std::string(1, '\0') + text, false},
      {"text/html\r\nContent-Transfer-Encoding: quoted-printable", "MZ=00=00=00=00" + text, true},
      {"text/html\r\nContent-Transfer-Encoding: quoted-printable", "<a href=\"?id=007\">" + text, false},
      {"text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64", "aABlAGwAbABvAA==", false},
      {"text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64", "TVqQAAAAAAA=", true},
      {"text/plain; charset=utf-32\r\nContent-Transfer-Encoding: base64", "AAAAaAAAAGU=", false},
  }));
  INFO(each.header);
  const std::string part = "Content-Type: " + each.header + "\r\n\r\n" + each.body;
  CHECK(types(message(part)).size() == (each.is_one ? 1 : 0));
  CHECK(types(message(multipart("mixed", "b", {kText, part}))).size() == (each.is_one ? 1 : 0));
}

TEST_CASE("attachments: a message is judged as a part is") {
  CHECK(types("Content-Type: text/\r\nContent-Disposition: attachment; filename=x.exe\r\n\r\nx").size() == 1);
  CHECK(types("Content-Type: text/plain; " + std::string(17'000, 'x') + "\r\n\r\nx").size() == 1);
}

TEST_CASE("attachments: a newsletter with many small pictures keeps its text") {
  const std::string image =
      "Content-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <picture@test>\r\n\r\n"
      "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
  std::vector<std::string> parts(181, image);
  parts[0] = kHtml;
  const std::string before = message(multipart("related", "b", parts));
  CHECK(types(before).size() == 180);
  CHECK(html_of(stripped(before)) == "<b>the html</b>");
  CHECK(has(stripped(before), "\r\n\r\nAttachment removed: image/gif, 42 bytes, SHA-256 "));
}

TEST_CASE("attachments: a stub among alternatives is not the one that is shown") {
  const std::string before = message(multipart("alternative", "b", {kText, "Content-Type: application/ics\r\n\r\nx"}));
  const Structure after = scan_mime(stripped(before));
  REQUIRE(after.parts.size() == 3);
  CHECK(after.parts[2].media_type() == "text/x-removed");
  CHECK(text_of(stripped(before)) == "the text");
}

TEST_CASE("attachments: names cost a bounded number of charsets") {
  const std::vector<std::string> charsets = {"ISO-2022-KR", "EUC-TW",    "KOI8-R", "BIG5",   "GB18030", "EUC-JP",
                                             "ISO-2022-JP", "SHIFT_JIS", "CP1250", "CP1251", "TIS-620", "KOI8-U"};
  std::string name;
  for (int i = 0; i < 300; ++i) name += "=?" + charsets[static_cast<std::size_t>(i) % charsets.size()] + "?Q?a?=\r\n ";
  const std::string part = message("Content-Type: a/b; name=\"" + name + "\"\r\n\r\nx");
  Charsets opened;
  filename_of(part, scan_mime(part).parts[0], opened);
  CHECK(opened.opened() == Charsets::kMost);
}
