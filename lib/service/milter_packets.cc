/// milter_packets.cc: bytes and packets.
#include "service/milter_packets.h"

namespace maildrop::service {

namespace {

constexpr std::size_t kLength = 4;  // bytes of one

}  // namespace

void append_packet(std::string& to, char command, std::initializer_list<std::string_view> data) {
  std::size_t size = 1;
  for (const std::string_view each : data) size += each.size();
  to += four_bytes(static_cast<std::uint32_t>(size));
  to += command;
  for (const std::string_view each : data) to += each;
}

std::string four_bytes(std::uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < kLength; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

void MilterPacketReader::feed(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

Result<std::optional<MilterPacket>> MilterPacketReader::next() {
  const std::string_view left = std::string_view(buffer_).substr(at_);
  if (left.size() < kLength) return std::nullopt;
  const std::uint32_t size = number_at(left, 0);
  if (size == 0 || size > kLargest) return fail(Code::invalid, "it does not speak as milters do");
  if (left.size() < kLength + size) return std::nullopt;
  at_ += kLength + size;
  return MilterPacket{left[kLength], left.substr(kLength + 1, size - 1)};
}

}  // namespace maildrop::service
