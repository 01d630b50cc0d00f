/// random.cc: getrandom(2), written in letters that nobody mistakes for each other.
#include "core/random.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

namespace maildrop {

namespace {

constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kWhole = 256;      // bytes that come whole, and are not interrupted (getrandom(2))
constexpr std::size_t kMostOfPool = 16;  // names; what is longer is a key

std::atomic<unsigned> forks{0};  // that made this process, and its ancestors

void fresh_bytes(std::span<char> out) {
  // A kernel without getrandom: a name that can be guessed would be worse than none.
  if (getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) std::abort();
}

/// The kernel's bytes, asked for some at a time: each message has an id, and a system call takes longer than all else
/// of it. A forked child has a copy, which it throws away, or it would repeat its parent; what was given is forgotten.
class Pool {
 public:
  void take(std::span<char> out) {
    if (left_ < out.size() || forks_ != forks.load(std::memory_order_relaxed)) {
      forks_ = forks.load(std::memory_order_relaxed);
      fresh_bytes(bytes_);
      left_ = bytes_.size();
    }
    left_ -= out.size();
    const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(left_);
    std::copy_n(from, out.size(), out.begin());
    std::fill_n(from, out.size(), '\0');
  }

 private:
  std::array<char, kWhole> bytes_{};
  std::size_t left_ = 0;
  unsigned forks_ = 0;
};

}  // namespace

std::string base32(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  unsigned bits = 0;  // in `rest`, not yet written
  unsigned rest = 0;
  for (const char c : bytes) {
    rest = (rest << 8 | static_cast<unsigned char>(c)) & 0xFFF;  // at most 4 old bits and 8 new ones
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[rest >> (bits - 5) & 31];
  }
  if (bits > 0) out += kAlphabet[rest << (5 - bits) & 31];
  return out;
}

Result<std::string> from_base32(std::string_view text) {
  std::string out;
  unsigned bits = 0;  // in `rest`, not yet written
  unsigned rest = 0;
  for (const char c : text) {
    const std::size_t value = std::string_view(kAlphabet).find(c);
    if (value >= 32) return fail(Code::invalid, "not base32");
    rest = (rest << 5 | static_cast<unsigned>(value)) & 0xFFF;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(rest >> bits & 0xFF);
  }
  const bool whole = bits < 5 && (rest & ((1U << bits) - 1)) == 0;
  return whole ? Result<std::string>(std::move(out)) : fail(Code::invalid, "not base32 of whole bytes");
}

bool is_base32(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return std::string_view(kAlphabet).find(c) < 32; });
}

void random_bytes(std::span<char> out) {
  static const bool knows_forks = pthread_atfork(nullptr, nullptr, [] { ++forks; }) == 0;
  thread_local Pool pool;
  if (knows_forks && out.size() <= kMostOfPool) return pool.take(out);
  while (!out.empty()) {
    const std::span<char> piece = out.first(std::min(out.size(), kWhole));
    fresh_bytes(piece);
    out = out.subspan(piece.size());
  }
}

std::string random_name(std::size_t bytes) {
  std::string raw(bytes, '\0');
  random_bytes(raw);
  return base32(raw);
}

}  // namespace maildrop
