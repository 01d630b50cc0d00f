/// ranking.h: who was seen to send what nobody wants, of decisions that were reported: the newer, the more it counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/net.h"
#include "core/result.h"

namespace maildrop::report {

/// What filters do with mail, the gravest first: the results of decisions, and the marks of what is stored.
inline constexpr std::array<std::string_view, 5> kDeeds{"refused", "deferred", "discarded", "quarantined", "tagged"};

/// A decision as it was reported, as far as it says something of who sent it, or of who decided.
struct Sighting {
  /// bad: filters refused, discarded or marked it by what was seen of the mail and its client (Decision::evidence).
  /// good: stored, with no mark. What was deferred, or came of lists, wishes and memories, says nothing: whoever heard
  /// it would block by what nobody has seen.
  enum class Kind : std::uint8_t { nothing, good, bad };

  Kind kind = Kind::nothing;
  Time time{};
  std::optional<IpAddress> client{};  // nothing: by a unix socket
  std::vector<std::string> hosts{};   // in lower case; what is no name of a host or an address is left out
  std::string_view deed{};            // of kDeeds, what was done; empty: nothing, or by no filter
  std::string by{};                   // the filter that did it; `score`: the sum of all

  /// corrupt: it is no line of report::to_json().
  static Result<Sighting> parse(std::string_view line);
};

class Ranking {
 public:
  struct Limits {
    Time now{};
    Millis half_life = std::chrono::hours(24);  // after which a decision counts half
    std::size_t most = 1'000'000;               // keys; beyond it the half that counts least is forgotten
  };
  struct Row {
    std::string key;
    double bad = 0;  // decisions, as they count now
    double good = 0;
    std::uint64_t decisions = 0;  // as they were
    Time first{}, last{};

    double share() const { return bad + good > 0 ? bad / (bad + good) : 0; }
  };
  /// Who is meant: as bad as that at least.
  struct Bounds {
    double threshold = 0;
    double share = 0;  // of bad ones
    std::size_t most = 1000;
  };

  explicit Ranking(const Limits& limits) : limits_(limits) {}

  void add(const std::string& key, const Sighting& sighting);
  /// The worst is first.
  std::vector<Row> worst(const Bounds& bounds) const;

 private:
  void forget();

  Limits limits_;
  std::unordered_map<std::string, Row> rows_;  // their keys are empty
};

}  // namespace maildrop::report
