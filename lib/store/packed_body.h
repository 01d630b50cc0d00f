/// packed_body.h: data, transcript and verdicts of a message as one piece of bytes, compressed: what a transcript says,
/// the head of its message mostly says, too.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

/// Packs what is not packed. Level 0: without compressing. When memory runs out it throws, and the delivery is as
/// before.
void pack_body(Delivery& delivery, int level);

/// The bodies of deliveries, of which those that were not packed beforehand are now. The deliveries outlive it.
class PackedBodies {
 public:
  PackedBodies(std::span<const Delivery> deliveries, int level);
  const PackedBody& operator[](std::size_t at) const { return *bodies_[at]; }
  std::span<const PackedBody* const> all() const { return bodies_; }

 private:
  std::vector<const PackedBody*> bodies_;
  std::deque<PackedBody> own_;
};

/// How its bytes are to be read, as stores keep it beside them. Where there are verdicts it is a number that an older
/// maildrop does not know: it takes them for damaged, and not for what they are not.
std::uint64_t form_of(const PackedBody& body);

struct UnpackedBody {
  std::string data;
  std::string transcript;
  std::string verdicts{};
};
/// `size` is that of the data, from its summary. corrupt: damaged.
Result<UnpackedBody> unpack_body(std::uint64_t form, std::string_view bytes, std::uint64_t size);

}  // namespace maildrop::store
