/// fuzz_packed.cc: rows of a store: a summary, and, behind two bytes for its form and the size of its data, a body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/packed_body.h"
#include "store/packed_summary.h"

using namespace maildrop::store;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto summary = unpack("id", bytes)) {
    const auto again = unpack("id", pack(*summary, summary->to, false));  // what is read can be kept
    if (!again || again->tls != summary->tls || again->subject != summary->subject || again->mark != summary->mark ||
        again->score != summary->score)
      std::abort();
  }
  if (size < 2) return 0;
  const auto body = unpack_body(data[0], bytes.substr(2), data[1]);
  if (body && body->data.size() != data[1]) std::abort();
  return 0;
}
