/// store.cc: message ids: made, and recognised in what strangers send.
#include "store/store.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/random.h"

namespace maildrop::store {

namespace {

constexpr std::size_t kIdLength = 26;  // 16 bytes, 5 bits a character
constexpr std::size_t kStampBytes = 4;
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // as random.h

}  // namespace

MessageId MessageId::make(Time now) {
  std::array<char, 16> bytes{};
  const auto seconds = static_cast<std::uint32_t>(to_millis(now) / 1000);
  for (std::size_t i = 0; i < kStampBytes; ++i) bytes[i] = static_cast<char>(seconds >> (24 - 8 * i));
  // Fresh from the kernel each time: a buffered pool would repeat itself in a forked child.
  const std::size_t wanted = bytes.size() - kStampBytes;
  if (getrandom(bytes.data() + kStampBytes, wanted, 0) != static_cast<ssize_t>(wanted)) std::abort();
  return MessageId(base32({bytes.data(), bytes.size()}));
}

Result<MessageId> MessageId::parse(std::string_view text) {
  const bool known = std::all_of(text.begin(), text.end(),
                                 [](char c) { return c != '\0' && kAlphabet.find(c) != std::string_view::npos; });
  if (text.size() != kIdLength || !known) return fail(Code::invalid, "not a message id");
  return MessageId(std::string(text));
}

}  // namespace maildrop::store
