/// dkim_signature_test.cc: what a field says, what it must say, and what it may not.
#include "filter/dkim_signature.h"

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

const std::string kHash = test::base64(std::string(32, 'h'));

/// A whole one, with tags in place of its own, or without where there is no value.
std::string field(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> tags{{"v", "1"},   {"a", "rsa-sha256"}, {"d", "example.com"},
                                                        {"s", "s1"},  {"h", "From:To"},    {"bh", kHash},
                                                        {"b", "YQ=="}};
  for (const auto& change : changes) {
    const auto same =
        std::find_if(tags.begin(), tags.end(), [&](const auto& each) { return each.first == change.first; });
    if (same == tags.end()) {
      tags.push_back(change);
    } else {
      same->second = change.second;
    }
  }
  std::string text;
  for (const auto& [name, value] : tags)
    if (!value.empty()) text += " " + name + "=" + value + ";";
  return text;
}

std::string error_of(const std::string& text) {
  DkimSignature signature;
  const auto parsed = signature.parse(text);
  return parsed ? "" : parsed.error().what;
}

}  // namespace

TEST_CASE("a signature with nothing but what it must have") {
  const std::string text = field();
  DkimSignature signature;
  REQUIRE(signature.parse(text));
  CHECK(signature.algorithm == DkimAlgorithm::rsa_sha256);
  CHECK(signature.header == DkimCanon::simple);
  CHECK(signature.body == DkimCanon::simple);
  CHECK(signature.domain == "example.com");
  CHECK(signature.identity_domain == "example.com");
  CHECK(signature.key_name() == "s1._domainkey.example.com");
  CHECK(signature.names == std::vector<std::string>{"from", "to"});
  CHECK_FALSE(signature.length);
  CHECK(signature.body_hash == std::string(32, 'h'));
  CHECK(signature.signature == "a");
  CHECK(signature.raw_signature == "YQ==");
}

TEST_CASE("a signature with all it may have") {
  const std::string text = field({{"a", "ed25519-sha256"},
                                  {"d", "EXAMPLE.com"},
                                  {"c", "relaxed"},
                                  {"h", " From :\r\n\tfrom: X-\xC3\xBC "},
                                  {"i", "joe=40home@mail.Example.COM"},
                                  {"q", "dns/new : dns/txt"},
                                  {"l", "0099"},
                                  {"t", "1"},
                                  {"x", "2"},
                                  {"z", "From:a=20b|To:c"},
                                  {"unknown", "1"}});
  CHECK(error_of(text) == "h= has what is no name");  // names of fields are ASCII (RFC 6532 3.2)
  const std::string good = field({{"a", "ed25519-sha256"},
                                  {"d", "EXAMPLE.com"},
                                  {"c", "relaxed"},
                                  {"h", " From :\r\n\tfrom: X-Y "},
                                  {"i", "joe=40home@mail.Example.COM"},
                                  {"q", "dns/new : dns/txt"},
                                  {"l", "0099"},
                                  {"t", "1"},
                                  {"x", "2"}});
  DkimSignature signature;
  REQUIRE(signature.parse(good));
  CHECK(signature.header == DkimCanon::relaxed);
  CHECK(signature.body == DkimCanon::simple);
  CHECK(signature.domain == "example.com");
  CHECK(signature.identity_domain == "mail.example.com");
  CHECK(signature.names == std::vector<std::string>{"from", "from", "x-y"});
  CHECK(signature.length == 99);
  CHECK(signature.time == 1);
  CHECK(signature.expires == 2);
}

TEST_CASE("internationalised names are looked up by their A-labels (RFC 8616)") {
  const std::string text = field({{"d",
                                   "b\xC3\xBC"
                                   "cher.example"},
                                  {"s", "\xC3\xBC"},
                                  {"i", "\xC3\xB6@xn--bcher-kva.example"}});
  DkimSignature signature;
  REQUIRE(signature.parse(text));
  CHECK(signature.key_name() == "xn--tda._domainkey.xn--bcher-kva.example");
  CHECK(signature.identity_domain == "xn--bcher-kva.example");
}

