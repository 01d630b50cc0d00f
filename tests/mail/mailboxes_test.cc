/// mailboxes_test.cc: address lists as they are, as they should not be, and as those write them who would deceive.
#include "mail/mailboxes.h"

#include <catch2/catch.hpp>

using namespace maildrop::mail;

namespace {

/// `a.example b.example`, and what else is to say.
std::string read(std::string_view field) {
  const MailboxDomains found = mailbox_domains(field);
  std::string text;
  for (const std::string& domain : found.domains) text.append(text.empty() ? "" : " ").append(domain);
  if (found.unreadable) text += " unreadable";
  if (found.cut) text += " cut";
  return text;
}

}  // namespace

TEST_CASE("addresses as they should be") {
  CHECK(read(" a@good.example") == "good.example");
  CHECK(read("Joe <a@Good.Example>") == "good.example");
  CHECK(read("\"Joe, X\" <a@good.example>, b@other.example\r\n\t, c@good.example") == "good.example other.example");
  CHECK(read("Us: a@good.example, B <b@other.example>;") == "good.example other.example");
  CHECK(read("undisclosed:;").empty());
  CHECK(read("").empty());
  CHECK(read("root").empty());
  CHECK(read("Joe <root>").empty());
  CHECK(read("a@[192.0.2.1]") == "[192.0.2.1]");
  CHECK(read("\"a@evil.example\"@good.example") == "good.example");
  CHECK(read("\"a\\\"@evil.example\" <b@good.example>") == "good.example");
  CHECK(read("J\xC3\xBCrgen <j@b\xC3\xBC"
             "cher.example>") == "xn--bcher-kva.example");
  CHECK(read("=?utf-8?q?J=C3=BCrgen?= <j@good.example>") == "good.example");
}

TEST_CASE("comments are nobody's address, and may be around dots") {
  CHECK(read("a@good.example (b@evil.example)") == "good.example");
  CHECK(read("(b@evil.example (c@evil.example\\)) ,) a@good.example") == "good.example");
  CHECK(read("Joe <a @ (x) good (y) . (z) example>") == "good.example");
  CHECK(read("a@good.example.") == "good.example");
}

TEST_CASE("a name is no address") {
  CHECK(read("a@good.example <b@evil.example>") == "evil.example");
  CHECK(read("\"a@good.example\" <b@evil.example>") == "evil.example");
  CHECK(read("=?utf-8?q?a@good.example?= <b@evil.example>") == "evil.example");
  CHECK(read("<@good.example,@other.example:b@evil.example>") == "evil.example");
}

TEST_CASE("where readers differ it is the domains of all") {
  CHECK(read("a@good.example <>") == "good.example");
  CHECK(read("a@good.example <x>") == "good.example");
  CHECK(read("<a@good.example> <b@evil.example>") == "good.example evil.example");
  CHECK(read("<a@good.example> b@evil.example") == "good.example evil.example");
  CHECK(read("a@good.example b@evil.example") == "good.example evil.example");
  CHECK(read("a@good.example@evil.example") == "good.example evil.example");
  CHECK(read("<a@good.example:b@evil.example>") == "good.example evil.example");
  CHECK(read("<a@good.example,b@evil.example>") == "good.example evil.example");
  CHECK(read("a@good.example: b@evil.example;") == "good.example evil.example");
  CHECK(read("<<a@good.example>>") == "good.example");
}

TEST_CASE("what cannot be read is said to be that") {
  CHECK(read("a@good_example.-x") == " unreadable");
  CHECK(read("a@") == " unreadable");
  CHECK(read(std::string("a@good.example\0.evil.example", 28)) == " unreadable");
  CHECK(read("<a@good.example") == "good.example unreadable");
  CHECK(read("(a@good.example") == " unreadable");
  CHECK(read("a@good.example (\\") == "good.example unreadable");
  CHECK(read("\"a <a@good.example>") == " unreadable");
  CHECK(read("a@[good") == " unreadable");
}

TEST_CASE("addresses are counted, of whatever domain they are") {
  CHECK(mailbox_domains("a@good.example").addresses == 1);
  CHECK(mailbox_domains("a@good.example <b@good.example>").addresses == 1);
  CHECK(mailbox_domains("a@good.example, B <b@good.example>").addresses == 2);
  CHECK(mailbox_domains("Joe <root>").addresses == 0);
}

TEST_CASE("bounds") {
  std::string many, same;
  for (int i = 0; i < 30; ++i) many += "a@d" + std::to_string(i) + ".example,";
  CHECK(mailbox_domains(many).domains.size() == MailboxDomains::kMost);
  CHECK(mailbox_domains(many).cut);
  for (int i = 0; i < 101; ++i) same += "a@good.example,";
  CHECK(read(same) == "good.example cut");
  CHECK(mailbox_domains(same).addresses == 100);
  CHECK(read(std::string(100'000, '(')) == " unreadable");
  CHECK(mailbox_domains(std::string(100'000, '<')).domains.empty());
}
