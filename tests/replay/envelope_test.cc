/// envelope_test.cc: which field tells what, and what becomes of lists that people and programs write.
#include "replay/envelope.h"

#include <catch2/catch.hpp>

namespace maildrop::replay {
namespace {

using Addresses = std::vector<std::string>;

const mail::FromLine kLine{"line@example.com", from_millis(1'600'000'000'000)};

Addresses recipients(const std::string& header) { return envelope_of(header + "\r\n", nullptr).to; }

TEST_CASE("envelope: the sender") {
  const auto sender = [](const std::string& header, const mail::FromLine* line = &kLine) {
    return envelope_of(header + "Subject: x\r\n\r\nReturn-Path: <body@x>\r\n", line).from;
  };
  CHECK(sender("X-Envelope-From: <b@x>\r\nReturn-Path: <a@x>\r\n") == "b@x");
  CHECK(sender("Return-Path: <a@x>\r\nX-Envelope-From: <forged@x>\r\n") == "a@x");
  CHECK(sender("Received: by b\r\nX-Envelope-From: <b@x>\r\n") == "b@x");
  CHECK(sender("Return-Path: <a@x>\r\nReturn-Path: <b@x>\r\n") == "a@x");
  CHECK(sender("Return-Path: <>\r\n") == "");
  CHECK(sender("return-path:\r\n <a@x>\r\n") == "a@x");
  CHECK(sender("X-Envelope-From: a@x\r\n") == "a@x");
  CHECK(sender("From: a@x\r\n") == "line@example.com");
  CHECK(sender("From: a@x\r\n", nullptr) == std::nullopt);
}

TEST_CASE("envelope: the recipients") {
  const std::string to = "To: list@x\r\n";
  const std::string hop = "Received: from a ([192.0.2.1]) by b for <for@x>; Tue, 14 Nov 2023 22:13:20 +0000\r\n";
  const std::string exact = "X-Envelope-To: a@x, b@x\r\nX-Envelope-To: <c@x>,postmaster\r\n";
  CHECK(recipients("Delivered-To: d@x\r\n" + exact + "X-Original-To: o@x\r\n" + hop + to +
                   "X-Envelope-To: forged@x\r\n") == Addresses{"a@x", "b@x", "c@x", "postmaster"});
  CHECK(recipients(hop + "Delivered-To: d@x\r\n" + exact) == Addresses{"d@x"});
  CHECK(recipients(hop + to + exact) == Addresses{"a@x", "b@x", "c@x", "postmaster"});
  CHECK(recipients(to + hop + "Delivered-To: d@x\r\nX-Original-To: o@x\r\nX-Original-To: older@x\r\n") ==
        Addresses{"o@x"});
  CHECK(recipients(to + hop + "Delivered-To: d@x\r\nDelivered-To: older@x\r\n") == Addresses{"d@x"});
  CHECK(recipients(to + hop + "Received: from c by d for <older@x>\r\n") == Addresses{"for@x"});
  CHECK(recipients(to + "Received: from c by d\r\n" + hop) == Addresses{"list@x"});
  CHECK(recipients(to + "Cc: B <b@x>, list@x, nobody\r\nTo: c@x\r\nBcc: d@x\r\n") == Addresses{"list@x", "c@x", "b@x"});
  CHECK(recipients("Subject: x\r\n").empty());
}

TEST_CASE("envelope: the client") {
  const std::string local = "Received: from l (l [127.0.0.1]) by a; Tue, 14 Nov 2023 22:13:23 +0000\r\n";
  const std::string lan = "Received: from n ([10.0.0.1]) by a; Tue, 14 Nov 2023 22:13:22 +0000\r\n";
  const std::string handed = "Received: by a (Postfix, from userid 0); Tue, 14 Nov 2023 22:13:24 +0000\r\n";
  const std::string outside = "Received: from o (o [192.0.2.1]) by a; Tue, 14 Nov 2023 22:13:21 +0000\r\n";
  const std::string further = "Received: from f (f [192.0.2.9]) by o; Tue, 14 Nov 2023 22:13:20 +0000\r\n";
  const std::string unclear = "Received: from u (unknown [unknown]) by a; Tue, 14 Nov 2023 22:13:25 +0000\r\n";
  const std::string socket = "Received: from s (local) by a with LMTP; Tue, 14 Nov 2023 22:13:26 +0000\r\n";
  struct Row {
    std::string header, peer, helo, received;
  };
  const std::vector<Row> rows = {
      {handed + local + lan + outside + further, "192.0.2.1", "o", "2023-11-14T22:13:21.000Z"},
      {handed + local + lan, "127.0.0.1", "l", "2023-11-14T22:13:23.000Z"},
      {handed, "", "", "2023-11-14T22:13:24.000Z"},
      {unclear + outside, "", "", "2023-11-14T22:13:25.000Z"},  // who was unclear may have written the rest
      {local + unclear + outside, "", "", "2023-11-14T22:13:23.000Z"},
      {outside + unclear, "192.0.2.1", "o", "2023-11-14T22:13:21.000Z"},
      {socket + outside + further, "192.0.2.1", "o", "2023-11-14T22:13:21.000Z"},
      {"", "", "", rfc3339(kLine.date)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.header);
    const Envelope envelope = envelope_of(row.header + "\r\n", &kLine);
    CHECK((envelope.peer ? envelope.peer->to_string() : "") == row.peer);
    CHECK(envelope.helo == row.helo);
    REQUIRE(envelope.received);
    CHECK(rfc3339(*envelope.received) == row.received);
  }
  CHECK_FALSE(envelope_of("Subject: x\r\n\r\n", nullptr).received);
}

TEST_CASE("lists of addresses") {
  struct Row {
    std::string list;
    Addresses found;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {" , ,", {}},
      {"a@x", {"a@x"}},
      {"a@x,b@x ; c@x", {"a@x", "b@x", "c@x"}},
      {"A B <a@x>, \"Last, First\" <b@x>,<c@x>", {"a@x", "b@x", "c@x"}},
      {"a@x (A, B), (c@x) b@x (nested (deep, er))", {"a@x", "b@x"}},
      {"friends: a@x, B <b@x>; , c@x", {"a@x", "b@x", "c@x"}},
      {"undisclosed-recipients:;", {}},
      {"\"a, b\"@x, \"c \\\" d\"@x", {"\"a, b\"@x", "\"c \\\" d\"@x"}},
      {"=?utf-8?q?a=2C_b?= <a@x>", {"a@x"}},
      {"<@a,@b:c@x>", {"@a,@b:c@x"}},
      {"a@x, a@x, A <a@x>", {"a@x"}},
      {"a@[IPv6:2001:db8::1], B: c@[192.0.2.1], <d@[IPv6:::1]>",
       {"a@[IPv6:2001:db8::1]", "c@[192.0.2.1]", "d@[IPv6:::1]"}},
      {"some words, bob", {"bob"}},
      {"<>, \"open, a@x", {"\"open, a@x"}},
      {"<open, a@x", {"open, a@x"}},
      {"(open, a@x", {}},
      {"[ ) > \\ a@x", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.list);
    CHECK(addresses_of(row.list) == row.found);
  }
}

TEST_CASE("envelope: the client is whom the first server that is not ours names") {
  const std::string hops =
      "Received: from filter.own ([198.51.100.7]) by store.own; Tue, 14 Nov 2023 22:13:22 +0000\r\n"
      "Received: from mx.own ([10.0.0.1]) by filter.own; Tue, 14 Nov 2023 22:13:21 +0000\r\n"
      "Received: from client ([203.0.113.9]) by mx.own; Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\n";
  CHECK(envelope_of(hops, nullptr).helo == "filter.own");
  const Envelope envelope = envelope_of(hops, nullptr, {Network::parse("198.51.100.0/24").value()});
  CHECK(envelope.peer == IpAddress::parse("203.0.113.9").value());
  CHECK(envelope.helo == "client");
  CHECK(envelope.received == from_millis(1'700'000'000'000));
  const std::vector<Network> all = {Network::parse("0.0.0.0/0").value()};
  CHECK(envelope_of(hops, nullptr, all).helo == "filter.own");  // no other is known
}

TEST_CASE("envelope: bounded whatever is in it") {
  std::string many = "X-Envelope-To: ";
  for (int i = 0; i < 3000; ++i) many += std::to_string(i) + "@x,\r\n ";
  CHECK(recipients(many + "\r\n").size() == kMaxRecipients);
  std::string fields;
  for (int i = 0; i < 5000; ++i) fields += "X-Envelope-To: " + std::to_string(i) + "@x\r\n";
  CHECK(recipients(fields).size() == kMaxRecipients);
  std::string hops;
  for (int i = 0; i < 101; ++i) hops += "Received: from a ([10.0.0.1]) by b\r\n";
  const Envelope envelope = envelope_of(hops + "Received: from o ([192.0.2.1]) by b\r\n\r\n", nullptr);
  CHECK(envelope.peer->to_string() == "10.0.0.1");
  std::string cut = "X-Envelope-To: ";  // an address at the limit must not become another one
  while (cut.size() < 140'000) cut += "somebody-with-a-name@example.org, ";
  for (const std::string& each : recipients(cut + "\r\n")) CHECK(each == "somebody-with-a-name@example.org");
}

}  // namespace
}  // namespace maildrop::replay
