/// authentication_results_test.cc: what our field says, whatever strangers call themselves, and which fields go.
#include "filter/authentication_results.h"

#include <catch2/catch.hpp>
#include <map>

using namespace maildrop;
using namespace maildrop::filter;

namespace {

using Facts = std::map<std::string, std::string, std::less<>>;

std::string written(const Facts& facts, std::string_view from = "a@example.com") {
  mail::Transaction transaction;
  transaction.peer.address = *IpAddress::parse("192.0.2.1");
  transaction.helo = "mail.example.com";
  if (!from.empty()) transaction.from = *mail::parse_address(from);
  return authentication_results("mx.example.org", transaction, [&](std::string_view fact) {
    const auto found = facts.find(fact);
    return found == facts.end() ? nullptr : &found->second;
  });
}

/// What is left of a message with that header; `removed` of its fields are gone.
std::string left_of(std::string header, std::size_t removed) {
  header += "\r\nAuthentication-Results: mx.example.org; in the body\r\n";
  CHECK(remove_forged_results(header, "mx.example.org") == removed);
  return header.substr(0, header.find("\r\nAuthentication-Results: mx.example.org; in the body\r\n"));
}

}  // namespace

TEST_CASE("who told nothing has no field") { CHECK(written({}).empty()); }

TEST_CASE("all that filters told stands in one field") {
  CHECK(written({{"iprev", "pass"},
                 {"client_name", "mail.example.com"},
                 {"spf_helo", "none"},
                 {"spf", "pass"},
                 {"spf_domain", "example.com"},
                 {"dkim_results", "pass example.com s1; fail example.org s2; permerror - -"},
                 {"dmarc", "fail"},
                 {"dmarc_domain", "example.net"},
                 {"dmarc_policy", "reject"}}) ==
        "Authentication-Results: mx.example.org;\r\n"
        "\tiprev=pass policy.iprev=192.0.2.1 (mail.example.com);\r\n"
        "\tspf=none smtp.helo=mail.example.com;\r\n"
        "\tspf=pass smtp.mailfrom=example.com;\r\n"
        "\tdkim=pass header.d=example.com header.s=s1;\r\n"
        "\tdkim=fail header.d=example.org header.s=s2;\r\n"
        "\tdkim=permerror;\r\n"
        "\tdmarc=fail (p=reject) header.from=example.net\r\n");
}

TEST_CASE("a message without signatures says so") {
  CHECK(written({{"dkim_results", ""}}) == "Authentication-Results: mx.example.org;\r\n\tdkim=none\r\n");
}

TEST_CASE("of a null sender it is the HELO that was checked, once") {
  CHECK(written({{"spf", "pass"}, {"spf_domain", "mail.example.com"}}, "") ==
        "Authentication-Results: mx.example.org;\r\n\tspf=pass smtp.helo=mail.example.com\r\n");
  CHECK(written({{"spf_helo", "pass"}, {"spf", "pass"}, {"spf_domain", "mail.example.com"}}, "") ==
        "Authentication-Results: mx.example.org;\r\n\tspf=pass smtp.helo=mail.example.com\r\n");
}

TEST_CASE("what strangers chose ends neither a value nor a comment nor the line") {
  CHECK(written({{"spf", "pass"}, {"spf_domain", "x; dkim=pass\r\nSubject: \"\\"}}) ==
        "Authentication-Results: mx.example.org;\r\n\tspf=pass smtp.mailfrom=\"x; dkim=pass??Subject: \\\"\\\\\"\r\n");
  CHECK(written({{"iprev", "pass"}, {"client_name", "a) dkim=pass ("}}) ==
        "Authentication-Results: mx.example.org;\r\n\tiprev=pass policy.iprev=192.0.2.1\r\n");
  const std::string results = "pass " + std::string(500, 'a') + " s";
  CHECK(written({{"dkim_results", results}}).find(std::string(300, 'a') + " header.s=s") != std::string::npos);
}

TEST_CASE("what is too much is left out whole") {
  std::string results;
  for (int i = 0; i < 100; ++i) results += "pass " + std::string(200, 'a') + ".example s" + std::to_string(i) + "; ";
  const std::string field = written({{"dkim_results", results}});
  CHECK(field.size() <= kLongestResults);
  CHECK(field.find("header.s=s7\r\n") == field.size() - 13);
}

TEST_CASE("fields in our name are taken out of the header, and no others") {
  const std::string others = "Subject: x\r\nAuthentication-Results: mx.example.com; spf=pass\r\nX: 1\r\n";
  CHECK(left_of(others, 0) == others);
  CHECK(left_of("Authentication-Results: mx.example.org; spf=pass\r\n" + others, 1) == others);
  CHECK(left_of(others + "Authentication-Results: mx.example.org 1;\r\n\tspf=pass\r\n\t;dkim=pass\r\n", 1) == others);
  CHECK(
      left_of("A: 1\r\nauthentication-results : MX.Example.ORG.;x\r\nB: 2\r\nAuthentication-Results:mx.example.org\r\n",
              2) == "A: 1\r\nB: 2\r\n");
  CHECK(
      left_of("Authentication-Results: (a (nested) \\) comment)\r\n (x) \"mx.example.org\"; spf=pass\r\n", 1).empty());
  CHECK(left_of("Authentication-Results-Other: mx.example.org; spf=pass\r\n", 0) ==
        "Authentication-Results-Other: mx.example.org; spf=pass\r\n");
  CHECK(left_of("no field\r\nAuthentication-Results: mx.example.org; spf=pass\r\n", 1) == "no field\r\n");
}

TEST_CASE("what some reader might take for ours goes, too") {
  for (const char* field : {"(a mx.example.org; spf=pass", "mx.example.org/1; spf=pass", "mx.example.org, x; spf=pass",
                            "mx.example.org= ;x", "\x0bmx.example.org; x", "mx.example.org\xc2\xa0; x",
                            "\"mx.exa\r\n mple.org\"; x", "mx.\"example\".org; x"}) {
    INFO(field);
    CHECK(left_of("Authentication-Results: " + std::string(field) + "\r\n", 1).empty());
  }
  const std::string other = "Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=mx.example.org\r\n";
  CHECK(left_of(other, 0) == other);
}

TEST_CASE("however many and however long they are") {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "Authentication-Results: mx.example.org; spf=pass\r\n";
  CHECK(left_of(many, 5000).empty());
  CHECK(
      left_of("Authentication-Results: mx.example.org; spf=pass\r\n " + std::string(100'000, 'x') + "\r\n", 1).empty());
  std::string open = "Authentication-Results: " + std::string(50'000, '(') + "\r\n";
  CHECK(left_of(open, 0) == open);
  std::string unended = "Authentication-Results: mx.example.org";
  CHECK(remove_forged_results(unended, "mx.example.org") == 1);
  CHECK(unended.empty());
}
