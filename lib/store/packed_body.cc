/// packed_body.cc: the data, and right behind it the transcript.
#include "store/packed_body.h"

#include <utility>

#include "store/compression.h"

namespace maildrop::store {

namespace {

constexpr std::uint64_t kMostData = 1u << 30;      // twice what mail.max_size may be
constexpr std::size_t kMostTranscript = 1u << 20;  // sixteen times what smtp.transcript_size may be

/// Takes `data`, or throws and leaves it as it was.
PackedBody packed(std::string& data, std::string_view transcript, int level) {
  PackedBody body;
  body.data_size = data.size();
  data += transcript;
  std::optional<std::string> smaller;
  try {
    if (level != 0) smaller = compress(data, {level, true});
  } catch (...) {
    data.resize(body.data_size);
    throw;
  }
  body.dictionary = smaller ? kDictionary : 0;
  body.bytes = smaller ? *std::move(smaller) : std::move(data);
  return body;
}

}  // namespace

void pack_body(Delivery& delivery, int level) {
  if (delivery.packed) return;
  delivery.packed = packed(delivery.data, delivery.transcript, level);
  delivery.data = {};
  delivery.transcript = {};
}

PackedBodies::PackedBodies(std::span<const Delivery> deliveries, int level) {
  bodies_.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    if (!delivery.packed) {
      std::string data = delivery.data;
      own_.push_back(packed(data, delivery.transcript, level));
    }
    bodies_.push_back(delivery.packed ? &*delivery.packed : &own_.back());
  }
}

Result<UnpackedBody> unpack_body(std::uint64_t dictionary, std::string_view bytes, std::uint64_t size) {
  if (dictionary > kDictionary || size > kMostData) return fail(Code::corrupt, "what is stored is damaged");
  UnpackedBody body;
  if (dictionary == 0) {
    body.data = bytes;
  } else {
    body.data = TRY(decompress(static_cast<unsigned>(dictionary), bytes, size + kMostTranscript));
  }
  if (body.data.size() < size || body.data.size() - size > kMostTranscript)
    return fail(Code::corrupt, "what is stored is damaged");
  body.transcript.assign(body.data, size);
  body.data.resize(size);
  return body;
}

}  // namespace maildrop::store
