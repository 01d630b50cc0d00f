/// dkim_body.h: what signatures say of a body: its hash, or that of its begin (bh= and l=, RFC 6376 3.5, 3.7). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "filter/dkim_signature.h"

namespace maildrop::filter {

/// All hashes of one canonical form, in one pass: ten signatures cost what one does, whatever l= they have.
class DkimBodyHashes {
 public:
  using Length = std::optional<std::uint64_t>;  // nothing: the whole body
  DkimBodyHashes(DkimCanon canon, std::string_view body, const std::set<Length>& lengths);

  /// 32 bytes; nullptr: the body is shorter. REQUIRES: it was among `lengths`.
  const std::string* find(Length length) const;
  std::uint64_t size() const { return size_; }  // bytes of the canonical form

 private:
  std::map<Length, std::string> hashes_;
  std::uint64_t size_ = 0;
};

}  // namespace maildrop::filter
