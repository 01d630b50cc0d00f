/// report_comparison.h: what fares otherwise than before, as tables for the forms of a report. Pure.
#pragma once

#include <string>
#include <vector>

#include "replay/comparison.h"

namespace maildrop::replay {

/// `12 of 5,899 messages fare otherwise than before`, and of how many nothing is known.
std::string comparison_headline(const Comparison& comparison);

using TextRows = std::vector<std::vector<std::string>>;  // the first is a head

/// For spam, ham and both how many are judged rightly now and were not, the other way round, and how likely that is by
/// chance. Without rows where nothing has a label.
TextRows comparison_by_label(const Comparison& comparison);
/// From which fate to which, by label; only what there is.
TextRows comparison_by_fate(const Comparison& comparison);

/// The tables, and the first changes with their reasons, for a screen.
std::string comparison_text(const Comparison& comparison);
/// The same figures, and all changes that are named: one object (maildrop.comparison/1), with its LF.
std::string comparison_json(const Comparison& comparison);

/// `accepted -> tagged by score, 3.20 -> 5.20; dnsbl 3.50: reason`.
std::string change_text(const Change& change);

}  // namespace maildrop::replay
