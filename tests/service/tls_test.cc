/// tls_test.cc: a client of OpenSSL against TlsSession, in memory: handshakes in any pieces, names, versions, ends.
#include "service/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace maildrop;
using namespace maildrop::service;
using Status = TlsSession::Status;

namespace {

/// A certificate for `name` and its key, as files.
struct Files {
  explicit Files(const std::string& name, const char* passphrase = nullptr) {
    static int number = 0;
    const std::string base = std::filesystem::temp_directory_path() / ("maildrop-tls-" + std::to_string(::getpid()));
    chain = base + "-" + std::to_string(++number) + ".pem";
    key = base + "-" + std::to_string(number) + ".key";
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str());
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_set_pubkey(x, pair);
    X509_sign(x, pair, EVP_sha256());
    std::FILE* file = std::fopen(chain.c_str(), "w");
    PEM_write_X509(file, x);
    std::fclose(file);
    file = std::fopen(key.c_str(), "w");
    PEM_write_PKCS8PrivateKey(file, pair, passphrase ? EVP_aes_256_cbc() : nullptr, nullptr, 0, nullptr,
                              const_cast<char*>(passphrase));
    std::fclose(file);
    X509_free(x);
    EVP_PKEY_free(pair);
  }
  ~Files() {
    std::filesystem::remove(chain);
    std::filesystem::remove(key);
  }
  std::string chain, key;
};

TlsSettings with(std::initializer_list<const Files*> all) {
  TlsSettings settings;
  for (const Files* files : all) {
    settings.certificates.push_back(files->chain);
    settings.keys.push_back(files->key);
  }
  return settings;
}

TlsContextPtr self_signed(TlsSettings::Version least = TlsSettings::Version::tls1_2) {
  TlsSettings settings;
  settings.self_signed = true;
  settings.min_version = least;
  auto made = TlsContext::make(settings, "mx.example.org");
  REQUIRE(made);
  REQUIRE(*made);
  return *made;
}

/// OpenSSL's client, and the wire between.
class Client {
 public:
  explicit Client(const char* name = nullptr, int most = TLS1_3_VERSION) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context_, most);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_security_level(context_, 0);
    ssl_ = SSL_new(context_);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);
    if (name) SSL_set_tlsext_host_name(ssl_, name);
    SSL_set_connect_state(ssl_);
  }
  ~Client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }

  void hear(std::string_view bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }
  std::string said() {
    std::string bytes(static_cast<std::size_t>(BIO_pending(out_)), '\0');
    BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  bool shake() { return SSL_do_handshake(ssl_) == 1; }
  void write(std::string_view text) { REQUIRE(SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0); }
  std::string read() {
    std::string all, piece(65536, '\0');
    for (int n; (n = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()))) > 0;)
      all.append(piece, 0, static_cast<std::size_t>(n));
    return all;
  }
  void goodbye() { SSL_shutdown(ssl_); }
  bool heard_goodbye() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string certificate() const {
    X509* x = SSL_get0_peer_certificate(ssl_);
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof name);
    return name;
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_;
  BIO* in_;
  BIO* out_;
};

/// To its end or to a failure; the client's bytes come in pieces of `piece`.
Status shake_hands(Client& client, TlsSession& server, std::size_t piece = 100000) {
  Status status = Status::more;
  for (int round = 0; round < 10 && status == Status::more; ++round) {
    client.shake();
    const std::string bytes = client.said();
    for (std::size_t at = 0; at < bytes.size() && status == Status::more; at += piece) {
      server.give(std::string_view(bytes).substr(at, piece));
      status = server.handshake();
    }
    client.hear(server.take_output());
  }
  client.shake();
  return status;
}

std::string read_all(TlsSession& server, std::string_view bytes, Status& status) {
  std::string all;
  std::vector<char> buffer(1000);
  server.give(bytes);
  for (std::size_t n = 0; (status = server.read(buffer, n)) == Status::done;) all.append(buffer.data(), n);
  return all;
}

std::string why_not(const TlsSettings& settings) {
  const auto made = TlsContext::make(settings, "");
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Code::invalid);
  return made.error().what;
}

}  // namespace

