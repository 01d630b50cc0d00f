/// dkim_verify_test.cc: signatures of all kinds over messages of all kinds, and what makes them fail.
#include "filter/dkim_verify.h"

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using test::DkimSigner;
using test::DkimSigning;
using test::signed_by;

namespace {

const Time kNow = from_millis(1'700'000'000'000);
const std::string kMessage =
    "Received: from a\r\n\tby  b;  Fri, 11 Jul 2003 21:01:54 -0700\r\n"
    "Received: from c\r\n"
    "From: Joe <joe@example.com>\r\n"
    "TO : bob@localhost ,\r\n  eve@localhost\t\r\n"
    "Subject:Hello  there\r\n"
    "X-Empty:\r\n"
    "\r\n"
    "Hello,\t you  \r\n\r\n \r\n.. there.\r\n \t\r\n\r\n";

const DkimSigner& rsa() {
  static const DkimSigner kSigner = DkimSigner::rsa();
  return kSigner;
}
const DkimSigner& ed25519() {
  static const DkimSigner kSigner = DkimSigner::ed25519();
  return kSigner;
}

/// `pass`, `fail: the body does not match`; of each signature.
std::vector<std::string> results_of(const std::string& message, const std::string& record) {
  const DkimMessage dkim(message, kNow);
  std::vector<DkimClaim> claims = dkim.claims();
  DkimKeys keys;
  for (DkimClaim& claim : claims)
    if (!claim.result) take_key(claim, {.status = dns::Status::found, .records = {dns::Record{.text = record}}}, keys);
  dkim.verify(claims);
  std::vector<std::string> results;
  for (const DkimClaim& claim : claims) {
    REQUIRE(claim.result);
    results.push_back(std::string(name_of(*claim.result)) + (claim.reason.empty() ? "" : ": ") + claim.reason);
  }
  return results;
}

std::string result_of(const std::string& message, const DkimSigner& signer) {
  const auto results = results_of(message, signer.record());
  REQUIRE(results.size() == 1);
  return results.front();
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("signatures of all kinds pass, and fail when a byte is changed") {
  for (const DkimSigner* signer : {&rsa(), &ed25519()})
    for (const bool header : {false, true})
      for (const bool body : {false, true}) {
        DkimSigning how{.relaxed_header = header, .relaxed_body = body};
        how.names = {"Received", "From",    "From",   "to",       "SUBJECT",
                     "Subject",  "X-Empty", "X-None", "Received", "Received"};
        how.more = " t=1600000000; x=1800000000; i=joe@mail.example.com; q=dns/txt;";
        const std::string message = signed_by(*signer, how, kMessage);
        INFO(message);
        CHECK(result_of(message, *signer) == "pass");
        CHECK(result_of(replaced(message, "Hello  there", "Hello  There"), *signer) ==
              "fail: the signature does not match");
        CHECK(result_of(replaced(message, ".. there", ".. There"), *signer) == "fail: the body does not match");
        CHECK(result_of(replaced(message, "x=1800000000", "x=1800000001"), *signer) ==
              "fail: the signature does not match");
        CHECK(result_of(replaced(message, "X-Empty:", "X-None: 1\r\nX-Empty:"), *signer) ==
              "fail: the signature does not match");
        CHECK(result_of(message + "\r\n\r\n", *signer) == "pass");
        CHECK(result_of(message + "x", *signer) == "fail: the body does not match");
      }
}

TEST_CASE("relaxed forgives white space, simple does not") {
  const auto of = [](bool relaxed, std::string_view what, std::string_view by) {
    const DkimSigning how{.relaxed_header = relaxed, .relaxed_body = relaxed};
    return result_of(replaced(signed_by(ed25519(), how, kMessage), what, by), ed25519());
  };
  CHECK(of(true, "Hello  there", "Hello\r\n\tthere ") == "pass");
  CHECK(of(false, "Hello  there", "Hello\r\n\tthere ") == "fail: the signature does not match");
  CHECK(of(true, "TO : bob", "to:bob") == "pass");
  CHECK(of(true, "Hello,\t you  ", "Hello, you") == "pass");
  CHECK(of(false, "Hello,\t you  ", "Hello, you") == "fail: the body does not match");
}

TEST_CASE("bodies that are nothing") {
  for (const std::string body : {"", "\r\n", "\r\n\r\n", "x", "\n", "\r", " \t"})
    for (const bool relaxed : {false, true}) {
      INFO("body of " << body.size() << ", relaxed " << relaxed);
      const DkimSigning how{.relaxed_body = relaxed};
      CHECK(result_of(signed_by(ed25519(), how, "From: a@example.com\r\n\r\n" + body), ed25519()) == "pass");
    }
}

TEST_CASE("fields of one name are taken from the bottom up") {
  DkimSigning how{.names = {"From", "Received"}};
  const std::string message = signed_by(ed25519(), how, kMessage);
  CHECK(result_of("Received: from d\r\n" + message, ed25519()) == "pass");
  CHECK(result_of(replaced(message, "from a", "from x"), ed25519()) == "pass");
  CHECK(result_of(replaced(message, "from c", "from x"), ed25519()) == "fail: the signature does not match");
  how.names = {"From", "Received", "Received", "Received"};
  CHECK(result_of("Received: from d\r\n" + signed_by(ed25519(), how, kMessage), ed25519()) ==
        "fail: the signature does not match");
}

TEST_CASE("a signature may sign those before it, but not itself") {
  const std::string first = signed_by(ed25519(), {.selector = "s1"}, kMessage);
  const DkimSigning both{.selector = "s2", .names = {"From", "DKIM-Signature", "DKIM-Signature"}};
  const std::string second = signed_by(ed25519(), both, first);
  CHECK(results_of(second, ed25519().record()) == std::vector<std::string>{"pass", "pass"});
  CHECK(results_of(replaced(second, "s=s1", "s=s3"), ed25519().record()) ==
        std::vector<std::string>{"fail: the signature does not match", "fail: the signature does not match"});
  const std::string third = signed_by(ed25519(), {.selector = "s3"}, second);
  CHECK(results_of(third, ed25519().record()) ==
        std::vector<std::string>{"pass", "fail: the signature does not match", "pass"});
}

TEST_CASE("a part of the body") {
  const auto of = [](std::optional<std::size_t> length, std::string_view more = {}) {
    const DkimSigning how{.relaxed_body = true, .length = length};
    return result_of(signed_by(ed25519(), how, "From: a@example.com\r\n\r\nHello\r\n").append(more), ed25519());
  };
  CHECK(of(7) == "pass");
  CHECK(of(7, "\r\n") == "pass");
  CHECK(of(7, "Buy!\r\n") == "policy: 6 bytes of the body are not signed");
  CHECK(of(0) == "policy: 7 bytes of the body are not signed");
  CHECK(of(6) == "policy: 1 bytes of the body are not signed");
  const std::string message = signed_by(ed25519(), {.length = 7}, "From: a@example.com\r\n\r\nHello\r\n");
  CHECK(result_of(replaced(message, "Hello", "Hell"), ed25519()) == "fail: the body is shorter than l=");
}

TEST_CASE("each From is signed, or the signature does not count") {
  const std::string message = signed_by(ed25519(), {.names = {"From"}}, kMessage);
  CHECK(result_of("from:eve@example.com\r\n" + message, ed25519()) == "policy: not each From is signed");
  CHECK(result_of("From : eve@example.com\r\n" + message, ed25519()) == "policy: not each From is signed");
}

TEST_CASE("the time counts before the key is asked for") {
  const auto of = [](const std::string& more) {
    return result_of(signed_by(ed25519(), {.more = more}, kMessage), ed25519());
  };
  CHECK(of(" t=1700000300;") == "pass");
  CHECK(of(" t=1700000301;") == "fail: it is of the future");
  CHECK(of(" x=1699999700;") == "pass");
  CHECK(of(" x=1699999699;") == "fail: it has expired");
}

TEST_CASE("messages whose lines end with LF") {
  std::string message = signed_by(ed25519(), {}, kMessage);
  message.erase(std::remove(message.begin(), message.end(), '\r'), message.end());
  CHECK(result_of(message, ed25519()) == "fail: the body does not match");
  CHECK(DkimMessage(message, kNow).claims().front().signature.domain == "example.com");
}

TEST_CASE("what the DNS says") {
  const std::string message = signed_by(ed25519(), {}, kMessage);
  const auto of = [&](dns::Status status) {
    const DkimMessage dkim(message, kNow);
    std::vector<DkimClaim> claims = dkim.claims();
    DkimKeys keys;
    take_key(claims.front(), {.status = status}, keys);
    dkim.verify(claims);
    return std::string(name_of(*claims.front().result)) + ": " + claims.front().reason;
  };
  CHECK(of(dns::Status::no_name) == "permerror: no key");
  CHECK(of(dns::Status::no_data) == "permerror: no key");
  CHECK(of(dns::Status::failed) == "temperror: no answer for its key: failed");
  CHECK(of(dns::Status::timed_out) == "temperror: no answer for its key: timed_out");
  CHECK(of(dns::Status::refused) == "temperror: no answer for its key: refused");
  CHECK(results_of(message, rsa().record()) == std::vector<std::string>{"permerror: the key is of another algorithm"});
  CHECK(results_of(message, DkimSigner::ed25519().record()) ==
        std::vector<std::string>{"fail: the signature does not match"});
}

TEST_CASE("only the first signatures count") {
  const std::string message = signed_by(ed25519(), {}, kMessage);
  std::string many;
  for (int i = 0; i < 900; ++i) many += "dkim-signature: x\r\n";
  CHECK(results_of(many + message, ed25519().record()).size() == DkimMessage::kMostSignatures);
  CHECK(results_of(message + "DKIM-Signature: in the body", ed25519().record()).size() == 1);
}

TEST_CASE("a header that is too large is not searched") {
  const std::string message = signed_by(ed25519(), {}, kMessage);
  const std::vector<std::string> too_large{"permerror: the header is too large"};
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "X: 1\r\n";
  CHECK(results_of(message.substr(0, message.find("From:")) + many + "\r\n", ed25519().record()) == too_large);
  CHECK(results_of(message.substr(0, message.find("From:")) + "X: " + std::string(1 << 20, 'x') + "\r\n\r\n",
                   ed25519().record()) == too_large);
}

TEST_CASE("names without end in h= take each field once") {
  DkimSigning how;
  how.names.assign(DkimSignature::kMostNames, "From");
  std::string header;
  for (int i = 0; i < 900; ++i) header += "From: " + std::to_string(i) + "\r\n";
  CHECK(result_of(signed_by(ed25519(), how, header + "\r\nbody\r\n"), ed25519()) == "pass");
}
