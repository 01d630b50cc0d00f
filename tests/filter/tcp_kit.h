/// tcp_kit.h: packets that open connections, made as a test wants them.
#pragma once

#include <cstdint>
#include <string>

namespace maildrop::filter::test {

inline std::string bytes_of(std::uint64_t number, unsigned count) {
  std::string bytes;
  while (count-- > 0) bytes += static_cast<char>(number >> 8 * count);
  return bytes;
}

inline const std::string kMss("\2\4\5\xb4"), kNop("\1"), kSackOk("\4\2"), kStamp("\10\12\0\0\1\2\0\0\0\0", 10);
inline std::string scale(unsigned by) { return "\3\3" + bytes_of(by, 1); }
/// As Linux and Windows XP have them.
inline const std::string kLinux = kMss + kSackOk + kStamp + kNop + scale(7);
inline const std::string kXp = kMss + kNop + kNop + kSackOk;

struct Syn {
  std::string options = kLinux;  // padded to whole words with zeros
  unsigned window = 29200;
  unsigned ttl = 53;
  unsigned flags = 2;  // of TCP
  std::uint32_t seq = 7, ack = 0;
  unsigned urgent = 0;
  unsigned id = 1;
  unsigned fragment = 0x4000;  // flags of IP, and the offset
  unsigned traffic_class = 0;
  std::string ip_options{};
  std::string payload{};
  std::uint32_t flow = 0;
  unsigned protocol = 6;

  std::string tcp() const {
    std::string padded = options;
    while (padded.size() % 4 != 0) padded += '\0';
    return bytes_of(40000, 2) + bytes_of(25, 2) + bytes_of(seq, 4) + bytes_of(ack, 4) +
           bytes_of((20 + padded.size()) / 4 << 4, 1) + bytes_of(flags, 1) + bytes_of(window, 2) + bytes_of(0, 2) +
           bytes_of(urgent, 2) + padded;
  }
  /// Headers alone, as the kernel keeps them.
  std::string v4() const {
    const std::size_t header = 20 + ip_options.size();
    return bytes_of(0x40 + header / 4, 1) + bytes_of(traffic_class, 1) +
           bytes_of(header + tcp().size() + payload.size(), 2) + bytes_of(id, 2) + bytes_of(fragment, 2) +
           bytes_of(ttl, 1) + bytes_of(protocol, 1) + bytes_of(0, 2) + bytes_of(0xc0000201, 4) +
           bytes_of(0xc6336401, 4) + ip_options + tcp();
  }
  std::string v6() const {
    return bytes_of(0x60000000 + (traffic_class << 20) + flow, 4) + bytes_of(tcp().size() + payload.size(), 2) +
           bytes_of(protocol, 1) + bytes_of(ttl, 1) + std::string(32, '\1') + tcp();
  }
};

}  // namespace maildrop::filter::test
