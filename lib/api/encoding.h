/// encoding.h: answers made smaller for clients that can undo it (RFC 9110 8.4, 12.5.3). Pure; by zlib.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maildrop::api {

inline constexpr std::size_t kLeastToCompress = 1024;     // bytes: what goes into one packet is no faster in less
inline constexpr std::size_t kMostToCompress = 8u << 20;  // beyond, a worker's time is worth more: 50 ms a MiB

/// Whether an Accept-Encoding takes gzip, by name or by `*`, with a weight that is not nought. A field that cannot be
/// read takes nothing.
bool accepts_gzip(std::string_view accept_encoding);

/// The same bytes each time. nullopt where it would not be smaller. Takes as much memory as `bytes` have, and 300 KB.
std::optional<std::string> gzip(std::string_view bytes);

}  // namespace maildrop::api
