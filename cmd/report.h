/// report.h: the parts of `maildrop report`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"

namespace maildrop::cmd {

/// How many lines were no decisions, of how many.
struct ReportsRead {
  std::size_t lines = 0;
  std::size_t broken = 0;
};

/// false: it is no decision.
using EachDecision = std::function<bool(std::string_view line)>;

/// The lines of these files, `-` being standard input. Without any, those that the configuration names: report.file,
/// what was moved aside first, or the stream of report.redis, from `since` on.
///   invalid      the configuration names none
///   not_found    there is no such file
///   unavailable  it cannot be read
Result<ReportsRead> read_reports(const Config& config, const std::vector<std::string>& files, Time since,
                                 const EachDecision& each);

}  // namespace maildrop::cmd
