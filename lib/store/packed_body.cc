/// packed_body.cc: the data, and right behind it the transcript.
#include "store/packed_body.h"

#include <utility>

#include "store/compression.h"

namespace maildrop::store {

namespace {

constexpr std::size_t kMostTranscript = 1u << 20;  // sixteen times what smtp.transcript_size may be

PackedBody packed(const Delivery& delivery, int level) {
  PackedBody body;
  body.data_size = delivery.data.size();
  body.bytes.reserve(delivery.data.size() + delivery.transcript.size());
  body.bytes.append(delivery.data).append(delivery.transcript);
  if (level == 0) return body;
  std::optional<std::string> smaller = compress(body.bytes, {level, true});
  if (!smaller) return body;
  body.dictionary = kDictionary;
  body.bytes = *std::move(smaller);
  return body;
}

}  // namespace

void pack_body(Delivery& delivery, int level) {
  if (delivery.packed) return;
  delivery.packed = packed(delivery, level);
  std::string().swap(delivery.data);
  std::string().swap(delivery.transcript);
}

PackedBodies::PackedBodies(std::span<const Delivery> deliveries, int level) {
  bodies_.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    if (!delivery.packed) own_.push_back(packed(delivery, level));
    bodies_.push_back(delivery.packed ? &*delivery.packed : &own_.back());
  }
}

Result<UnpackedBody> unpack_body(unsigned dictionary, std::string_view bytes, std::uint64_t size) {
  UnpackedBody body;
  if (dictionary == 0) {
    body.data = bytes;
  } else {
    body.data = TRY(decompress(dictionary, bytes, size + kMostTranscript));
  }
  if (body.data.size() < size) return fail(Code::corrupt, "the stored bytes are too few");
  body.transcript.assign(body.data, size);
  body.data.resize(size);
  return body;
}

}  // namespace maildrop::store
