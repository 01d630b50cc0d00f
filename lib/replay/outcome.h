/// outcome.h: what came of one recorded message before the filters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "filter/fate.h"
#include "filter/verdict.h"
#include "replay/source.h"

namespace maildrop::replay {

using filter::Fate;
using filter::kFateNames;
using filter::kFates;

/// Its recipient would not have seen it among his mail, or with a mark: what an operator means by caught. A deferred
/// message is not: a server comes again, and most of what sends spam does, too.
constexpr bool is_caught(Fate fate) { return fate != Fate::accepted && fate != Fate::deferred; }

/// What one filter found of it, all phases and recipients together. Those that found nothing have none.
struct Hit {
  std::size_t filter = 0;   // its place in the chain
  double score = 0;         // the sum of what it gave, with its weight
  bool counts = false;      // the score does
  filter::Action action{};  // the gravest that it wanted, whatever its mode
  bool failed = false;      // it could not tell
  Fate without{};           // what would have become of the message without this filter
  std::string reason{};     // the first, one line; may hold anything that a stranger wrote
};

/// What a filter took to judge it, whether it found something or not.
struct Cost {
  std::size_t filter = 0;
  std::uint64_t micros = 0;
};

/// What the sum of a message's scores is made of, whatever weights and thresholds there are.
struct Parts {
  bool decided = false;  // its fate is somebody's who is enforced, or who lets it pass: no sum changes that
  /// What filters found, each by its place in the chain, without its weight, all phases together; of recipients that
  /// who gave most. Those that are off in the sum (observe), too.
  std::vector<std::pair<std::size_t, double>> scores{};
};

struct Outcome {
  std::string name;  // as of its Sample
  Label label = Label::none;
  Time time{};             // when it came, by its record; Time{}: not known
  std::uint64_t size = 0;  // bytes
  Fate fate{};
  std::string by{};  // the filter whose fate it is, or `score`; empty: of accepted ones
  double score = 0;  // the sum of all that count
  std::vector<Hit> hits{};
  std::vector<Cost> costs{};
  std::optional<Parts> parts{};  // where they are wanted
};

}  // namespace maildrop::replay
