/// fair_share.cc: sources as numbers, and what they hold.
#include "store/fair_share.h"

#include <algorithm>
#include <new>

#include "core/net.h"
#include "core/random.h"

namespace maildrop::store {

namespace {

// No global IPv6 /48 is among these: 0000::/8 is reserved (RFC 4291 4).
constexpr std::uint64_t kFirstV4 = 1;
constexpr std::uint64_t kLastV4 = 1 << 24;

/// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mixed(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
  return n ^ (n >> 31);
}

}  // namespace

Source source_of(std::string_view peer) {
  const auto address = IpAddress::parse(peer);
  if (!address) return Source::local;
  const bool v4 = address->is_v4();
  std::uint64_t number = 0;
  for (std::size_t i = v4 ? 12 : 0; i < (v4 ? 15 : 6); ++i) number = number << 8 | address->bytes()[i];
  return Source(v4 ? number + kFirstV4 : number);
}

std::string to_string(Source source) {
  auto number = static_cast<std::uint64_t>(source);
  if (source == Source::local) return "local";
  if (number <= kLastV4)
    return IpAddress::from_v4(static_cast<std::uint32_t>(number - kFirstV4) << 8).to_string() + "/24";
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 6; i-- > 0; number >>= 8) bytes[i] = static_cast<std::uint8_t>(number);
  return IpAddress::from_v6(bytes).to_string() + "/48";
}

std::uint64_t weight_in_sample(std::uint64_t bytes, std::uint64_t capacity, std::uint64_t random) {
  const std::uint64_t unit = std::max<std::uint64_t>(capacity >> 16, 1);
  if (bytes >= unit) return bytes;
  return random % unit < bytes ? unit : 0;
}

Holdings::Holdings(std::uint64_t capacity)
    : large_from_(std::max<std::uint64_t>(capacity / kLarge, 1)),
      seeds_{},
      // Not a vector, which would write its zeros: the kernel's take no memory until one of them becomes a number.
      cells_(static_cast<std::uint64_t*>(std::calloc(kRows * kColumns, sizeof(std::uint64_t)))) {
  if (!cells_) throw std::bad_alloc();
  random_bytes({reinterpret_cast<char*>(seeds_.data()), sizeof seeds_});
}

std::size_t Holdings::column(std::size_t row, Source source) const {
  return row * kColumns + mixed(static_cast<std::uint64_t>(source) ^ seeds_[row]) % kColumns;
}

void Holdings::add(Source source, std::uint64_t bytes) {
  for (std::size_t row = 0; row < kRows; ++row) cells_[column(row, source)] += bytes;
  note(source);
}

void Holdings::take(Source source, std::uint64_t bytes) {
  for (std::size_t row = 0; row < kRows; ++row)
    cells_[column(row, source)] -= std::min(cells_[column(row, source)], bytes);
  note(source);
}

std::uint64_t Holdings::of(Source source) const {
  std::uint64_t least = UINT64_MAX;
  for (std::size_t row = 0; row < kRows; ++row) least = std::min(least, cells_[column(row, source)]);
  return least;
}

void Holdings::note(Source source) {
  const std::uint64_t bytes = of(source);
  if (bytes >= large_from_) {
    large_[source] = bytes;
  } else {
    large_.erase(source);
  }
}

std::uint64_t Holdings::of_large() const {
  std::uint64_t sum = 0;
  for (const auto& [source, bytes] : large_) sum += bytes;
  return sum;
}

std::vector<Holdings::Holder> Holdings::largest() const {
  std::vector<Holder> found;
  found.reserve(large_.size());
  for (const auto& [source, bytes] : large_) found.push_back({source, bytes});
  std::sort(found.begin(), found.end(), [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; });
  return found;
}

}  // namespace maildrop::store
