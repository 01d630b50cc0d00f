/// dkim_keys.cc: a table by what is published, and the order in which it was wanted.
#include "filter/dkim_keys.h"

#include <iterator>

namespace maildrop::filter {

Result<DkimPublicKey> DkimKeys::parse(DkimAlgorithm algorithm, std::string_view bytes) {
  Name name(algorithm, bytes);
  if (std::optional<DkimPublicKey> kept = find(name)) return std::move(*kept);
  Result<DkimPublicKey> key = DkimPublicKey::parse(algorithm, bytes);
  if (key) keep(std::move(name), *key);
  return key;
}

std::size_t DkimKeys::size() const {
  const std::lock_guard lock(mutex_);
  return keys_.size();
}

std::optional<DkimPublicKey> DkimKeys::find(const Name& name) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(name);
  if (found == keys_.end()) return std::nullopt;
  order_.splice(order_.end(), order_, found->second.place);
  return found->second.key;
}

void DkimKeys::keep(Name name, const DkimPublicKey& key) {
  std::list<std::map<Name, Kept>::const_iterator> place(1);  // made first: what throws has changed nothing
  const std::lock_guard lock(mutex_);
  const auto [made, is_new] = keys_.try_emplace(std::move(name), Kept{key, place.begin()});
  if (!is_new) return;  // another session was faster
  place.front() = made;
  order_.splice(order_.end(), place);
  if (keys_.size() <= kMost) return;
  keys_.erase(order_.front());
  order_.pop_front();
}

}  // namespace maildrop::filter
