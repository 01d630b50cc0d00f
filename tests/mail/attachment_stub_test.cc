/// attachment_stub_test.cc: how a stub reads, and what a hostile name can do in it.
#include "mail/attachment_stub.h"

#include <catch2/catch.hpp>

#include "core/text.h"
#include "mail/mime.h"

using namespace maildrop;
using namespace maildrop::mail;

namespace {

Attachment attachment(std::string filename) {
  return {"application/pdf", std::move(filename), "", 12345, std::string(64, 'a')};
}

/// The stub as a reader of mail sees it.
Part read(const std::string& stub) { return scan_mime(stub).parts.at(0); }

std::string text(const std::string& stub) { return decoded_body(stub, read(stub), 10000); }

}  // namespace

TEST_CASE("stub: of a file") {
  CHECK(stub_of(attachment("report.pdf"), {.as_file = true}) ==
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "Content-Disposition: attachment;\r\n"
        "\tfilename=\"removed-report.pdf.txt\"\r\n"
        "\r\n"
        "An attachment was removed here when the message was received.\r\n"
        "Type: application/pdf\r\n"
        "Name: report.pdf\r\n"
        "Size: 12345 bytes\r\n"
        "SHA-256: " +
            std::string(64, 'a'));
}

TEST_CASE("stub: as the text of a message") {
  const std::string stub = stub_of(attachment(""), {});
  CHECK(stub.find("Disposition") == std::string::npos);
  CHECK(stub.find("Name:") == std::string::npos);
  CHECK(read(stub).media_type() == "text/plain");
}

TEST_CASE("stub: names of all kinds are read back as they are") {
  const std::string name =
      GENERATE(as<std::string>{}, "a.pdf", "a b.pdf", "say \"hi\".pdf", "Rechnung f\xC3\xBCr M\xC3\xA4rz.pdf",
               "\xE8\xAB\x8B\xE6\xB1\x82\xE6\x9B\xB8.pdf", "100%.pdf", "a=b;c='d'.pdf", "(comment).pdf",
               "\xC3\xA9 a=b 100% \"x\" ------------------------------------------------------------------.pdf");
  const std::string stub = stub_of(attachment(name), {.as_file = true});
  INFO(stub);
  Charsets charsets;
  CHECK(filename_of(stub, read(stub), charsets) == "removed-" + name + ".txt");
  CHECK(text(stub).find("\r\nName: " + name + "\r\nSize: 12345 bytes\r\n") != std::string::npos);
}

TEST_CASE("stub: no line begins a boundary, and none is too long") {
  // Quoted-printable breaks lines, and the name chooses where.
  for (std::size_t before = 0; before < 90; ++before) {
    const std::string stub = stub_of(attachment("\xC3\xA9" + std::string(before, 'x') + "--b"), {.as_file = true});
    CHECK(stub.find("\n--") == std::string::npos);
  }
  std::string longest;
  while (longest.size() < 99) longest += "\xE8\xAB\x8B";
  Attachment each = attachment(longest);
  each.type = std::string(100, 'x');
  each.content_id = std::string(250, 'x');
  const std::string stub = stub_of(each, {.as_file = true});
  CHECK(stub.size() < 1500);
  for (const std::string_view line : split(stub, '\n')) CHECK(line.size() < 998);
  CHECK(read(stub).content_id == each.content_id);
}

TEST_CASE("stub: what stays of a header") {
  CHECK(without_content_fields("A: b\r\nContent-Type: x/y;\r\n name=z\r\nC: d\r\n e\r\n\r\nContent-Type: body\r\n") ==
        "A: b\r\nC: d\r\n e\r\n");
  CHECK(without_content_fields("CONTENT-MD5: x\nA: b\n\nbody") == "A: b\n");
  CHECK(without_content_fields("A: b\r\nno field\r\nC: d\r\n") == "A: b\r\nC: d\r\n");
  CHECK(without_content_fields("A: b\r\nX: y\rContent-Type: a/b\r\nC: d\r\n") == "A: b\r\nC: d\r\n");
  CHECK(without_content_fields("A: b") == "A: b\r\n");
  CHECK(without_content_fields("").empty());
  CHECK(without_content_fields("\r\nbody").empty());
}

TEST_CASE("stub: types are cut to what types have") {
  CHECK(safe_type("application/vnd.a+b-c_d.e1") == "application/vnd.a+b-c_d.e1");
  CHECK(safe_type("a/b=\"c\"<d>") == "a/b??c??d?");
  CHECK(safe_type(std::string(500, 'x')).size() == 100);
}

TEST_CASE("stub: what it stands for is read back") {
  const std::string name =
      GENERATE(as<std::string>{}, "", "a.pdf", "Rechnung f\xC3\xBCr M\xC3\xA4rz.pdf", "Size: 1 bytes");
  for (const StubForm form : {StubForm{}, StubForm{.as_file = true}, StubForm{.brief = true}}) {
    std::string stub = stub_of(attachment(name), form);
    if (form.brief) stub = "\r\n" + stub;  // it ends the fields of its part itself
    const auto read_back = parse_stub(form.brief ? stub.substr(stub.find("Attachment")) : text(stub));
    REQUIRE(read_back);
    CHECK(read_back->type == "application/pdf");
    CHECK(read_back->filename == (form.brief ? "" : name));
    CHECK(read_back->size == 12345);
    CHECK(read_back->sha256 == std::string(64, 'a'));
  }
}

TEST_CASE("stub: other text is none") {
  const std::string digest(64, 'a'),
      lead = "An attachment was removed here when the message was received.\r\nType: x/y\r\n";
  CHECK(parse_stub(lead + "Size: 1 bytes\r\nSHA-256: " + digest));
  for (const std::string& other :
       {std::string(), std::string("hello"), lead, lead + "Size: 1 bytes\r\nSHA-256: " + digest + "a",
        lead + "Size: 1 bytes\r\nSHA-256: " + std::string(64, 'g'), lead + "Size: -1 bytes\r\nSHA-256: " + digest,
        lead + "Size: 99999999999999999999 bytes\r\nSHA-256: " + digest, lead + "Name: a\r\nSHA-256: " + digest,
        "x " + lead + "Size: 1 bytes\r\nSHA-256: " + digest,
        "Attachment removed: x/y, many bytes, SHA-256 " + digest}) {
    INFO(other);
    CHECK_FALSE(parse_stub(other));
  }
}
