/// tcp_signature.cc: headers of IP (RFC 791, RFC 8200) and TCP (RFC 9293), read as p0f does.
#include "filter/tcp_signature.h"

#include <algorithm>

namespace maildrop::filter {

namespace {

constexpr std::size_t kIp4 = 20, kIp6 = 40, kTcp = 20;  // bytes of headers without options
constexpr unsigned kTcpProtocol = 6;
constexpr unsigned kLargestScale = 14;  // RFC 7323 2.3
constexpr unsigned kEcnBits = 3;        // of the traffic class, RFC 3168

/// Numbers of what may be cut off: what is not there is zero.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}

  std::size_t size() const { return text_.size(); }
  unsigned u8(std::size_t at) const { return at < text_.size() ? static_cast<unsigned char>(text_[at]) : 0; }
  unsigned u16(std::size_t at) const { return u8(at) << 8 | u8(at + 1); }
  std::uint32_t u32(std::size_t at) const { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }
  Bytes from(std::size_t at) const { return Bytes(text_.substr(std::min(at, text_.size()))); }
  Bytes until(std::size_t end) const { return Bytes(text_.substr(0, end)); }
  bool all_zero() const { return text_.find_first_not_of('\0') == std::string_view::npos; }

 private:
  std::string_view text_;
};

class PacketReader {
 public:
  std::optional<TcpSignature> read(const Bytes& packet) {
    const unsigned version = packet.u8(0) >> 4;
    if (version == 4) return read_ip4(packet);
    if (version == 6) return read_ip6(packet);
    return std::nullopt;
  }

 private:
  void note(Quirk quirk, bool there = true) {
    if (there) found_.quirks |= bit(quirk);
  }

  std::optional<TcpSignature> read_ip4(const Bytes& packet) {
    constexpr unsigned kMustBeZero = 0x8000, kDontFragment = 0x4000;  // RFC 791 3.1, Flags
    const std::size_t header = (packet.u8(0) & 15) * 4;
    if (header < kIp4 || packet.size() < header || packet.u8(9) != kTcpProtocol) return std::nullopt;
    found_.version = 4;
    found_.ttl = packet.u8(8);
    found_.ip_options = static_cast<unsigned>(header - kIp4);
    const unsigned flags = packet.u16(6), id = packet.u16(4);
    note(Quirk::ecn, (packet.u8(1) & kEcnBits) != 0);
    note(Quirk::zero_bit, (flags & kMustBeZero) != 0);
    const bool whole = (flags & kDontFragment) != 0;
    note(Quirk::df, whole);
    note(Quirk::id_with_df, whole && id != 0);
    note(Quirk::id_zero, !whole && id == 0);
    return read_tcp(packet.from(header), packet.u16(2) - static_cast<int>(header));
  }

  /// What has headers between the two is nothing p0f knows, and no system sends it.
  std::optional<TcpSignature> read_ip6(const Bytes& packet) {
    constexpr std::uint32_t kFlowLabel = 0xfffff;
    if (packet.size() < kIp6 || packet.u8(6) != kTcpProtocol) return std::nullopt;
    found_.version = 6;
    found_.ttl = packet.u8(7);
    note(Quirk::ecn, (packet.u32(0) >> 20 & kEcnBits) != 0);
    note(Quirk::flow, (packet.u32(0) & kFlowLabel) != 0);
    return read_tcp(packet.from(kIp6), static_cast<int>(packet.u16(4)));
  }

  /// `length`: of the header and what follows, by the word of IP.
  std::optional<TcpSignature> read_tcp(const Bytes& segment, int length) {
    constexpr unsigned kFin = 1, kSyn = 2, kReset = 4, kPush = 8, kAck = 16, kUrgent = 32, kEcn = 64 | 128;
    const std::size_t header = (segment.u8(12) >> 4) * 4;
    const unsigned flags = segment.u8(13);
    if (segment.size() < kTcp || header < kTcp || (flags & (kSyn | kFin | kReset)) != kSyn) return std::nullopt;
    found_.window = segment.u16(14);
    found_.payload = length > static_cast<int>(header);
    note(Quirk::ecn, (flags & kEcn) != 0);
    note(Quirk::seq_zero, segment.u32(4) == 0);
    note(Quirk::ack_unused, (flags & kAck) == 0 && segment.u32(8) != 0);
    note(Quirk::ack_zero, (flags & kAck) != 0 && segment.u32(8) == 0);
    note(Quirk::urgent, (flags & kUrgent) == 0 && segment.u16(18) != 0);
    note(Quirk::urgent_flag, (flags & kUrgent) != 0);
    note(Quirk::push_flag, (flags & kPush) != 0);
    note(Quirk::broken, segment.size() < header);
    read_options(segment.until(header).from(kTcp));
    return std::move(found_);
  }

  void read_options(const Bytes& options) {
    for (std::size_t at = 0; at < options.size();) {
      const unsigned kind = options.u8(at);
      if (kind == 0) return end_options(options.from(at + 1));
      if (kind == 1) {
        add("nop");
        ++at;
        continue;
      }
      const std::size_t length = options.u8(at + 1);
      const bool whole = length >= 2 && at + length <= options.size();
      // An option of a wrong length has its name in the layout, and ends it.
      if (!read_option(kind, options.from(at).until(length)) || !whole) return note(Quirk::broken);
      at += length;
    }
  }

  void end_options(const Bytes& rest) {
    add("eol+" + std::to_string(rest.size()));
    note(Quirk::after_end, !rest.all_zero());
  }

  /// false: its length is not what its kind has.
  bool read_option(unsigned kind, const Bytes& option) {
    switch (kind) {
      case 2:
        add("mss");
        found_.mss = option.u16(2);
        return option.size() == 4;
      case 3:
        add("ws");
        found_.scale = option.u8(2);
        note(Quirk::wide, found_.scale > kLargestScale);
        return option.size() == 3;
      case 4: add("sok"); return option.size() == 2;
      case 5: add("sack"); return option.size() >= 10 && option.size() <= 34;  // one to four blocks, RFC 2018
      case 8:
        add("ts");
        found_.has_timestamp = option.u32(2) != 0;
        note(Quirk::time_zero, !found_.has_timestamp);
        note(Quirk::time_peer, option.u32(6) != 0);
        return option.size() == 10;
      default: add("?" + std::to_string(kind)); return true;
    }
  }

  void add(const std::string& option) { found_.layout += (found_.layout.empty() ? "" : ",") + option; }

  TcpSignature found_;
};

std::string names_of(std::uint32_t quirks) {
  std::string names;
  for (std::size_t i = 0; i < std::size(kQuirkNames); ++i)
    if ((quirks >> i & 1) != 0) names.append(names.empty() ? "" : ",").append(kQuirkNames[i]);
  return names;
}

}  // namespace

unsigned TcpSignature::first_ttl() const { return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255; }

std::string TcpSignature::to_string() const {
  const auto text = [](unsigned number) { return std::to_string(number); };
  const bool multiple = mss >= 100 && window != 0 && window % mss == 0;  // of less anything is one
  return text(version) + ":" + text(ttl) + "+" + text(distance()) + ":" + text(ip_options) + ":" + text(mss) + ":" +
         (multiple ? "mss*" + text(window / mss) : text(window)) + "," + text(scale) + ":" + layout + ":" +
         names_of(quirks) + ":" + (payload ? "+" : "0");
}

std::optional<TcpSignature> read_signature(std::string_view packet) { return PacketReader().read(Bytes(packet)); }

}  // namespace maildrop::filter
