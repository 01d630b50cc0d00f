/// packed_body.cc: the data, and behind it what else is kept of a message as tagged parts (packed_parts.h). Tags that
/// are not known are passed over. An older maildrop had the transcript alone there, without a tag.
#include "store/packed_body.h"

#include <utility>

#include "store/compression.h"
#include "store/packed_parts.h"

namespace maildrop::store {

namespace {

constexpr std::uint64_t kMostData = 1u << 30;  // twice what mail.max_size may be
// Behind the data: transcript and verdicts are 128 KiB at most, the rest is for what a newer maildrop adds.
constexpr std::size_t kMostBehind = 4u << 20;

constexpr std::uint64_t kTagged = 16;  // of a form with tagged parts, to which its dictionary is added
static_assert(kDictionary < kTagged);

// Tags. None is ever given to anything else.
constexpr unsigned kTranscript = 1, kVerdicts = 2;

/// Takes `data`, or throws and leaves it as it was.
PackedBody packed(std::string& data, std::string_view transcript, std::string_view verdicts, int level) {
  if (verdicts.size() > kMostVerdicts) verdicts = {};
  PackedBody body;
  body.data_size = data.size();
  body.tagged = !verdicts.empty();
  data.reserve(data.size() + transcript.size() + verdicts.size() + (body.tagged ? 2 * kMostPartHead : 0));
  // From here on there is room for what comes behind: all of it, or nothing.
  if (body.tagged) {
    if (!transcript.empty()) put_part(kTranscript, transcript, data);
    put_part(kVerdicts, verdicts, data);
  } else {
    data += transcript;
  }
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

/// false: damaged.
bool take_parts(std::string_view behind, UnpackedBody& body) {
  PackedReader reader{behind};
  while (!reader.rest.empty() && !reader.bad) {
    const std::uint64_t tag = reader.number();
    const std::string_view bytes = reader.text();
    if (tag == kTranscript) body.transcript = bytes;
    if (tag == kVerdicts) body.verdicts = bytes;
  }
  return !reader.bad;
}

tl::unexpected<Error> damaged_body() { return fail(Code::corrupt, "what is stored is damaged"); }

}  // namespace

void pack_body(Delivery& delivery, int level) {
  if (delivery.packed) return;
  delivery.packed = packed(delivery.data, delivery.transcript, delivery.verdicts, level);
  delivery.data = {};
  delivery.transcript = {};
  delivery.verdicts = {};
}

PackedBodies::PackedBodies(std::span<const Delivery> deliveries, int level) {
  bodies_.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    if (!delivery.packed) {
      std::string data = delivery.data;
      own_.push_back(packed(data, delivery.transcript, delivery.verdicts, level));
    }
    bodies_.push_back(delivery.packed ? &*delivery.packed : &own_.back());
  }
}

std::uint64_t form_of(const PackedBody& body) { return (body.tagged ? kTagged : 0) + body.dictionary; }

Result<UnpackedBody> unpack_body(std::uint64_t form, std::string_view bytes, std::uint64_t size) {
  const std::uint64_t dictionary = form < kTagged ? form : form - kTagged;
  if (dictionary > kDictionary || size > kMostData) return damaged_body();
  UnpackedBody body;
  if (dictionary == 0) {
    body.data = bytes;
  } else {
    body.data = TRY(decompress(static_cast<unsigned>(dictionary), bytes, size + kMostBehind));
  }
  if (body.data.size() < size || body.data.size() - size > kMostBehind) return damaged_body();
  const std::string_view behind = std::string_view(body.data).substr(size);
  if (form < kTagged) {
    body.transcript = behind;
  } else if (!take_parts(behind, body)) {
    return damaged_body();
  }
  body.data.resize(size);
  return body;
}

}  // namespace maildrop::store
