/// fault_log.cc: a line a minute for each filter.
#include "filter/fault_log.h"

#include <utility>

#include "core/log.h"

namespace maildrop::filter {

void FaultLog::tell(std::string_view filter, const std::string& what, Monotonic now) {
  if (const std::optional<unsigned> unlogged = due(filter, now))
    log::warning("filter has a fault", {{"filter", filter}, {"error", what}, {"not_logged", *unlogged}});
}

std::optional<unsigned> FaultLog::due(std::string_view filter, Monotonic now) {
  const std::lock_guard lock(mutex_);
  auto line = lines_.find(filter);
  if (line == lines_.end()) {
    lines_.emplace(filter, Line{now});
    return 0;
  }
  if (line->second.at && now < *line->second.at + kPause) {
    ++line->second.unlogged;
    return std::nullopt;
  }
  line->second.at = now;
  return std::exchange(line->second.unlogged, 0);
}

void FaultLog::begin_anew() {
  const std::lock_guard lock(mutex_);
  for (auto& [filter, line] : lines_) line.at.reset();
}

}  // namespace maildrop::filter
