/// journal.h: reads the journal of systemd, as journalctl(1) does.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop::service {

struct JournalEntry {
  Time time;
  int priority;  // syslog(3): 3 is an error, 7 for debugging
  std::string message;
};

/// All entries that programs of that name (SYSLOG_IDENTIFIER) have left here, or since then, oldest first, as far as
/// we may read them: root and the group systemd-journal may read all. Blocks as the disk does.
///   unavailable  it cannot be read
Result<void> read_journal(const std::string& identifier, std::optional<Time> since,
                          const std::function<void(const JournalEntry&)>& each);

}  // namespace maildrop::service
