/// dkim_keys.h: keys that were published of late, ready for use.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "filter/dkim_crypto.h"

namespace maildrop::filter {

/// Most mail is signed by a few, and OpenSSL takes as long to make a key ready as to use it: of a signature by 2,048
/// bits 12 us of 27. Thread-safe.
class DkimKeys {
 public:
  /// With 2,048 bits a key takes about 3 KB: 1.5 MB. Strangers who bring many keys make others slower, and no more.
  static constexpr std::size_t kMost = 512;

  /// As DkimPublicKey::parse(); what it makes is kept in place of the one that nobody wanted for longest.
  Result<DkimPublicKey> parse(DkimAlgorithm algorithm, std::string_view bytes);
  std::size_t size() const;

 private:
  using Name = std::pair<DkimAlgorithm, std::string>;
  struct Kept {
    DkimPublicKey key;
    std::list<std::map<Name, Kept>::const_iterator>::iterator place;
  };

  std::optional<DkimPublicKey> find(const Name& name);
  void keep(Name name, const DkimPublicKey& key);

  mutable std::mutex mutex_;
  std::map<Name, Kept> keys_;
  std::list<std::map<Name, Kept>::const_iterator> order_;  // the one that was wanted last is at the end
};

}  // namespace maildrop::filter
