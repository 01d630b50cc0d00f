/// tls.cc: OpenSSL, fed by a BIO that reads what give() gave and writes to a string.
#include "service/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "core/text.h"

namespace maildrop::service {

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

using SslContext = Owned<SSL_CTX, SSL_CTX_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;

constexpr std::size_t kMaxServerName = 255;
constexpr long kSelfSignedDays = 365;

/// OpenSSL has no words for what it heard from the system.
std::string words_for(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "error " + std::to_string(code);
}

/// What OpenSSL complained about first, which is the cause of the rest; the queue is empty after it.
std::string complaint() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    if (text.empty()) text = words_for(code);
  }
  return text.empty() ? "unknown error" : text;
}

Error failure(const std::string& what) { return Error{Code::invalid, what + ": " + complaint()}; }

/// Whoever asks for a key's passphrase would stop the start: there is nobody to answer.
int no_passphrase(char*, int, int, void*) { return -1; }

int choose_certificate(SSL* ssl, int*, void* of);

Result<SslContext> new_context(const TlsSettings& settings) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return tl::unexpected(failure("TLS"));
  SSL_CTX* raw = context.get();
  const int least = settings.min_version == TlsSettings::Version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_min_proto_version(raw, least);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Resumption by tickets alone: a cache would be memory that strangers fill.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(raw, no_passphrase);
  return context;
}

Result<SslContext> load(const TlsSettings& settings, const std::string& chain, const std::string& key) {
  SslContext context = TRY(new_context(settings));
  if (SSL_CTX_use_certificate_chain_file(context.get(), chain.c_str()) != 1)
    return tl::unexpected(failure("cannot use the certificate '" + chain + "'"));
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return tl::unexpected(failure("cannot use the private key '" + key + "'"));
  if (SSL_CTX_check_private_key(context.get()) != 1)
    return tl::unexpected(failure("the private key '" + key + "' is not that of '" + chain + "'"));
  return context;
}

Result<SslContext> make_self_signed(const TlsSettings& settings, const std::string& hostname) {
  SslContext context = TRY(new_context(settings));
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate) return tl::unexpected(failure("tls.self_signed"));
  X509* x = certificate.get();
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
    return tl::unexpected(failure("tls.self_signed"));
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600L);  // clocks differ
  X509_gmtime_adj(X509_getm_notAfter(x), kSelfSignedDays * 24 * 3600);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("maildrop self-signed"),
                             -1, -1, 0);
  X509_set_issuer_name(x, name);
  const std::string names = (hostname.starts_with('[') ? "DNS:localhost" : "DNS:" + hostname);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  if (extension) X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
  if (!extension || X509_set_pubkey(x, key.get()) != 1 || X509_sign(x, key.get(), EVP_sha256()) == 0 ||
      SSL_CTX_use_certificate(context.get(), x) != 1 || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    return tl::unexpected(failure("tls.self_signed"));
  return context;
}

}  // namespace

Result<CertificateFacts> read_certificate(const std::string& file, const std::string& host) {
  const Owned<BIO, BIO_free> in(BIO_new_file(file.c_str(), "r"));
  const Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr) : nullptr);
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
    return tl::unexpected(failure("no certificate in '" + file + "'"));
  const auto seconds = static_cast<std::int64_t>(::timegm(&end));
  return CertificateFacts{from_millis(seconds * 1000),
                          X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) == 1};
}

