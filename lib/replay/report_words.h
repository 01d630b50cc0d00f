/// report_words.h: how figures of a run are said, in whatever form. Pure, and the same in any locale.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/report_kinds.h"

namespace maildrop::replay {

/// With so many digits behind the point; never `-0.00`.
std::string fixed(double number, int digits);
/// As what fixed() says is read back: for JSON, of which the last bits of a number are no part.
double rounded(double number, int digits);
/// A score, with the two digits that filters give.
std::string score_text(double score);
std::string score_text_of_hundredths(int hundredths);
/// `93.10 %`; of none `–`.
std::string percent(const Rate& rate);
/// `91.88 to 94.16 %`; of none `–`.
std::string percent_range(const Rate& rate);
/// `1 message`, `2,345 messages`.
std::string plural_of(std::uint64_t number, std::string_view one, std::string_view many);

/// `spam`, `ham`, `no label`.
std::string_view label_word(Label label);
/// Of which there are messages: spam, ham, no label.
std::vector<Label> labels_of(const Summary& summary);
/// The same without those that have none where others have one: columns of a table that has several for each.
std::vector<Label> told_labels(const Summary& summary);
/// `6,046 messages of 2 sources, judged by spam.toml`. The name is as it was given.
std::string headline(const Report& report);
std::string what_is_missing(const Report& report);  // `Interrupted: ...`; empty: nothing

inline constexpr std::string_view kCaughtMeans =
    "Caught is what was tagged, quarantined, discarded or rejected. What was deferred is not: nobody knows whether it "
    "would have come again.";

/// A figure of all.
struct MeasureRow {
  std::string name;     // `recall`
  std::string value;    // `93.10 %`
  std::string range;    // of 95 %; empty: it has none
  std::string of;       // `1,765 of 1,896`
  std::string meaning;  // `spam that was caught`
};
/// Empty without labels.
std::vector<MeasureRow> measures_of(const Summary& summary);

/// The places of those filters that found something or failed: who hit most first, spam before ham before others.
std::vector<std::size_t> busy_filters(const Summary& summary);

/// `tagged by score`, `accepted`.
std::string judged(const Mistake& mistake);
/// `dnsbl 3.50: reason`; of a score that does not count `dnsbl (3.50): reason`.
std::string reason_text(const Summary& summary, const Mistake::Reason& reason);

/// When a slot of a timeline begins: `14 Feb 2003`, or `14 Feb 2003 12:00` where it is shorter than a day.
std::string slot_text(Time time, std::chrono::milliseconds width);
/// `1 minute`, `6 hours`, `2 weeks`.
std::string width_text(std::chrono::milliseconds width);

/// Messages that were not accepted, and whose fate it was: `score` or a filter; who decided most is first.
std::vector<std::pair<std::string, PerLabel>> deciders(const Summary& summary);

}  // namespace maildrop::replay