TEST_CASE("signatures that are against the rules") {
  CHECK(error_of("") == "a tag without `=`");
  for (const char* name : {"v", "a", "d", "s", "h", "bh", "b"}) {
    CHECK(error_of(field({{name, ""}})) == "no " + std::string(name) + "=");
    CHECK(error_of(field({{name, ""}}) + name + "=") == "no " + std::string(name) + "=");
  }
  CHECK(error_of(field() + "d=example.org") == "a tag that is there twice");
  CHECK(error_of(field({{"v", "2"}})) == "an unknown version");
  CHECK(error_of(field({{"a", "rsa-sha1"}})) == "rsa-sha1 is not accepted");
  CHECK(error_of(field({{"a", "rsa-md5"}})) == "an unknown algorithm");
  CHECK(error_of(field({{"c", "relaxed/"}})) == "an unknown canonicalization");
  CHECK(error_of(field({{"c", "nowsp"}})) == "an unknown canonicalization");
  CHECK(error_of(field({{"q", "dns/new"}})) == "no known way to its key");
  CHECK(error_of(field({{"h", "To:Subject"}})) == "From is not signed");
  CHECK(error_of(field({{"h", "From::To"}})) == "h= has what is no name");
  CHECK(error_of(field({{"h", "From:T o"}})) == "h= has what is no name");
  CHECK(error_of(field({{"i", "example.com"}})) == "i= has no @");
  CHECK(error_of(field({{"i", "@badexample.com"}})) == "i= is not of the domain");
  CHECK(error_of(field({{"i", "@com"}})) == "i= is not of the domain");
  CHECK(error_of(field({{"i", "@example.com.evil.test"}})) == "i= is not of the domain");
  CHECK(error_of(field({{"bh", "YQ=="}})) == "bh= is no hash");
  CHECK(error_of(field({{"b", "!"}})) == "b= is no base64");
  CHECK(error_of(field({{"l", "-1"}})) == "l= is no number");
  CHECK(error_of(field({{"l", "0x1"}})) == "l= is no number");
  CHECK(error_of(field() + "t=") == "t= is no number");
  CHECK(error_of(field({{"t", "5"}, {"x", "5"}})) == "it expires before it was made");
  for (const char* domain :
       {"com", "example..com", ".example.com", "example.com.", "[192.0.2.1]", "a b.com", "exam_ple.c\\m"})
    CHECK(error_of(field({{"d", domain}})) == "d= is no domain");
  for (const char* selector : {".", "a..b", "a b", "[192.0.2.1]", "*"})
    CHECK(error_of(field({{"s", selector}})) == "s= is no name");
}

TEST_CASE("whose signature it is is known though the rest is wrong") {
  DkimSignature signature;
  const std::string text = field({{"a", "rsa-sha1"}});
  REQUIRE_FALSE(signature.parse(text));
  CHECK(signature.domain == "example.com");
  CHECK(signature.selector == "s1");
}

TEST_CASE("signatures have bounds") {
  std::string names = "From";
  for (std::size_t i = 1; i < DkimSignature::kMostNames; ++i) names += ":To";
  CHECK(error_of(field({{"h", names}})).empty());
  CHECK(error_of(field({{"h", names + ":To"}})) == "too many names in h=");
  CHECK(error_of(field({{"z", std::string(DkimSignature::kLongest, 'x')}})) == "longer than 16384 bytes");
}

TEST_CASE("numbers that no type can hold are as good as endless") {
  const std::string endless(76, '9');
  const std::string text = field({{"l", endless}, {"x", endless}});
  DkimSignature signature;
  REQUIRE(signature.parse(text));
  CHECK(signature.length > 1'000'000'000'000u);
  CHECK(signature.check_time(from_millis(1'700'000'000'000)));
}

TEST_CASE("a signature counts from when it was made until it expires, and clocks differ") {
  const auto at = [](std::int64_t seconds) { return from_millis(seconds * 1000); };
  DkimSignature signature;
  signature.time = 10'000;
  signature.expires = 20'000;
  CHECK_FALSE(signature.check_time(at(9'699)));
  CHECK(signature.check_time(at(9'700)));
  CHECK(signature.check_time(at(20'300)));
  CHECK_FALSE(signature.check_time(at(20'301)));
  CHECK_FALSE(signature.check_time(from_millis(-1'000'000'000)));
}
