/// purge.h: the parts of `maildrop purge`: what is to go, and the run that removes it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/net.h"
#include "core/result.h"
#include "progress.h"
#include "store/bulk_purge.h"

namespace maildrop::cmd {

/// `*` is any text, `?` one character, `\` takes the next one as it is; the whole text has to fit, and case of ASCII
/// does not matter. Time grows with pattern times text at worst, whatever a sender wrote.
bool fits_glob(std::string_view pattern, std::string_view text);

/// `FIELD=GLOB`: one field of a message, by the name that JSON has for it.
class FieldMatch {
 public:
  static Result<FieldMatch> parse(std::string_view text);
  bool matches(const store::Summary& summary) const;

 private:
  std::string store::Summary::*field_ = nullptr;
  std::string glob_;
};

struct PurgeOptions {
  std::vector<std::string> names;    // as typed
  std::string older;                 // a duration; empty: any age
  std::vector<std::string> matches;  // all have to fit
  std::string source;                // a network; empty: from anywhere
  std::string larger;                // a size; empty: any
  bool over_quota = false;
  bool all = false;
  bool dry_run = false;
  bool yes = false;
  bool json = false;

  bool has_condition() const {
    return !older.empty() || !matches.empty() || !source.empty() || !larger.empty() || over_quota;
  }
};

/// What the options choose, at a moment: all conditions hold.
class Choice {
 public:
  /// invalid for what parses as none.
  static Result<Choice> make(const PurgeOptions& options, Time now);
  bool operator()(const store::Found& found) const;

 private:
  std::optional<Time> before_;
  std::vector<FieldMatch> matches_;
  std::optional<Network> source_;
  std::optional<std::uint64_t> above_;
  bool over_quota_ = false;
};

/// One run on `store`. Gives the exit status; what it prints is for `options`.
class PurgeRun {
 public:
  /// `names` are canonical. All handed in outlives it.
  PurgeRun(const PurgeOptions& options, std::vector<std::string> names, store::Store& store, const Clock& clock);
  int main();

 private:
  Result<bool> run(store::BulkPurge& purge);
  bool agreed() const;
  bool may_ask() const;
  int print_result(const store::BulkPurge& purge, const Result<bool>& ended);

  const PurgeOptions& options_;
  const std::vector<std::string> names_;
  store::Store& store_;
  const Clock& clock_;
  Bar bar_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  bool refused_ = false;               // at the question
  std::optional<bool> wal_truncated_;  // nothing: nothing was removed
};

}  // namespace maildrop::cmd
