/// reload.h: what HUP asks for: the configuration read again, beside a service that goes on.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "command.h"
#include "core/config.h"
#include "core/result.h"
#include "daemon.h"
#include "filter/chain_source.h"
#include "service/tls.h"

namespace maildrop::cmd {

inline constexpr std::size_t kReservedFiles = 128;  // for the store, logs and what libraries open

struct Lowered {
  std::string_view key;
  unsigned wanted;
  unsigned to;
};

/// Lowers the numbers of connections, so that the store and those who are connected find descriptors when all seats are
/// taken: HTTP gets what it wants up to a quarter, or all where there is no SMTP.
std::vector<Lowered> fit_to_files(Config& config, DaemonParts parts, std::size_t file_limit);
void log_lowered(const std::vector<Lowered>& lowered, std::size_t file_limit);

struct Reloaded {
  Config config;  // what only a start can change is as it was, so that what is shown is what is in force
  std::vector<std::string_view> changed;
  std::vector<std::string_view> kept;  // changed in the files, but only a restart would take it up
  std::vector<Lowered> lowered;
  service::TlsContextPtr tls;  // of a daemon with SMTP
  std::size_t files = 0;
};

/// Reads and checks all that can change while a daemon runs, certificates and keys too. For any thread; blocks as the
/// files do.
///   invalid  a file is wrong, or cannot be read: nothing is to change
/// `chains` of a daemon with SMTP has another latest one then.
Result<Reloaded> read_again(const Globals& globals, const Config& current, DaemonParts parts, std::size_t file_limit,
                            filter::ChainSource* chains);
/// For who applies it: before that, nothing of it is true.
void log_changes(const Reloaded& reloaded, std::size_t file_limit);

}  // namespace maildrop::cmd
