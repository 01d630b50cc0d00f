/// tcp_signature.h: what the packet looks like by which a client opened its connection, in the form of p0f 3.
///
/// Systems differ in what they ask for there: how large a window, which options, in which order. A client does not say
/// it, its kernel does; one who wants to lie needs another kernel, or sends packets by himself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace maildrop::filter {

/// What is odd about a packet; each is a bit, in the order in which p0f names them.
enum class Quirk : std::uint32_t {
  df,           // IPv4: is not to be cut into fragments
  id_with_df,   // `id+`: and has a number for them all the same
  id_zero,      // `id-`: could be, and has none
  ecn,          // speaks of congestion, RFC 3168
  zero_bit,     // `0+`: the bit that must be zero is not
  flow,         // IPv6: has a flow label
  seq_zero,     // `seq-`
  ack_unused,   // `ack+`: a number, without the flag
  ack_zero,     // `ack-`: the flag, without a number
  urgent,       // `uptr+`: a pointer, without the flag
  urgent_flag,  // `urgf+`
  push_flag,    // `pushf+`
  time_zero,    // `ts1-`: its own timestamp is zero
  time_peer,    // `ts2+`: the other's is not
  after_end,    // `opt+`: something stands behind the end of the options
  wide,         // `exws`: a window scale beyond 14
  broken,       // `bad`: options that are cut off, or of a wrong length
};
inline constexpr std::string_view kQuirkNames[] = {"df",   "id+",  "id-",  "ecn",   "0+",    "flow",
                                                   "seq-", "ack+", "ack-", "uptr+", "urgf+", "pushf+",
                                                   "ts1-", "ts2+", "opt+", "exws",  "bad"};
inline constexpr std::uint32_t bit(Quirk quirk) { return 1u << static_cast<unsigned>(quirk); }

struct TcpSignature {
  unsigned version = 4;        // of IP
  unsigned ttl = 0;            // as it arrived
  unsigned ip_options = 0;     // bytes
  unsigned mss = 0;            // 0: not said
  unsigned window = 0;         // bytes, not scaled
  unsigned scale = 0;          // powers of two
  std::string layout{};        // of options: `mss,sok,ts,nop,ws`
  std::uint32_t quirks = 0;    // bits
  bool payload = false;        // data came with it (RFC 7413)
  bool has_timestamp = false;  // that is not zero

  bool has(Quirk quirk) const { return (quirks & bit(quirk)) != 0; }
  /// Of the values that systems begin with, the next one: 32, 64, 128 or 255.
  unsigned first_ttl() const;
  /// Routers on the way, if it began with that.
  unsigned distance() const { return first_ttl() - ttl; }
  /// `4:59+5:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0`, the TTL as it arrived, and the distance behind the plus.
  std::string to_string() const;
};

/// `packet`: headers of IP and TCP, as far as they go. Nothing: it is no such thing, or cut off within what all have;
/// options that are is a quirk.
std::optional<TcpSignature> read_signature(std::string_view packet);

}  // namespace maildrop::filter
