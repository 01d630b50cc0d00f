/// message_room.h: the memory that one message takes beside its bytes.
#pragma once

#include <cstdint>

namespace maildrop {

inline constexpr std::uint64_t kTraceRoom = 4096;  // of trace fields: two paths, a HELO, a host name, results
                                                   // (filter/authentication_results.h); what was removed
inline constexpr std::uint64_t kMaxGrowthByStubs =
    32 * 1024;  // what stands for attachments may be longer than they were

/// Of limits.memory, for a message of that size: as a text grows, or is written without its attachments, there are two.
constexpr std::uint64_t memory_for_one(std::uint64_t message_size) {
  return 2 * (message_size + kTraceRoom) + kMaxGrowthByStubs;
}

}  // namespace maildrop
