/// export_target.h: where `maildrop inbox --export` writes messages to: an mbox, or a folder of files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace maildrop::cmd {

/// The values of --export.
inline const std::vector<std::string> kExportFormats = {"eml", "mbox", "maildir"};

/// Not thread-safe. Blocking.
class ExportTarget {
 public:
  virtual ~ExportTarget() = default;
  /// Writes it. false: it is there already, and was left as it is. A failure names the file and leaves no part of the
  /// message; of an mbox nothing at all, once the target is destroyed.
  virtual Result<bool> add(const store::Message& message) = 0;
  /// On success all that was added to files at the path outlives a crash of the machine. REQUIRES: called once, last.
  virtual Result<void> finish() = 0;
};

/// Makes what is missing of `path`: the file (mode 0600), the folders (0700). The names of files come from our ids and
/// times alone, never from a sender.
///   eml      PATH/ID.eml, byte for byte as stored. `force` replaces those that are there
///   mbox     the file PATH, once it is whole, or `fd` where `path` is empty; X-Envelope-To is put before each message,
///            so that its record tells which inbox it was for. `force` replaces the file
///   maildir  PATH/new/SECONDS.mID.maildrop, the same with X-Envelope-To, line ends LF. There already: in `cur`, with
///            any flags, too
Result<std::unique_ptr<ExportTarget>> open_export(std::string_view format, const std::string& path, int fd, bool force);

}  // namespace maildrop::cmd
