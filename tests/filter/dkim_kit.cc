/// dkim_kit.cc: signing, written to be read against RFC 6376 3.4 and 3.7.
#include "filter/dkim_kit.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <stdexcept>

namespace maildrop::filter::test {

namespace {

EVP_PKEY* as_key(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
const unsigned char* as_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Benchmarks sign, too: so without Catch.
void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot do it, or it is no message");
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;) text.replace(at, what.size(), by);
}

/// Blanks reduced to one, and none before a line end.
void reduce_blanks(std::string& text) {
  replace_all(text, "\t", " ");
  replace_all(text, "  ", " ");
  replace_all(text, " \r\n", "\r\n");
}

std::string canonical_body(std::string body, bool relaxed) {
  if (!body.empty() && !body.ends_with("\r\n")) body += "\r\n";
  if (relaxed) reduce_blanks(body);
  while (body.ends_with("\r\n\r\n")) body.resize(body.size() - 2);
  if (body == "\r\n" && relaxed) body.clear();
  if (body.empty() && !relaxed) body = "\r\n";
  return body;
}

std::string canonical_header(const std::string& field, bool relaxed) {  // with its line end
  if (!relaxed) return field;
  const std::size_t colon = field.find(':');
  std::string name = field.substr(0, colon), value = field.substr(colon + 1);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  while (name.ends_with(' ')) name.pop_back();
  replace_all(value, "\r\n ", " ");
  replace_all(value, "\r\n\t", " ");
  reduce_blanks(value);
  if (value.starts_with(' ')) value.erase(0, 1);
  return name + ":" + value;
}

/// From the top down, each with its line end.
std::vector<std::string> fields_of(const std::string& header) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < header.size();) {
    const std::size_t end = header.find("\r\n", at) + 2;
    const std::string line = header.substr(at, end - at);
    if (line.front() == ' ' || line.front() == '\t') {
      fields.back() += line;
    } else {
      fields.push_back(line);
    }
    at = end;
  }
  return fields;
}

bool has_name(const std::string& field, const std::string& name) {
  const std::string lower = canonical_header(field, true);
  return lower.starts_with(canonical_header(name + ":\r\n", true).substr(0, name.size() + 1));
}

}  // namespace

DkimSigner::DkimSigner(void* key, bool rsa)
    : key_(key, [](void* each) { EVP_PKEY_free(static_cast<EVP_PKEY*>(each)); }), rsa_(rsa) {
  require(key != nullptr);
}

DkimSigner DkimSigner::rsa(int bits, unsigned long exponent) {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr);
  BIGNUM* e = BN_new();
  EVP_PKEY* key = nullptr;
  require(BN_set_word(e, exponent) == 1);
  require(EVP_PKEY_keygen_init(context) == 1);
  require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1);
  require(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1);
  require(EVP_PKEY_generate(context, &key) == 1);
  BN_free(e);
  EVP_PKEY_CTX_free(context);
  return {key, true};
}

DkimSigner DkimSigner::ed25519() { return {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), false}; }
DkimSigner DkimSigner::elliptic() { return {EVP_EC_gen("P-256"), true}; }

std::string DkimSigner::public_key() const {
  if (!rsa_) {
    std::string bytes(32, '\0');
    std::size_t size = bytes.size();
    require(EVP_PKEY_get_raw_public_key(as_key(key_), reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1);
    return bytes;
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(as_key(key_), &der);
  require(size > 0);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string DkimSigner::rsa_public_key() const {
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(as_key(key_), &der);
  require(size > 0);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string DkimSigner::record() const {
  return std::string("v=DKIM1; k=") + (rsa_ ? "rsa" : "ed25519") + "; p=" + base64(public_key());
}

std::string DkimSigner::pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PrivateKey(out, as_key(key_), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

std::string DkimSigner::private_key() const {
  std::string bytes(32, '\0');
  std::size_t size = bytes.size();
  require(EVP_PKEY_get_raw_private_key(as_key(key_), reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1);
  return bytes;
}

std::string DkimSigner::sign(std::string_view text) const {
  const std::string digest = sha256(text);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  require(EVP_DigestSignInit(context, nullptr, rsa_ ? EVP_sha256() : nullptr, nullptr, as_key(key_)) == 1);
  const std::string_view signed_text = rsa_ ? text : std::string_view(digest);
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  require(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, as_bytes(signed_text),
                         signed_text.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signature;
}

std::string sha256(std::string_view text) {
  std::string digest(32, '\0');
  SHA256(as_bytes(text), text.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string base64(std::string_view bytes) {
  std::string text(bytes.size() / 3 * 4 + 5, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), as_bytes(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string signed_by(const DkimSigner& signer, const DkimSigning& how, const std::string& message) {
  const std::size_t end = message.find("\r\n\r\n");
  require(end != std::string::npos);
  std::string body = canonical_body(message.substr(end + 4), how.relaxed_body);
  if (how.length) body.resize(*how.length);
  std::string names;
  for (const std::string& name : how.names) names += (names.empty() ? "" : " :\r\n\t") + name;
  std::string field = "DKIM-Signature: v=1; a=" + std::string(signer.is_rsa() ? "rsa" : "ed25519") +
                      "-sha256;\r\n c=" + (how.relaxed_header ? "relaxed/" : "simple/") +
                      (how.relaxed_body ? "relaxed" : "simple") + "; d=" + how.domain + "; s=" + how.selector +
                      ";\r\n h=" + names + ";" + how.more +
                      (how.length ? " l=" + std::to_string(*how.length) + ";" : std::string()) +
                      " bh=" + base64(sha256(body)) + ";\r\n  b=";
  std::vector<std::string> fields = fields_of(message.substr(0, end + 2));
  std::string text;
  for (const std::string& name : how.names) {
    const auto last =
        std::find_if(fields.rbegin(), fields.rend(), [&](const auto& each) { return has_name(each, name); });
    if (last == fields.rend()) continue;
    text += canonical_header(*last, how.relaxed_header);
    fields.erase(std::next(last).base());
  }
  const std::string own = canonical_header(field + "\r\n", how.relaxed_header);
  text += own.substr(0, own.size() - 2);
  std::string folded = base64(signer.sign(text));
  for (std::size_t at = 70; at < folded.size(); at += 73) folded.insert(at, "\r\n ");
  return field + folded + "\r\n" + message;
}

}  // namespace maildrop::filter::test
