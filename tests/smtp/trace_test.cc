/// trace_test.cc: the fields we put before a message, and counting those of others.
#include "smtp/trace.h"

#include <catch2/catch.hpp>

#include "mail/attachments.h"

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

mail::Address address(std::string_view path) {
  return mail::parse_path(path, {.allow_null = true, .allow_postmaster = true})->address;
}

mail::Transaction transaction() {
  mail::Transaction tx;
  tx.peer.address = *IpAddress::parse("192.0.2.7");
  tx.helo = "client.test";
  tx.esmtp = true;
  tx.from = address("<a@b.test>");
  tx.recipients.push_back({address("<u@example.org>"), mail::Inbox::trusted("u")});
  return tx;
}

std::string fields(const mail::Transaction& tx) {
  return trace_fields(tx, "mx.example.org", "4f2k", from_millis(1'700'000'000'000));
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("trace fields") {
  CHECK(fields(transaction()) ==
        "Return-Path: <a@b.test>\r\n"
        "Received: from client.test ([192.0.2.7])\r\n"
        "\tby mx.example.org with ESMTP id 4f2k\r\n"
        "\tfor <u@example.org>;\r\n"
        "\tTue, 14 Nov 2023 22:13:20 +0000\r\n");
}

TEST_CASE("trace fields tell what was removed, above what a sender can write") {
  mail::Transaction tx = transaction();
  tx.removed = 2;
  tx.removed_size = 123456;
  CHECK(has(fields(tx),
            "Return-Path: <a@b.test>\r\nX-Maildrop-Attachments: removed 2, 123456 bytes\r\nReceived: from client"));
  CHECK(mail::removal_note(fields(tx)) == "removed 2, 123456 bytes");
  CHECK(mail::removal_note(fields(transaction()) + "X-Maildrop-Attachments: removed 9, 9 bytes\r\n").empty());
}

TEST_CASE("trace fields of other peers, greetings and senders") {
  mail::Transaction tx = transaction();
  tx.from = {};
  CHECK(has(fields(tx), "Return-Path: <>\r\n"));
  tx.from = address("<\"a b\\\"\"@b.test>");
  CHECK(has(fields(tx), "Return-Path: <\"a b\\\"\"@b.test>\r\n"));
  tx.peer.address = *IpAddress::parse("2001:db8::1");
  CHECK(has(fields(tx), "([IPv6:2001:db8::1])"));
  tx.peer.name = "spike.example";
  CHECK(has(fields(tx), "(spike.example [IPv6:2001:db8::1])"));
  tx.peer.local = true;
  CHECK(has(fields(tx), "from client.test (local)\r\n"));
  tx.esmtp = false;
  CHECK(has(fields(tx), " with SMTP id "));
  tx.smtputf8 = true;
  CHECK(has(fields(tx), " with UTF8SMTP id "));
  tx.lmtp = true;
  CHECK(has(fields(tx), " with UTF8LMTP id "));
  tx.smtputf8 = false;
  tx.esmtp = true;
  CHECK(has(fields(tx), " with LMTP id "));
  tx.helo = "[IPv6:2001:db8::1]";
  CHECK(has(fields(tx), "from [IPv6:2001:db8::1] "));
}

TEST_CASE("trace fields within TLS (RFC 3848, RFC 8314 4.3)") {
  mail::Transaction tx = transaction();
  tx.tls = {"TLSv1.3", "TLS_AES_256_GCM_SHA384"};
  CHECK(
      has(fields(tx), " with ESMTPS id 4f2k\r\n\tfor <u@example.org>\r\n\ttls TLS_AES_256_GCM_SHA384 (TLSv1.3);\r\n"));
  tx.smtputf8 = true;
  CHECK(has(fields(tx), " with UTF8SMTPS id "));
  tx.smtputf8 = false;
  tx.esmtp = false;
  CHECK(has(fields(tx), " with SMTP id "));
}

TEST_CASE("a second recipient is told to nobody") {
  mail::Transaction tx = transaction();
  tx.recipients.push_back({address("<secret@example.org>"), mail::Inbox::trusted("secret")});
  CHECK_FALSE(has(fields(tx), "for <"));
  CHECK_FALSE(has(fields(tx), "secret"));
  CHECK(has(fields(tx), "id 4f2k;\r\n\tTue,"));
}

TEST_CASE("a HELO cannot forge parts of the field") {
  mail::Transaction tx = transaction();
  tx.helo = "x(evil);\"<a@b>,\\";
  CHECK(has(fields(tx), "Received: from x?evil????a?b??? ([192.0.2.7])\r\n"));
}

TEST_CASE("lines stay below 998 bytes whatever the peer said") {
  mail::Transaction tx = transaction();
  tx.helo = std::string(255, 'h');
  std::string domain;
  for (int i = 0; i < 4; ++i) domain += std::string(60, 'd') + ".";
  const std::string longest = "<" + std::string(64, 'l') + "@" + domain + "test>";
  tx.from = address(longest);
  tx.recipients.front().address = address(longest);
  const std::string text = fields(tx);
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    CHECK(end - start < 998);
    start = end + 1;
  }
}

TEST_CASE("hops are the Received fields of the header") {
  struct Case {
    const char* message;
    std::size_t hops;
  };
  const Case cases[] = {
      {"", 0},
      {"Subject: x\r\n\r\nReceived: in the body\r\n", 0},
      {"Received: a\r\nReceived: b\r\n\r\n", 2},
      {"RECEIVED: a\r\nreceived: b\r\nSubject: x\r\nReceived: c\r\n", 3},
      {"Received: a\r\n\tReceived: folded\r\nX-Received: no\r\nReceived-SPF: no\r\n\r\n", 1},
      {"\r\nReceived: in the body\r\n", 0},
      {"Received: no line end", 1},
      {"Received", 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    CHECK(count_hops(c.message) == c.hops);
  }
}
