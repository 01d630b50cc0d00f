/// attachments_test.cc: what is taken out of messages, and that nothing else is.
#include "mail/attachments.h"

#include <catch2/catch.hpp>

#include "mail/attachments_parts.h"
#include "mail/message.h"

using namespace maildrop;
using namespace maildrop::mail;
using namespace maildrop::mail::test;

TEST_CASE("attachments: text is none") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "\r\n", "no header at all", "A: b\r\n\r\nbody", message("\r\nplain"), message(kText),
      message(kHtml), message("Content-Type: text\r\n\r\nx"), message("Content-Type: nonsense\r\n\r\nx"),
      message("Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2"),
      message(
          multipart("alternative", "b", {kText, kHtml, "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN"})),
      message(multipart("mixed", "b", {kText, "Content-Type: text/x-diff; name=a.patch\r\n\r\n--- a\r\n+++ b\r\n"})),
      message(multipart("mixed", "b", {})), message(multipart("mixed", "b", {""})),
      message("Content-Type: multipart/mixed\r\n\r\nno boundary"),
      message("Content-Type: message/rfc822\r\n\r\n" + message(kText)),
      message(multipart("digest", "b", {"\r\n" + message(kText), "\r\n" + message(kHtml)})));
  CHECK(types(text).empty());
  CHECK(stripped(text) == text);
}

TEST_CASE("attachments: one beside the text") {
  const std::string before = message(multipart("mixed", "b", {kText, kPdf, kHtml}));
  const Removal removal = plan_removal(before);
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].type == "application/pdf");
  CHECK(removal.attachments[0].filename == "a.pdf");
  CHECK(removal.attachments[0].size == 5);
  CHECK(removal.attachments[0].sha256 == kHello);
  const std::string stub =
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"
      "Content-Disposition: attachment;\r\n\tfilename=\"removed-a.pdf.txt\"\r\n\r\n"
      "An attachment was removed here when the message was received.\r\n"
      "Type: application/pdf\r\nName: a.pdf\r\nSize: 5 bytes\r\nSHA-256: " +
      kHello;
  CHECK(stripped(before) == message(multipart("mixed", "b", {kText, stub, kHtml})));
}

TEST_CASE("attachments: the body of mixed > related > alternative stays") {
  const std::string image =
      "Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=";
  const std::string before = message(multipart(
      "mixed", "m", {multipart("related", "r", {multipart("alternative", "a", {kText, kHtml}), image}), kPdf}));
  const std::string after = stripped(before);
  CHECK(types(before) == Types{"image/png", "application/pdf"});
  CHECK(text_of(after) == "the text");
  CHECK(html_of(after) == "<b>the html</b>");
  CHECK(has(after, "\r\nContent-ID: <logo@x>\r\n"));
  CHECK_FALSE(has(after, "aGVsbG8="));
}

TEST_CASE("attachments: a stub is never taken for the text") {
  const std::string after = stripped(message(multipart("mixed", "b", {kPdf, kHtml})));
  CHECK(text_of(after) == "the html\n");
}

TEST_CASE("attachments: messages in messages are looked into") {
  const std::string inner = message(multipart("mixed", "i", {kText, kPdf}));
  const std::string middle = message(multipart("mixed", "m", {"Content-Type: message/rfc822\r\n\r\n" + inner, kPdf}));
  const std::string outer = message("Content-Type: message/global\r\n\r\n" + middle);
  CHECK(types(outer) == Types{"application/pdf", "application/pdf"});
  CHECK(has(stripped(outer), "the text"));
}

TEST_CASE("attachments: a message that is one keeps its header") {
  const std::string before =
      "Received: x\r\nFrom: a@b.test\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf;\r\n name=a.pdf\r\n"
      "Content-Transfer-Encoding: base64\r\nSubject: s\r\n\r\naGVsbG8=\r\n";
  const std::string after = stripped(before);
  CHECK(
      after.starts_with("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"
                        "Received: x\r\nFrom: a@b.test\r\nMIME-Version: 1.0\r\nSubject: s\r\n\r\nAn attachment "));
  CHECK(has(text_of(after), "An attachment was removed"));
  CHECK(has(text_of(after), "\nSize: 5 bytes\nSHA-256: " + kHello + "\n"));

  const std::string in_digest = message(multipart("digest", "b", {"\r\n" + before, "\r\n" + message(kText)}));
  CHECK(types(in_digest) == Types{"application/pdf"});
  CHECK(has(stripped(in_digest),
            ".txt\"\r\nReceived: x\r\nFrom: a@b.test\r\nMIME-Version: 1.0\r\nSubject: s\r\n\r\nAn attachment "));
}

