/// tls.h: the server's side of TLS by OpenSSL, without a socket: ciphertext in, plaintext out, and the other way round.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"

struct ssl_st;  // OpenSSL's SSL

namespace maildrop::service {

/// Certificates and what is offered with them. Immutable, thread-safe; connections keep the one that they began with.
class TlsContext {
 public:
  /// Reads the files of `settings`; nullptr where it wants no TLS. The first certificate is for clients that ask for
  /// no name or for one that nobody has. invalid with a line for each certificate that cannot be used, which names the
  /// file. Blocking: reads files, and makes a key for tls.self_signed.
  /// REQUIRES: no keys, or one for each certificate.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsSettings& settings, const std::string& hostname);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

using TlsContextPtr = std::shared_ptr<const TlsContext>;  // nullptr: TLS is not configured

struct CertificateFacts {
  Time expires;
  bool names_host = false;  // by its subjectAltName, or its CN where it has none
};

/// Of the first certificate in a PEM file. invalid where there is none.
Result<CertificateFacts> read_certificate(const std::string& file, const std::string& host);

/// One connection's TLS. Not thread-safe. Takes about 15 KB while it is idle.
class TlsSession {
 public:
  /// Throws std::bad_alloc.
  explicit TlsSession(std::shared_ptr<const TlsContext> context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;

  /// What came from the peer. It is used by the calls of handshake() and read() that follow, and must stay where it is
  /// until one of them returns Status::more.
  void give(std::string_view ciphertext);

  enum class Status { done, more, closed, failed };

  /// done: the peer has what it needs to begin, or will by take_output(). closed, failed: see read().
  Status handshake();
  /// done: `size` > 0 bytes of plaintext are in `into`. more: give() the next. closed: the peer has said goodbye, and
  /// whatever follows is not to be trusted. failed: error() says why; take_output() has the alert for the peer.
  Status read(std::span<char> into, std::size_t& size);
  /// REQUIRES: the handshake is done. false: the connection is broken.
  bool write(std::string_view plaintext);
  /// Writes the last plaintext and tells the peer that nothing follows (close_notify). Before the end of the handshake:
  /// nothing.
  void say_goodbye(std::string_view last);

  bool has_output() const { return !output_.empty(); }
  /// Ciphertext for the peer.
  std::string take_output();

  std::string_view protocol() const;  // `TLSv1.3`
  std::string_view cipher() const;    // `TLS_AES_256_GCM_SHA384`
  std::string error() const { return error_; }

 private:
  struct Bio;
  Status failed(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_;
  std::string_view input_;
  std::string output_;
  std::string error_;
};

}  // namespace maildrop::service
