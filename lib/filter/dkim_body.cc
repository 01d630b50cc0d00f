/// dkim_body.cc: one digest, looked at on its way.
#include "filter/dkim_body.h"

#include "filter/dkim_canon.h"
#include "filter/dkim_crypto.h"

namespace maildrop::filter {

DkimBodyHashes::DkimBodyHashes(DkimCanon canon, std::string_view body, const std::set<Length>& lengths) {
  const bool whole = lengths.contains(std::nullopt);
  auto next = lengths.upper_bound(std::nullopt);
  DkimDigest digest;
  canonicalise_body(canon, body, [&](std::string_view piece) {
    for (; next != lengths.end() && **next - size_ <= piece.size(); ++next) {
      const std::string_view part = piece.substr(0, **next - size_);
      digest.add(part);
      size_ += part.size();
      piece.remove_prefix(part.size());
      hashes_.emplace(*next, digest.value());
    }
    if (whole || next != lengths.end()) digest.add(piece);
    size_ += piece.size();
  });
  if (size_ == 0 && next != lengths.end() && **next == 0) hashes_.emplace(*next, digest.value());  // no piece came
  if (whole) hashes_.emplace(std::nullopt, digest.value());
}

const std::string* DkimBodyHashes::find(Length length) const {
  const auto found = hashes_.find(length);
  return found == hashes_.end() ? nullptr : &found->second;
}

}  // namespace maildrop::filter
