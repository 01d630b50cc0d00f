/// milter_packets.h: the packets that a milter and its client send each other: a length, a letter, data. No sockets
/// here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::service {

struct MilterPacket {
  char command = '\0';
  std::string_view data{};
};

void append_packet(std::string& to, char command, std::initializer_list<std::string_view> data = {});

/// Four bytes, the highest first.
std::string four_bytes(std::uint32_t number);
/// REQUIRES: there are four bytes at `at`.
std::uint32_t number_at(std::string_view bytes, std::size_t at);

class MilterPacketReader {
 public:
  static constexpr std::size_t kLargest =
      64 * 1024;  // with its letter; the largest there is has 65,535 bytes of a body

  void feed(std::string_view bytes);
  /// Until feed(); nothing: more must come.
  ///   invalid  it is no packet, or larger than any there is
  Result<std::optional<MilterPacket>> next();

 private:
  std::string buffer_;
  std::size_t at_ = 0;  // what of it was given away
};

}  // namespace maildrop::service
