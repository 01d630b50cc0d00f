/// file_limits.h: how many descriptors a daemon needs, and what it does with fewer.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "daemon.h"

namespace maildrop::cmd {

/// Beside connections of clients: of the store, logs, libraries, and of filters: a socket for each question to the DNS
/// that is on its way, and connections to services.
std::size_t files_beside(const Config& config, DaemonParts parts);

struct Lowered {
  std::string_view key;
  unsigned wanted;
  unsigned to;
};

/// Lowers dns.lookups and the numbers of connections, so that the store, filters and those who are connected find
/// descriptors when all seats are taken: the DNS gets what it wants up to a quarter, HTTP up to a quarter of the rest,
/// or all of it where there is no SMTP.
std::vector<Lowered> fit_to_files(Config& config, DaemonParts parts, std::size_t file_limit);
void log_lowered(const std::vector<Lowered>& lowered, std::size_t file_limit);

}  // namespace maildrop::cmd
