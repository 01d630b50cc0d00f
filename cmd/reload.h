/// reload.h: what HUP asks for: the configuration read again, beside a service that goes on.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "core/config.h"
#include "core/result.h"
#include "daemon.h"
#include "file_limits.h"
#include "filter/chain_source.h"
#include "service/tls.h"

namespace maildrop::cmd {

struct Reloaded {
  Config config;  // what only a start can change is as it was, so that what is shown is what is in force
  std::vector<std::string_view> changed;
  std::vector<std::string_view> kept;  // changed in the files, but only a restart would take it up
  std::vector<Lowered> lowered;
  service::TlsContextPtr tls;        // of a daemon with SMTP
  Origins origins{};                 // of all values, as if all were taken up
  std::vector<std::string> files{};  // that were read
};

/// Reads and checks all that can change while a daemon runs, certificates and keys too. For any thread; blocks as the
/// files do.
///   invalid  a file is wrong, or cannot be read: nothing is to change
/// `chains` of a daemon with SMTP has another latest one then.
Result<Reloaded> read_again(const Globals& globals, const Config& current, DaemonParts parts, std::size_t file_limit,
                            filter::ChainSource* chains);
/// For who applies it: before that, nothing of it is true. Takes up the settings of the log, too.
void log_changes(const Reloaded& reloaded, std::size_t file_limit);

}  // namespace maildrop::cmd
