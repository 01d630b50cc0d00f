/// stats.h: the parts of `maildrop stats`: what is asked, where the numbers are, and the run that tells them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/client.h"
#include "api/statistics_digest.h"
#include "api/statistics_forms.h"
#include "core/clock.h"
#include "core/result.h"
#include "store/statistics.h"
#include "store/store.h"
#include "terminal.h"

namespace maildrop::cmd {

struct StatsOptions {
  std::string since, until;  // as typed, checked; empty: the last 24 hours, and now
  std::string by;            // empty: all
  std::size_t top = 0;
  bool json = false, prometheus = false, csv = false;
  bool watch = false;
  std::string every = "2s";  // as typed, checked
  std::string api;
  std::string colour = "auto";
  bool no_pager = false;
};

/// Where the numbers are: a store, or a server.
struct StatsSource {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Statistics> statistics;
  std::uint64_t limit = 0;              // store.max_size
  std::size_t kept = 0;                 // hours
  std::unique_ptr<api::Client> server;  // in place of all these
};

/// One run: reads, and writes in the form that is wanted; with --watch again and again.
class StatsRun {
 public:
  /// All handed in outlives it.
  StatsRun(const StatsOptions& options, StatsSource& source, const Clock& clock, int fd = 1);

  /// Prints and gives the exit status.
  int main();

 private:
  Result<api::Digest> read();
  Result<api::Plot> plot(std::size_t hours, Time now);
  Result<std::vector<store::SourceFigures>> sources();
  Result<int> once();
  Result<int> watch();
  std::string form_of(const api::Digest& digest) const;
  /// One look of many: a screen drawn anew, or a line.
  std::string look_of(const api::Digest& digest, const std::optional<api::Digest>& before) const;
  api::StatisticsChoice choice() const;

  const StatsOptions& options_;
  StatsSource& source_;
  const Clock& clock_;
  const int fd_;
  Screen screen_;  // as it was when it was looked at last
};

}  // namespace maildrop::cmd