TEST_CASE("a handshake in any pieces, then bytes both ways, then goodbye") {
  const TlsContextPtr context = self_signed();
  for (const std::size_t piece : {1u, 7u, 100000u}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Client client(nullptr, version);
      TlsSession server(context);
      REQUIRE(shake_hands(client, server, piece) == Status::done);
      CHECK(server.protocol() == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
      CHECK_THAT(std::string(server.cipher()), Catch::StartsWith("TLS_"));
      const std::string text(100'000, 'x');
      Status status{};
      client.write("EHLO a\r\n");
      client.write(text);
      CHECK(read_all(server, client.said(), status) == "EHLO a\r\n" + text);
      CHECK(status == Status::more);
      CHECK(server.write(text));
      client.hear(server.take_output());
      CHECK(client.read() == text);
      server.say_goodbye("bye");
      client.hear(server.take_output());
      CHECK(client.read() == "bye");
      CHECK(client.heard_goodbye());
      client.goodbye();
      CHECK(read_all(server, client.said(), status).empty());
      CHECK(status == Status::closed);
    }
  }
}

TEST_CASE("what comes behind the handshake in the same bytes is read") {
  Client client;
  TlsSession server(self_signed());
  client.shake();
  const std::string hello = client.said();
  server.give(hello);
  REQUIRE(server.handshake() == Status::more);
  client.hear(server.take_output());
  REQUIRE(client.shake());
  client.write("EHLO a\r\n");
  const std::string bytes = client.said();  // Finished and data
  server.give(bytes);
  REQUIRE(server.handshake() == Status::done);
  std::vector<char> buffer(100);
  std::size_t size = 0;
  REQUIRE(server.read(buffer, size) == Status::done);
  CHECK(std::string(buffer.data(), size) == "EHLO a\r\n");
}

TEST_CASE("a client that names a server gets that server's certificate") {
  const Files first("mx.example.org"), second("*.example.net");
  const auto context = TlsContext::make(with({&first, &second}), "");
  REQUIRE(context);
  const auto served = [&](const char* name) {
    Client client(name);
    TlsSession server(*context);
    REQUIRE(shake_hands(client, server) == Status::done);
    return client.certificate();
  };
  CHECK(served(nullptr) == "mx.example.org");
  CHECK(served("mx.example.org") == "mx.example.org");
  CHECK(served("a.example.net") == "*.example.net");
  CHECK(served("A.EXAMPLE.NET") == "*.example.net");
  CHECK(served("a.b.example.net") == "mx.example.org");
  CHECK(served("unknown.test") == "mx.example.org");
}

TEST_CASE("versions that are too old are refused, with an alert and a reason") {
  const auto refused = [](TlsSettings::Version least, int most) {
    Client client(nullptr, most);
    TlsSession server(self_signed(least));
    const Status status = shake_hands(client, server);
    CHECK(server.error().empty() == (status == Status::done));
    return status == Status::failed;
  };
  CHECK(refused(TlsSettings::Version::tls1_2, TLS1_VERSION));
  CHECK(refused(TlsSettings::Version::tls1_2, TLS1_1_VERSION));
  CHECK_FALSE(refused(TlsSettings::Version::tls1_2, TLS1_2_VERSION));
  CHECK(refused(TlsSettings::Version::tls1_3, TLS1_2_VERSION));
  CHECK_FALSE(refused(TlsSettings::Version::tls1_3, TLS1_3_VERSION));
}

TEST_CASE("garbage fails, in the handshake and after it, and costs no other connection") {
  const TlsContextPtr context = self_signed();
  TlsSession garbled(context);
  garbled.give("EHLO client.test\r\n");
  CHECK(garbled.handshake() == Status::failed);
  CHECK_FALSE(garbled.error().empty());
  garbled.say_goodbye("never said");

  Client client;
  TlsSession server(context);
  REQUIRE(shake_hands(client, server) == Status::done);
  Status status{};
  CHECK(read_all(server, "MAIL FROM:<a@b.test>\r\n", status).empty());
  CHECK(status == Status::failed);
  CHECK(server.has_output());  // the alert
  CHECK_FALSE(server.write("more"));

  Client other;
  TlsSession fresh(context);
  CHECK(shake_hands(other, fresh) == Status::done);
}

TEST_CASE("a session keeps its context") {
  TlsContextPtr context = self_signed();
  TlsSession server(context);
  context.reset();
  Client client;
  CHECK(shake_hands(client, server) == Status::done);
}

TEST_CASE("without certificates there is no TLS") {
  const auto none = TlsContext::make(TlsSettings(), "mx.example.org");
  REQUIRE(none);
  CHECK(*none == nullptr);
  TlsSettings settings;
  settings.self_signed = true;
  CHECK(TlsContext::make(settings, "[192.0.2.1]"));  // a host name that no certificate can have
}

TEST_CASE("files that cannot be used are named") {
  const Files good("a.test"), other("b.test"), locked("c.test", "secret");
  TlsSettings settings = with({&good});
  settings.certificates[0] = "/nonexistent/cert.pem";
  CHECK_THAT(why_not(settings), Catch::Contains("'/nonexistent/cert.pem'"));
  settings = with({&good});
  settings.keys.clear();  // the key is not in the certificate's file
  CHECK_THAT(why_not(settings), Catch::Contains("private key '" + good.chain + "'"));
  settings = with({&good});
  settings.keys[0] = other.key;
  CHECK_THAT(why_not(settings), Catch::Contains(other.key) && Catch::Contains("mismatch"));
  settings = with({&good});
  settings.keys[0] = locked.key;  // nobody is there to be asked
  CHECK_THAT(why_not(settings), Catch::Contains(locked.key));
  settings = with({&other, &good, &locked});  // all of them, each in its line
  settings.certificates[0] = "/nonexistent/cert.pem";
  const std::string both = why_not(settings);
  CHECK_THAT(both, Catch::StartsWith("cannot use the certificate '/nonexistent/cert.pem'") &&
                       Catch::Contains("\ncannot use the private key '" + locked.key + "'") &&
                       !Catch::Contains(good.chain));

  std::ofstream(good.chain, std::ios::app) << std::ifstream(good.key).rdbuf();
  settings = with({&good});
  settings.keys.clear();
  CHECK(TlsContext::make(settings, ""));
}

TEST_CASE("what the system says of a file is told in its words") {
  const Files good("a.test"), locked("b.test");
  const std::string missing = good.chain + ".none";
  TlsSettings settings = with({&good});
  settings.certificates[0] = missing;
  CHECK(why_not(settings) == "cannot use the certificate '" + missing + "': No such file or directory");
  settings = with({&good});
  settings.keys[0] = missing;
  CHECK(why_not(settings) == "cannot use the private key '" + missing + "': No such file or directory");
  CHECK(read_certificate(missing, "a.test").error().what ==
        "no certificate in '" + missing + "': No such file or directory");
  settings.keys[0] = good.chain + "/below";
  CHECK(why_not(settings) == "cannot use the private key '" + settings.keys[0] + "': Not a directory");
  settings.keys[0] = locked.key;
  std::filesystem::permissions(locked.key, std::filesystem::perms::none);
  if (::geteuid() != 0)
    CHECK(why_not(settings) == "cannot use the private key '" + locked.key + "': Permission denied");
}