TEST_CASE("attachments: what is no text, by type") {
  struct Case {
    std::string header;
    bool is_one;
  };
  const Case each = GENERATE(values<Case>({
      {"Content-Type: APPLICATION/PDF", true},
      {"Content-Type: image/svg+xml", true},
      {"Content-Type: application/json", true},
      {"Content-Type: x-unknown/y", true},
      {"Content-Type: text/plain; name=a.exe", false},
      {"Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html", false},
      {"Content-Type: message/delivery-status", false},
      {"Content-Type: message/disposition-notification", false},
      {"Content-Type: message/feedback-report", false},
      {"Content-Type: message/partial; id=x; number=1", true},
      {"Content-Type: message/external-body; access-type=URL", true},
      {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", true},
      {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: x-uuencode", true},
      {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit", false},
      // Nobody says that it is text.
      {"Content-Disposition: attachment; filename=a.exe", true},
      {"Content-Disposition: attachment", true},
      {"Content-Type: nonsense; name=a.exe", true},
      {"Content-Type: multipart/mixed; name=a.exe", true},
      {"Content-Disposition: inline", false},
      {"X-Other: y", false},
  }));
  INFO(each.header);
  const std::string part = each.header + "\r\n\r\nx";
  CHECK(types(message(multipart("mixed", "b", {kText, part, kText}))).size() == (each.is_one ? 1 : 0));
  CHECK(types(message(part)).size() == (each.is_one ? 1 : 0));
}

TEST_CASE("attachments: signed and encrypted") {
  const std::string signature = "Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----";
  CHECK(types(message(multipart("signed", "b", {kText, signature}))) == Types{"application/pgp-signature"});
  CHECK(types(message(multipart("encrypted", "b",
                                {"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
                                 "Content-Type: application/octet-stream\r\n\r\nx"})))
            .size() == 2);
}

TEST_CASE("attachments: size and digest are of the decoded content") {
  struct Case {
    std::string encoding;
    std::string body;
  };
  const Case each = GENERATE(values<Case>({{"base64", "aGVs\r\nbG8=\r\n"},
                                           {"base64", "aGVs*bG8"},
                                           {"BASE64", "aGVsbG8="},
                                           {"quoted-printable", "h=65l=\r\nlo"},
                                           {"7bit", "hello"},
                                           {"binary", "hello"},
                                           {"x-unknown", "hello"}}));
  const std::string part = "Content-Type: a/b\r\nContent-Transfer-Encoding: " + each.encoding + "\r\n\r\n" + each.body;
  const Removal removal = plan_removal(message(multipart("mixed", "b", {part})));
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].size == 5);
  CHECK(removal.attachments[0].sha256 == kHello);
}

TEST_CASE("attachments: a multipart is not decoded, whatever it claims") {
  const Removal removal = plan_removal("Content-Type: multipart/mixed; boundary=" + std::string(300, 'b') +
                                       "\r\nContent-Transfer-Encoding: base64\r\n\r\nhello");
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].sha256 == kHello);
}

