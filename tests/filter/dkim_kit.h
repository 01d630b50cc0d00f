/// dkim_kit.h: keys and signatures for tests: made by OpenSSL, and by a canonicalization of its own, that is short and
/// slow.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::filter::test {

/// A pair of keys.
class DkimSigner {
 public:
  static DkimSigner rsa(int bits = 2048, unsigned long exponent = 65537);
  static DkimSigner ed25519();
  /// Of no use for DKIM.
  static DkimSigner elliptic();

  std::string public_key() const;                 // as bytes: SubjectPublicKeyInfo, or what ed25519 has
  std::string rsa_public_key() const;             // RSAPublicKey
  std::string record() const;                     // `v=DKIM1; k=rsa; p=...`
  std::string pem() const;                        // the private key, PKCS#8
  std::string private_key() const;                // of ed25519, 32 bytes
  std::string sign(std::string_view text) const;  // its SHA-256, as RFC 8463 does; of RSA PKCS#1 1.5
  bool is_rsa() const { return rsa_; }

 private:
  DkimSigner(void* key, bool rsa);
  std::shared_ptr<void> key_;
  bool rsa_;
};

struct DkimSigning {
  std::string domain = "example.com";
  std::string selector = "s1";
  bool relaxed_header = true;
  bool relaxed_body = true;
  std::vector<std::string> names{"From", "To", "Subject"};
  std::optional<std::size_t> length{};
  std::string more{};  // tags, ` t=1; `
};

std::string sha256(std::string_view text);
std::string base64(std::string_view bytes);

/// The message with a signature on top. REQUIRES: it has a header and an empty line, lines end with CRLF.
std::string signed_by(const DkimSigner& signer, const DkimSigning& how, const std::string& message);

}  // namespace maildrop::filter::test
