/// dkim_key_test.cc: key records: what they allow, and what is none.
#include "filter/dkim_key.h"

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using test::DkimSigner;

namespace {

const DkimSigner& signer() {
  static const DkimSigner kSigner = DkimSigner::rsa(1024);
  return kSigner;
}
std::string p() { return "p=" + test::base64(signer().public_key()); }

DkimKeys keys;

DkimSignature signature_of(DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256) {
  DkimSignature signature;
  signature.algorithm = algorithm;
  signature.domain = signature.identity_domain = "example.com";
  return signature;
}

std::string error_of(const std::string& record, const DkimSignature& signature = signature_of()) {
  const auto key = DkimKey::parse(record, signature, keys);
  return key ? "" : key.error().what;
}

}  // namespace

TEST_CASE("records that allow the signature") {
  CHECK(error_of(p()).empty());
  CHECK(error_of("v=DKIM1; k=rsa; " + p() + ";").empty());
  CHECK(error_of("v=DKIM1; h=sha1:sha256:sha512; s=other:email; t=x:z; n=a note; g=*; " + p()).empty());
  CHECK(error_of("s=*; " + p()).empty());
  CHECK(error_of(DkimSigner::ed25519().record(), signature_of(DkimAlgorithm::ed25519_sha256)).empty());
}

TEST_CASE("records that do not") {
  CHECK(error_of("") == "a key record that is no list of tags");
  CHECK(error_of("v=spf1 -all") == "no key record");
  CHECK(error_of("v=DKIM2; " + p()) == "no key record");
  CHECK(error_of("k=rsa; v=DKIM1; " + p()) == "no key record");  // it must be the first
  CHECK(error_of("v=DKIM1; k=rsa") == "a key record without a key");
  CHECK(error_of("v=DKIM1; p=") == "the key is revoked");
  CHECK(error_of("k=ed25519; " + p()) == "the key is of another algorithm");
  CHECK(error_of("k=; " + p()) == "the key is of another algorithm");
  CHECK(error_of(p(), signature_of(DkimAlgorithm::ed25519_sha256)) == "the key is of another algorithm");
  CHECK(error_of("h=sha1; " + p()) == "the key is not for sha256");
  CHECK(error_of("h=; " + p()) == "the key is not for sha256");
  CHECK(error_of("s=other; " + p()) == "the key is not for mail");
  CHECK(error_of("p=%") == "p= is no base64");
  CHECK(error_of("p=YQ==") == "p= is no RSA key");
  CHECK(error_of(p() + "; " + p()) == "a key record that is no list of tags");
  CHECK(error_of("p=" + std::string(16 * 1024, 'A')) == "a key record of more than 4096 bytes");
}

TEST_CASE("the flags of a key") {
  DkimSignature below = signature_of();
  below.identity_domain = "mail.example.com";
  CHECK(error_of(p(), below).empty());
  CHECK(error_of("t=y; " + p(), below).empty());
  CHECK(error_of("t=y:s; " + p(), below) == "the key is not for domains below");
  CHECK(error_of("t=y : s; " + p()).empty());
  CHECK(DkimKey::parse("t=s:y; " + p(), signature_of(), keys)->testing);
  CHECK_FALSE(DkimKey::parse("t=s; " + p(), signature_of(), keys)->testing);
}

TEST_CASE("of several records one that will do is enough") {
  const auto of = [](std::vector<std::string> texts) {
    dns::Answer answer{.status = dns::Status::found};
    for (std::string& text : texts) answer.records.push_back({.text = std::move(text)});
    const auto key = DkimKey::of(answer, signature_of(), keys);
    return key ? "" : key.error().what;
  };
  CHECK(of({}) == "no key");
  CHECK(of({"v=spf1 -all", "v=DKIM1; " + p()}).empty());
  CHECK(of({"p=", "v=spf1 -all"}) == "the key is revoked");
  CHECK(of({"a", "b", "c", "d", p()}) == "a key record that is no list of tags");
}
