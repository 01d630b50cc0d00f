/// likeness.cc: hashes, and sets that grow together.
#include "replay/likeness.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/text.h"
#include "mail/headers.h"

namespace maildrop::replay {

namespace {

constexpr std::size_t kShortBody = 40;  // bytes: "see attachment" is no reason to take two messages for one

/// FNV-1a (64 bits), folded: the same on any machine, and nobody has to be kept from finding two of the same.
std::uint32_t likeness_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

class Sets {
 public:
  explicit Sets(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0u); }

  std::uint32_t root(std::uint32_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  void join(std::uint32_t one, std::uint32_t other) {
    one = root(one), other = root(other);
    parent_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

using Keys = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // a hash, and whose

void join_equal(Keys keys, Sets& sets) {
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 1; i < keys.size(); ++i)
    if (keys[i].first == keys[i - 1].first) sets.join(keys[i].second, keys[i - 1].second);
}

}  // namespace

Likeness likeness_of(std::string_view message) {
  const mail::Headers headers = mail::scan_headers(message);
  Likeness likeness;
  if (const mail::HeaderField* id = headers.find("Message-ID"))
    if (const auto value = trim(id->value); !value.empty()) likeness.id = std::max(likeness_hash(value), 1u);
  const std::string_view body = trim(message.substr(headers.body));
  likeness.body = likeness_hash(body.size() < kShortBody ? message : body);
  return likeness;
}

Groups groups_of(const std::vector<Likeness>& messages) {
  Sets sets(messages.size());
  const auto keys_of = [&messages](std::uint32_t Likeness::*which) {
    Keys keys;
    keys.reserve(messages.size());
    for (std::uint32_t i = 0; i < messages.size(); ++i)
      if (which == &Likeness::body || messages[i].id != 0) keys.emplace_back(messages[i].*which, i);
    return keys;
  };
  join_equal(keys_of(&Likeness::id), sets);
  join_equal(keys_of(&Likeness::body), sets);
  Groups groups{std::vector<std::uint32_t>(messages.size()), std::vector<std::uint32_t>(messages.size(), UINT32_MAX)};
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    const std::uint32_t root = groups.group[i] = sets.root(i);
    groups.seed[root] = std::min(groups.seed[root], messages[i].body);
  }
  for (std::uint32_t i = 0; i < messages.size(); ++i) groups.seed[i] = groups.seed[groups.group[i]];
  return groups;
}

}  // namespace maildrop::replay