TEST_CASE("attachments: many pieces of base64") {
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += "aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVs\r\n";
  const Removal removal = plan_removal(
      message(multipart("mixed", "b", {"Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body})));
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].size == 270'000);
}

TEST_CASE("attachments: 8-bit and binary") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string text = bytes + bytes.substr(1);  // one NUL may be a mistake
  const std::string before = message(multipart(
      "mixed", "b", {kText, "Content-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes, "\r\n" + text}));
  const Removal removal = plan_removal(before);
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].size == 256);
  CHECK(has(stripped(before), "\r\n\r\n" + text + "\r\n--b--"));
}

TEST_CASE("attachments: names as they come") {
  struct Case {
    std::string header;
    std::string name;
  };
  const Case each = GENERATE(values<Case>({
      {"Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz.pdf", "M\xC3\xA4rz.pdf"},
      {"Content-Disposition: attachment; filename*0=a; filename*1=b.pdf", "ab.pdf"},
      {"Content-Disposition: attachment; filename=\"=?utf-8?B?TcOkcnoucGRm?=\"", "M\xC3\xA4rz.pdf"},
      {"Content-Disposition: attachment; filename=\"M\xE4rz.pdf\"", "M\xC3\xA4rz.pdf"},
      {"Content-Disposition: attachment; filename=\"M\xC3\xA4rz.pdf\"", "M\xC3\xA4rz.pdf"},
      {"Content-Disposition: attachment; filename=\"../../etc/passwd\"", "passwd"},
      {"Content-Disposition: attachment; filename=\"C:\\\\x\\\\a.pdf\"", "a.pdf"},
      {"Content-Disposition: attachment; filename*=utf-8''a%E2%80%AEfdp.exe", "afdp.exe"},
      {"Content-Disposition: attachment; filename*=utf-8''a%0D%0AX:%20y%1B%5B31m", "aX: y[31m"},
      {"Content-Disposition: attachment; filename=..", ""},
      {"Content-Disposition: attachment", ""},
  }));
  INFO(each.header);
  const std::string before = message(multipart("mixed", "b", {"Content-Type: a/b\r\n" + each.header + "\r\n\r\nx"}));
  const Removal removal = plan_removal(before);
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].filename == each.name);
  const std::string after = stripped(before);
  Charsets charsets;
  CHECK(filename_of(after, scan_mime(after).parts.at(1), charsets) ==
        "removed-" + (each.name.empty() ? "attachment" : each.name) + ".txt");
}

TEST_CASE("attachments: a long name is cut within no character") {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "%E8%AB%8B";
  const Removal removal = plan_removal(message("Content-Type: a/b; name*=utf-8''" + name + "\r\n\r\nx"));
  REQUIRE(removal.attachments.size() == 1);
  CHECK(removal.attachments[0].filename.size() == 99);
}

TEST_CASE("attachments: Content-ID that could be more than one") {
  const std::string id =
      GENERATE(as<std::string>{}, "<a b>", "<a\r\n b>", "<\xC3\xA4>", "<" + std::string(300, 'x') + ">");
  const std::string after =
      stripped(message(multipart("mixed", "b", {"Content-Type: a/b\r\nContent-ID: " + id + "\r\n\r\nx"})));
  CHECK_FALSE(has(after, "Content-ID"));
}

TEST_CASE("attachments: broken and unusual structure") {
  const std::string before = GENERATE(
      as<std::string>{}, message(multipart("mixed", "b", {kText, kPdf}, "")),  // not closed
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + kPdf,       // nor ended
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + kPdf + "\r\n",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b",  // only header
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b\r\n--b\r\n\r\nx\r\n--b--",  // no body
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b\r\n\r\n--b\r\n\r\nx\r\n--b--",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b\r\n\r\n\r\n--b\r\n\r\nx\r\n--b--",
      "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\nContent-Type: a/b\n\nx\n--b\n\nx\n--b--\nepilogue\n",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\nContent-Type: "
      "a/b\r\n\r\nx\r\n--b--\r\nepilogue",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nno header: \x01\r\n\r\n--b\r\nContent-Type: a/b\r\nno "
      "field\r\n--b--",
      "From x Mon Jan 1\r\nContent-Type: a/b\r\n\r\nx", "Content-Type: a/b", "Content-Type: a/b\r\n",
      "Content-Type: a/b\r\n\r\n", "Content-Type: a/b\r\nno field",
      message(multipart("mixed", "b", {"Content-Type: message/rfc822\r\n\r\nContent-Type: a/b"})),
      message(multipart("mixed", "b", {"Content-Type: message/rfc822\r\n\r\nA: b\r\nContent-Type: a/b\r\n\r\n"})));
  INFO(before);
  CHECK(types(before).size() == 1);
  const std::string after = stripped(before);
  for (const std::string_view piece : {"preamble\r\n--b\r\n", "\r\n--b--\r\nepilogue", "--b\r\n\r\nx\r\n--b--",
                                       "\n\npre\n--b\n", "\n--b\n\nx\n--b--\nepilogue\n", "From x Mon Jan 1\r\n"}) {
    if (has(before, piece)) CHECK(has(after, piece));
  }
}

TEST_CASE("attachments: blanks at the end of a boundary count on neither side") {
  CHECK(types("Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b \t\r\nContent-Type: a/b\r\n\r\nx\r\n--b--")
            .size() == 1);
  CHECK(types("Content-Type: multipart/mixed; boundary=\" \"\r\n\r\n-- \r\nContent-Type: a/b\r\n\r\nx").empty());
}

TEST_CASE("attachments: a message that begins with a continuation") {
  // Behind our Received field its first line continues that, and the second one counts.
  CHECK(types(" x\r\nContent-Type: a/b\r\n\r\nx") == Types{"a/b"});
  CHECK(stripped("\t\r\n x\r\nA: b\r\nContent-Type: a/b\r\n\r\nx").starts_with("\t\r\n x\r\nContent-Type: text/plain"));
  CHECK(types(" ").empty());
  CHECK(types(" \n").empty());
}

// --- limits ---

TEST_CASE("attachments: what is nested too deep is one") {
  for (const bool messages : {false, true}) {
    std::string before = kPdf;
    for (int i = 1000; i-- > 0;)
      before = messages ? "Content-Type: message/rfc822\r\n\r\n" + before
                        : multipart("mixed", "b" + std::to_string(i), {kText, before});
    const Removal removal = plan_removal(message(before));
    REQUIRE(removal.attachments.size() == 1);
    CHECK(removal.attachments[0].type == (messages ? "message/rfc822" : "multipart/mixed"));
    const std::string after = stripped(message(before));
    CHECK_FALSE(has(after, "aGVsbG8="));
    CHECK((messages || text_of(after) == "the text"));
  }
}

TEST_CASE("attachments: with too many parts the whole body is one") {
  std::vector<std::string> parts(kAttachmentLimits.parts - 1, "\r\n");
  CHECK(types(message(multipart("mixed", "b", parts))).empty());
  parts.push_back(kPdf);
  const std::string before = message(multipart("mixed", "b", parts));
  CHECK(types(before) == Types{"multipart/mixed"});
  CHECK(stripped(before).starts_with("Content-Type: text/plain"));
  CHECK(has(stripped(before), "\r\nFrom: a@b.test\r\nSubject: s\r\n\r\nAn attachment "));
  CHECK_FALSE(has(stripped(before), "aGVsbG8="));
}

TEST_CASE("attachments: stubs may be longer than what they replace, up to a bound") {
  const std::string tiny = "Content-Type:a/b\r\n\r\n";
  const auto with = [&](std::size_t count) {
    return message(multipart("mixed", "b", std::vector<std::string>(count, tiny)));
  };
  CHECK(types(with(80)).size() == 80);
  CHECK(stripped(with(80)).size() > with(80).size());
  CHECK(has(stripped(with(80)), "An attachment was removed"));
  CHECK_FALSE(has(stripped(with(150)), "An attachment was removed"));
  CHECK(types(with(999)) == Types{"multipart/mixed"});
  std::size_t most = 80;
  while (plan_removal(with(most)).attachments.size() == most) ++most;
  CHECK(plan_removal(with(most - 1)).size - with(most - 1).size() > kMaxGrowthByStubs - 500);
  CHECK(plan_removal(with(most)).attachments.size() == 1);
  // Those that shrink make room for those that grow.
  std::vector<std::string> mixed(200, tiny);
  mixed.push_back("Content-Type: a/b\r\n\r\n" + std::string(100'000, 'x'));
  CHECK(types(message(multipart("mixed", "b", mixed))).size() == 201);
}

TEST_CASE("attachments: a header beyond the limits hides nothing") {
  std::string many;
  for (std::size_t i = 0; i < 1000; ++i) many += "Content-X: b\r\n";
  const std::string blanks(17'000, ' ');
  std::string parameters;
  for (int i = 0; i < 100; ++i) parameters += "; a=b";
  const std::string boundary(300, 'b');
  const std::string header =
      GENERATE_COPY(many + "Content-Type: a/b\r\n", "A: " + std::string(600'000, 'x') + "\r\nContent-Type: a/b\r\n",
                    "Content-Type: multipart/mixed;" + blanks + "boundary=b\r\n",
                    "Content-Type: multipart/mixed" + parameters + "; boundary=b\r\n",
                    "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n");
  const std::string body = "\r\n--b\r\n" + kPdf + "\r\n--" + boundary + "\r\n" + kPdf + "\r\n";
  CHECK(types(header + body).size() == 1);
  CHECK_FALSE(has(stripped(header + body), "aGVsbG8="));
  const std::string part = message(multipart("mixed", "outer", {kText, header + body}));
  CHECK(types(part).size() == 1);
  CHECK_FALSE(has(stripped(part), "aGVsbG8="));
  CHECK(text_of(stripped(part)) == "the text");
  // Much of what does not matter is no reason.
  CHECK(
      types("To: " + std::string(20'000, 'x') + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + kText)
          .empty());
}

// --- the note ---

TEST_CASE("attachments: the note is ours alone") {
  const std::string note = "X-Maildrop-Attachments: removed 2, 7 bytes\r\n";
  CHECK(removal_note("Return-Path: <>\r\n" + note + "Received: from x\r\n\r\n") == "removed 2, 7 bytes");
  CHECK(removal_note("Return-Path: <>\r\nReceived: from x\r\n" + note + "\r\n").empty());
  CHECK(removal_note("Received: from x\r\n" + note).empty());
  CHECK(removal_note("").empty());
}