struct TlsContext::Impl {
  std::vector<SslContext> contexts;  // of one certificate each; the first is the one to begin with
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

namespace {

/// RFC 6066 3: the certificate of the name that was asked for. Whose name nobody has gets the first: mail servers do
/// not check, and an alert would only turn them to plaintext.
int choose_certificate(SSL* ssl, int*, void* of) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name || std::strlen(name) > kMaxServerName) return SSL_TLSEXT_ERR_NOACK;
  for (const SslContext& context : static_cast<const TlsContext::Impl*>(of)->contexts) {
    X509* certificate = SSL_CTX_get0_certificate(context.get());
    if (X509_check_host(certificate, name, 0, 0, nullptr) != 1) continue;
    SSL_set_SSL_CTX(ssl, context.get());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsSettings& settings, const std::string& hostname) {
  auto impl = std::make_unique<Impl>();
  std::string wrong;
  for (std::size_t i = 0; i < settings.certificates.size(); ++i) {
    const std::string& chain = settings.certificates[i];
    Result<SslContext> loaded = load(settings, chain, settings.keys.empty() ? chain : settings.keys[i]);
    if (loaded) {
      impl->contexts.push_back(std::move(*loaded));
    } else {
      wrong += (wrong.empty() ? "" : "\n") + loaded.error().what;
    }
  }
  if (!wrong.empty()) return fail(Code::invalid, wrong);
  if (impl->contexts.empty() && settings.self_signed)
    impl->contexts.push_back(TRY(make_self_signed(settings, hostname)));
  if (impl->contexts.empty()) return std::shared_ptr<const TlsContext>();
  SSL_CTX* first = impl->contexts.front().get();
  SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(first, impl.get());
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

// --- one connection ---

struct TlsSession::Bio {
  static TlsSession& of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    std::string_view& input = of(bio).input_;
    const std::size_t n = std::min(input.size(), static_cast<std::size_t>(std::max(size, 0)));
    if (n == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::copy_n(input.data(), n, into);
    input.remove_prefix(n);
    return static_cast<int>(n);
  }

  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    try {
      of(bio).output_.append(from, static_cast<std::size_t>(std::max(size, 0)));
    } catch (const std::bad_alloc&) {  // no exception may cross OpenSSL
      return -1;
    }
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "maildrop");
      if (!m) throw std::bad_alloc();
      BIO_meth_set_read(m, read);
      BIO_meth_set_write(m, write);
      BIO_meth_set_ctrl(m, control);
      return m;
    }();
    return made;
  }
};

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context) : context_(std::move(context)), ssl_(nullptr) {
  Owned<BIO, BIO_free> bio(BIO_new(Bio::method()));
  Owned<SSL, SSL_free> ssl(SSL_new(context_->impl().contexts.front().get()));
  if (!bio || !ssl) throw std::bad_alloc();
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  SSL_set_bio(ssl.get(), bio.get(), bio.get());
  bio.release();
  SSL_set_accept_state(ssl.get());
  ssl_ = ssl.release();
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

void TlsSession::give(std::string_view ciphertext) { input_ = ciphertext; }

TlsSession::Status TlsSession::failed(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Status::more;
    case SSL_ERROR_ZERO_RETURN: error_ = "closed by the peer"; return Status::closed;
    default: error_ = complaint(); return Status::failed;
  }
}

TlsSession::Status TlsSession::handshake() {
  ERR_clear_error();  // what another connection left would be taken for ours
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? Status::done : failed(result);
}

TlsSession::Status TlsSession::read(std::span<char> into, std::size_t& size) {
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &size);
  return result == 1 ? Status::done : failed(result);
}

bool TlsSession::write(std::string_view plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_, plaintext.data(), plaintext.size(), &written);
    if (result != 1) {
      failed(result);
      return false;
    }
    plaintext.remove_prefix(written);
  }
  return true;
}

void TlsSession::say_goodbye(std::string_view last) {
  if (!SSL_is_init_finished(ssl_) || !write(last)) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);  // after a failure it does nothing
  ERR_clear_error();
}

std::string TlsSession::take_output() { return std::exchange(output_, {}); }

std::string_view TlsSession::protocol() const { return SSL_get_version(ssl_); }

std::string_view TlsSession::cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_);
  const char* name = cipher ? SSL_CIPHER_standard_name(cipher) : nullptr;
  return name ? name : "unknown";
}

}  // namespace maildrop::service
