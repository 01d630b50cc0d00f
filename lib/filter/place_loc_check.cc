/// place_loc_check.cc: the sections and the tree of a database of libloc, version 1.
///
/// Behind the magic: the version (1 byte), the time (8), offsets in the pool of three texts (4 each), then offset and
/// length (4 each) of five sections, of which all is found; big-endian. A node of the tree is three numbers (4 each):
/// the nodes for a next bit that is 0 or 1 (0: none), and the network that ends there, or none.
#include "filter/place_loc_check.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace maildrop::filter {

namespace {

constexpr std::size_t kVersionAt = 7;
constexpr std::size_t kSectionsAt = 28;
enum Section { kSystems, kNetworks, kTree, kCountries, kPool, kSections };
constexpr std::size_t kHeaderSize = kSectionsAt + 8 * kSections + 2 * 2 + 2 * 2048 + 32;  // two signatures, and padding
constexpr std::size_t kNode = 12;
constexpr std::size_t kMostBits = 128;  // of an address, and so of the way to a node

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return number;
}

tl::unexpected<Error> damaged(std::string what) { return fail(Code::corrupt, std::move(what)); }

/// Whether no way from the root is longer than an address, which none is that leads back. Nodes may have several
/// parents: each is looked into once.
class Tree {
 public:
  explicit Tree(std::string_view nodes) : nodes_(nodes), heights_(nodes.size() / kNode, kUnseen) {}

  bool is_sound() {
    if (heights_.empty()) return false;
    std::vector<Step> way{{0}};
    heights_[0] = kOpen;
    while (!way.empty()) {
      Step& last = way.back();
      if (last.next == 2) {
        heights_[last.node] = last.height;
        const std::uint8_t height = last.height;
        way.pop_back();
        if (!way.empty() && !raise(way.back(), height)) return false;
        continue;
      }
      const std::uint32_t child = number_at(nodes_, std::size_t{last.node} * kNode + 4 * last.next++);
      if (child == 0) continue;
      if (child >= heights_.size() || heights_[child] == kOpen) return false;
      if (heights_[child] != kUnseen) {
        if (!raise(last, heights_[child])) return false;
        continue;
      }
      if (way.size() > kMostBits) return false;
      heights_[child] = kOpen;
      way.push_back({child});
    }
    return true;
  }

 private:
  static constexpr std::uint8_t kUnseen = 254;
  static constexpr std::uint8_t kOpen = 255;  // on the way to what is looked at
  struct Step {
    std::uint32_t node;
    std::uint8_t next = 0;    // child that is looked at
    std::uint8_t height = 0;  // of those looked at
  };

  static bool raise(Step& step, std::uint8_t height) {
    if (height >= step.height) step.height = static_cast<std::uint8_t>(height + 1);
    return step.height <= kMostBits;
  }

  std::string_view nodes_;
  std::vector<std::uint8_t> heights_;
};

}  // namespace

Result<void> check_loc(std::string_view bytes) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with(kLocMagic)) return damaged("the header is not whole");
  if (bytes[kVersionAt] != 1) return damaged("its version is not known");
  std::string_view sections[kSections];
  for (std::size_t i = 0; i < kSections; ++i) {
    const std::size_t offset = number_at(bytes, kSectionsAt + 8 * i);
    const std::size_t length = number_at(bytes, kSectionsAt + 8 * i + 4);
    if (offset > bytes.size() || length > bytes.size() - offset) return damaged("it is not whole");
    sections[i] = bytes.substr(offset, length);
  }
  const std::string_view pool = sections[kPool];
  if (!pool.empty() && pool.back() != '\0') return damaged("its last text has no end");
  if (!Tree(sections[kTree]).is_sound()) return damaged("its tree is none");
  return {};
}

}  // namespace maildrop::filter
