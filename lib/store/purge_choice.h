/// purge_choice.h: which messages an operator wants removed. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/net.h"
#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

/// `*` is any text, `?` one character, `\` takes the next one as it is; the whole text has to fit, and case of ASCII
/// does not matter. Time grows with pattern times text at worst, whatever a sender wrote.
bool fits_glob(std::string_view pattern, std::string_view text);

/// `FIELD=GLOB`: one field of a message, by the name that JSON has for it.
class FieldMatch {
 public:
  static Result<FieldMatch> parse(std::string_view text);
  bool matches(const Summary& summary) const;

 private:
  std::string Summary::*field_ = nullptr;
  std::string glob_;
};

/// As it is typed.
struct PurgeWish {
  std::vector<std::string> names;    // inboxes; none: all
  std::string older;                 // a duration; empty: any age
  std::vector<std::string> matches;  // all have to fit
  std::string source;                // a network; empty: from anywhere
  std::string larger;                // a size; empty: any
  bool over_quota = false;
  bool all = false;  // of all inboxes everything

  bool has_condition() const {
    return !older.empty() || !matches.empty() || !source.empty() || !larger.empty() || over_quota;
  }
};

/// What it chooses, at a moment: all conditions hold.
class Choice {
 public:
  /// invalid for what parses as none.
  static Result<Choice> make(const PurgeWish& wish, Time now);
  bool operator()(const Found& found) const;

 private:
  std::optional<Time> before_;
  std::vector<FieldMatch> matches_;
  std::optional<Network> source_;
  std::optional<std::uint64_t> above_;
  bool over_quota_ = false;
};

}  // namespace maildrop::store
