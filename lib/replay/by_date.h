/// by_date.h: a source in the order in which its mail came, or in none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/result.h"
#include "replay/source.h"

namespace maildrop::replay {

/// Reads all of `source` at the first next(), into a file without a name under $TMPDIR that takes as much room as the
/// mail and goes with this; then gives it by Envelope::received, the earliest first, those of the same time as they
/// came, and what has none, errors of samples too, before all of them. Memory: 24 bytes for each message.
/// `go_on` is asked before each message that is read, and told how many were: false ends the reading, and what was read
/// is given.
///   unavailable  (of next(), once, and then it is at its end) there is no room, or it cannot be read again
///   over_limit   the same for more than kMostByDate messages
std::unique_ptr<Source> by_date(std::unique_ptr<Source> source, std::function<bool(std::uint64_t read)> go_on);

/// The same in an order that depends on the messages alone, and in which they lie as if shuffled: who learns from spam
/// and ham would otherwise have seen nothing but one of them for long. Those of the same bytes as they came.
std::unique_ptr<Source> mixed(std::unique_ptr<Source> source, std::function<bool(std::uint64_t read)> go_on);

inline constexpr std::size_t kMostByDate = 10'000'000;

}  // namespace maildrop::replay
