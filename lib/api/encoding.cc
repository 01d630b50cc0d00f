/// encoding.cc: q-values, and one call of deflate.
#include "api/encoding.h"

#include <zlib.h>

#include <algorithm>

#include "core/text.h"

namespace maildrop::api {

namespace {

constexpr int kLevel = 4;              // most of what is to be had, in half the time of the default
constexpr int kGzip = MAX_WBITS + 16;  // as zlib wants it told
constexpr int kMemory = 8;             // zlib's default

/// RFC 9110 12.4.2, as thousandths: `0.5` is 500. nullopt for what is no weight.
std::optional<int> weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = 1000 * (text[0] - '0'), place = 100;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += place * (c - '0');
    place /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> named, any;
  for (const std::string_view each : split(accept_encoding, ',')) {
    const std::size_t semicolon = each.find(';');
    const std::string_view coding = trim(each.substr(0, semicolon));
    std::optional<int> weight = 1000;
    if (semicolon != std::string_view::npos) {
      const std::string_view parameter = trim(each.substr(semicolon + 1));
      if (!equals_ignoring_case(parameter.substr(0, 2), "q=")) return false;
      weight = weight_of(parameter.substr(2));
    }
    if (!weight) return false;
    if (coding == "*") any = weight;
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) named = weight;
  }
  return named.value_or(any.value_or(0)) > 0;
}

std::optional<std::string> gzip(std::string_view bytes) {
  z_stream stream{};
  if (bytes.size() < 2 || bytes.size() > kMostToCompress) return std::nullopt;
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
  std::string out;
  try {
    out.resize(bytes.size() - 1);
  } catch (const std::bad_alloc&) {  // the bytes as they are do as well
    deflateEnd(&stream);
    return std::nullopt;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // which zlib only reads
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool fits = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return fits ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace maildrop::api
