/// sha256.h: SHA-256 (FIPS 180-4) of bytes that come in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace maildrop::mail {

/// Not thread-safe. Throws std::bad_alloc where OpenSSL has no memory.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// 64 digits in lower case. It ends the digest: nothing may be added or asked after it.
  std::string hex();

 private:
  struct Freed {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Freed> context_;
};

}  // namespace maildrop::mail
