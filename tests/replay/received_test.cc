/// received_test.cc: trace fields as real servers write them.
#include "replay/received.h"

#include <catch2/catch.hpp>

#include "smtp/trace.h"

namespace maildrop::replay {
namespace {

struct Row {
  std::string_view value, peer, helo, for_to, date;
};

// Written by, in this order: maildrop, Postfix (2), sendmail (3), Exim (4), qmail (3), Exchange, Gmail, a local
// hand-over.
const std::vector<Row> kRows = {
    {" from mail.example.com (mx.example.com [IPv6:2001:db8::25])\r\n\tby drop.example.org with ESMTPS id "
     "01abc\r\n\tfor <bob@example.org>\r\n\ttls TLS_AES_256_GCM_SHA384 (TLSv1.3);\r\n\tTue, 14 Nov 2023 22:13:20 +0000",
     "2001:db8::25", "mail.example.com", "bob@example.org", "2023-11-14T22:13:20.000Z"},
    {"from mail.example.com (mx.example.com [192.0.2.1])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "
     "bits)\n\t key-exchange X25519 server-signature RSA-PSS)\n\t(No client certificate requested)\n\tby "
     "mx.example.org (Postfix) with ESMTPS id 4SVb\n\tfor <bob@example.org>; Tue, 14 Nov 2023 23:13:20 +0100 (CET)",
     "192.0.2.1", "mail.example.com", "bob@example.org", "2023-11-14T22:13:20.000Z"},
    {"from [10.0.0.5] (unknown [192.0.2.1]) by mx.example.org (Postfix) with SMTP id 4; Tue, 14 Nov 2023 22:13:20 GMT",
     "192.0.2.1", "[10.0.0.5]", "", "2023-11-14T22:13:20.000Z"},
    {"from mail.example.com (IDENT:root@mx.example.com [192.0.2.1]) by mx.example.org (8.11.6/8.11.6) with ESMTP id "
     "g7 for <bob@example.org>; Tue, 14 Nov 2023 17:13:20 -0500",
     "192.0.2.1", "mail.example.com", "bob@example.org", "2023-11-14T22:13:20.000Z"},
    {"from me (root@[192.0.2.1] (may be forged)) by mx.example.org (8.9.3) id AAA for bob@example.org; Tue, 14 Nov "
     "2023 "
     "17:13:20 -0500",
     "192.0.2.1", "me", "bob@example.org", "2023-11-14T22:13:20.000Z"},
    {"(from root@localhost) by example.org (8.9.3) id AAA; Tue, 14 Nov 2023 22:13:20 GMT", "", "", "",
     "2023-11-14T22:13:20.000Z"},
    {"from mx.example.com ([192.0.2.1]:4242 helo=mail.example.com) by mx.example.org with esmtps (TLS1.3) (Exim "
     "4.96) (envelope-from <a@example.com>) id 1r for bob@example.org; Tue, 14 Nov 2023 22:13:20 +0000",
     "192.0.2.1", "mail.example.com", "bob@example.org", "2023-11-14T22:13:20.000Z"},
    {"from [192.0.2.1] (helo=[10.0.0.5]) by mx.example.org with smtp (Exim 3.36) id 1; Tue, 14 Nov 2023 22:13:20 +0000",
     "192.0.2.1", "[10.0.0.5]", "", "2023-11-14T22:13:20.000Z"},
    {"from mx.example.com ([2001:db8::25]) by mx.example.org with esmtp id 1; Tue, 14 Nov 2023 22:13:20 +0000",
     "2001:db8::25", "mx.example.com", "", "2023-11-14T22:13:20.000Z"},
    {"from bob by example.org with local (Exim 4.96) id 1; Tue, 14 Nov 2023 22:13:20 +0000", "", "bob", "",
     "2023-11-14T22:13:20.000Z"},
    {"from unknown (HELO mail.example.com) (192.0.2.1)\n  by mx.example.org with SMTP; 14 Nov 2023 22:13:20 -0000",
     "192.0.2.1", "mail.example.com", "", "2023-11-14T22:13:20.000Z"},
    {"from mx.example.com (HELO [10.0.0.5]) (root@192.0.2.1) by 0 with SMTP; 14 Nov 2023 22:13:20 -0000", "192.0.2.1",
     "[10.0.0.5]", "", "2023-11-14T22:13:20.000Z"},
    {"(qmail 4242 invoked by uid 1000); 14 Nov 2023 22:13:20 -0000", "", "", "", "2023-11-14T22:13:20.000Z"},
    {"from A.example.com (192.0.2.1) by B.example.org (192.0.2.2) with Microsoft SMTP Server id 15.1; Tue, 14 Nov 2023 "
     "22:13:20 +0000",
     "192.0.2.1", "A.example.com", "", "2023-11-14T22:13:20.000Z"},
    {"by 2002:a05:6214:2b0f:b0 with SMTP id jx15csp; Tue, 14 Nov 2023 14:13:20 -0800 (PST)", "", "", "",
     "2023-11-14T22:13:20.000Z"},
    {"from client (local) by drop.example.org with LMTP id 1; Tue, 14 Nov 2023 22:13:20 +0000", "", "client", "",
     "2023-11-14T22:13:20.000Z"},
};

TEST_CASE("Received fields of real servers") {
  for (const Row& row : kRows) {
    CAPTURE(row.value);
    const Received received = parse_received(row.value);
    CHECK((received.peer ? received.peer->to_string() : "") == row.peer);
    CHECK(received.helo == row.helo);
    CHECK(received.for_to.value_or("") == row.for_to);
    REQUIRE(received.date);
    CHECK(rfc3339(*received.date) == row.date);
  }
}

TEST_CASE("Received: no HELO is taken for what the server wrote") {
  const struct {
    std::string_view value, peer, helo, for_to;
    bool hides;
  } rows[] = {
      {"from by (unknown [9.9.9.9]) by mx for <bob@x.y>", "9.9.9.9", "by", "bob@x.y", false},
      {"from for (unknown [9.9.9.9]) by mx for <bob@x.y>", "9.9.9.9", "for", "bob@x.y", false},
      {"from  By (unknown [9.9.9.9]) by mx for <bob@x.y>", "9.9.9.9", "By", "bob@x.y", false},
      {"from a([8.8.8.8] (unknown [9.9.9.9]) by mx", "9.9.9.9", "a([8.8.8.8]", "", false},
      {"from a([8.8.8.8]) (unknown [9.9.9.9]) by mx", "9.9.9.9", "a([8.8.8.8])", "", false},
      {"from ([8.8.8.8] (unknown [9.9.9.9]) by mx", "", "", "", true},
      {"from ([8.8.8.8]) (unknown [9.9.9.9]) by mx", "9.9.9.9", "", "", false},
      {"from (helo=[8.8.8.8] (unknown [9.9.9.9]) by mx", "", "", "", true},
      {"from x ([8.8.8.8]) by y for <eve@x> (unknown [9.9.9.9]) by mx for <bob@x.y>", "", "", "", true},
      {"from [8.8.8.8] (local) by mx", "", "[8.8.8.8]", "", false},
      {"from [8.8.8.8] (unknown [unknown]) by mx", "", "[8.8.8.8]", "", true},
      {"from [8.8.8.8] by mx", "", "[8.8.8.8]", "", true},
      {"from 8.8.8.8 (HELO x) by mx", "", "x", "", true},
      {"from helo=[8.8.8.8] (unknown [9.9.9.9]) by mx", "9.9.9.9", "helo=[8.8.8.8]", "", false},
      // An ident, too, is the client's.
      {"from a (IDENT:[8.8.8.8]@x [9.9.9.9]) by mx", "9.9.9.9", "a", "", false},
      {"from unknown (HELO a) (8.8.8.8@9.9.9.9) by mx", "9.9.9.9", "a", "", false},
      {"from [8.8.8.8] (helo=x@[9.9.9.9] (may be forged)) by mx", "", "x@[9.9.9.9]", "", true},
      // And a sender's address.
      {"from a ([9.9.9.9]) by mx (envelope-from <\"a) for <eve@x> (\"@b>) for bob@x.y", "9.9.9.9", "a", "bob@x.y",
       false},
      // Nobody is hidden where nobody is told of.
      {"by 2002:a05:6214:2b0f:b0 with SMTP id jx15csp", "", "", "", false},
      {"(qmail 4242 invoked from network)", "", "", "", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const Received received = parse_received(row.value);
    CHECK((received.peer ? received.peer->to_string() : "") == row.peer);
    CHECK(received.helo == row.helo);
    CHECK(received.for_to.value_or("") == row.for_to);
    CHECK(received.hides_client == row.hides);
  }
}

TEST_CASE("Received: nothing is read out of what is none") {
  for (const char* const value : {"", " ", ";", "from", "from ", "from (", "from [", "from ([ by", "for", "for <",
                                  "from by by", "from ()[]<>;;", "from a (999.1.2.3) by b", "by for from"}) {
    CAPTURE(value);
    const Received received = parse_received(value);
    CHECK_FALSE(received.peer);
    CHECK_FALSE(received.for_to);
    CHECK_FALSE(received.date);
  }
  CHECK(parse_received("from " + std::string(300, 'x') + " ([192.0.2.1]) by b").helo.size() == 255);
  CHECK(parse_received("from " + std::string(5000, 'x') + " ([192.0.2.1]) by b").hides_client);
}

TEST_CASE("Received: what we write is read") {
  mail::Transaction transaction;
  transaction.helo = "me(x)";
  transaction.peer.address = IpAddress::parse("2001:db8::1").value();
  transaction.peer.name = "mx.example.com";
  transaction.recipients.push_back({mail::parse_address("bob@example.org").value(), mail::Inbox::trusted("bob")});
  const std::string fields = smtp::trace_fields(transaction, "drop.example.org", "id", from_millis(1'700'000'000'000));
  const Received received = parse_received(fields.substr(fields.find("Received:") + 9));
  CHECK(received.peer == transaction.peer.address);
  CHECK(received.helo == "me?x?");
  CHECK(received.for_to == "bob@example.org");
  CHECK(received.date == from_millis(1'700'000'000'000));
}

TEST_CASE("addresses that are nobody's on the Internet") {
  for (const char* const text : {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1",
                                 "0.0.0.0", "::1", "::", "fd00::1", "fe80::1"})
    CHECK(is_private(IpAddress::parse(text).value()));
  for (const char* const text : {"192.0.2.1", "172.32.0.1", "100.128.0.1", "2001:db8::1", "8.8.8.8"})
    CHECK_FALSE(is_private(IpAddress::parse(text).value()));
}

}  // namespace
}  // namespace maildrop::replay
