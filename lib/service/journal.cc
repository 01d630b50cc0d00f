/// journal.cc: sd_journal_open(3) and what follows it.
#include "service/journal.h"

#include <systemd/sd-journal.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace maildrop::service {

namespace {

struct CloseJournal {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, CloseJournal>;

tl::unexpected<Error> journal_fails(int number) {
  return fail(Code::unavailable, std::string("cannot read the journal: ") + std::strerror(-number));
}

/// Empty where there is none.
std::string_view data_of(sd_journal* journal, const char* field) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, field, &data, &size) < 0) return {};
  const std::string_view whole(static_cast<const char*>(data), size);
  return whole.substr(std::min(size, std::strlen(field) + 1));
}

}  // namespace

Result<void> read_journal(const std::string& identifier, std::optional<Time> since,
                          const std::function<void(const JournalEntry&)>& each) {
  sd_journal* opened = nullptr;
  if (const int r = sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY); r < 0) return journal_fails(r);
  const Journal journal(opened);
  const std::string match = "SYSLOG_IDENTIFIER=" + identifier;
  if (const int r = sd_journal_add_match(opened, match.data(), match.size()); r < 0) return journal_fails(r);
  const auto from = static_cast<std::uint64_t>(since ? to_millis(*since) * 1000 : 0);
  if (const int r = sd_journal_seek_realtime_usec(opened, from); r < 0) return journal_fails(r);
  int more = 0;
  while ((more = sd_journal_next(opened)) > 0) {
    std::uint64_t micros = 0;
    if (sd_journal_get_realtime_usec(opened, &micros) < 0) continue;  // damaged
    const std::string_view priority = data_of(opened, "PRIORITY");
    each({from_millis(static_cast<std::int64_t>(micros / 1000)), priority.size() == 1 ? priority.front() - '0' : 6,
          std::string(data_of(opened, "MESSAGE"))});
  }
  if (more < 0) return journal_fails(more);
  return {};
}

}  // namespace maildrop::service
