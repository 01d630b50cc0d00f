/// report_kit.h: what filters could have made of mail of a year: for reports that one looks at, and for the bench.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/parse_time.h"
#include "filter/scoring.h"
#include "replay/report_kinds.h"

namespace maildrop::replay::report_kit {

inline const std::vector<std::string>& filter_names() {
  static const std::vector<std::string> names{"access", "dnsbl",   "fcrdns",  "helo", "spf",   "dkim",     "dmarc",
                                              "uribl",  "content", "headers", "urls", "bayes", "greylist", "known"};
  return names;
}

inline Fate fate_of(double score) {
  return score >= 15 ? Fate::rejected : score >= 8 ? Fate::quarantined : score >= 5 ? Fate::tagged : Fate::accepted;
}

/// The i-th message: the same on any machine, as no distribution of the library is used.
inline Outcome outcome_of(std::uint64_t i, std::mt19937& random) {
  const auto below = [&random](std::uint32_t end) { return static_cast<std::uint32_t>(random()) % end; };
  Outcome made;
  const bool spam = below(100) < 31;
  made.label = below(100) < 2 ? Label::none : spam ? Label::spam : Label::ham;
  made.name = (spam ? "corpus.tar.zst/spam_2/" : "corpus.tar.zst/easy_ham/") + std::to_string(i) + ".eml";
  made.time = *parse_rfc3339("2002-08-20T06:00:00.000Z") + std::chrono::minutes(i % 200'000 * 2 + below(9000));
  if (below(5000) == 0) made.time = from_millis(std::int64_t{below(2'000'000)} * 1'000'000);
  made.size = 800 + below(9000);
  for (std::size_t filter = 0; filter < filter_names().size(); ++filter) {
    if (filter != 12) made.costs.push_back({filter, 2 + below(40) * below(40) / 40 + (below(100) == 0 ? 9000 : 0)});
    const std::uint32_t strength = static_cast<std::uint32_t>(filter * 7 % 5 + 1);
    if (filter >= 12 || below(100) >= (spam ? 12 * strength : 2 + strength)) continue;
    Hit hit;
    hit.filter = filter;
    hit.counts = true;
    hit.score = filter::rounded_score((spam ? 1.5 : 0.7) * strength * (0.4 + below(100) * 0.01) - (spam ? 0 : 0.9));
    hit.reason = "found in what was sent: \"" + filter_names()[filter] + " <" + std::to_string(below(1000)) + ">\"";
    hit.failed = below(400) == 0;
    made.hits.push_back(hit);
    made.score += hit.score;
  }
  made.score = filter::rounded_score(made.score);
  made.fate = fate_of(made.score);
  made.by = made.fate == Fate::accepted ? "" : "score";
  for (Hit& hit : made.hits) hit.without = fate_of(made.score - hit.score);
  if (made.fate == Fate::accepted && below(40) == 0) {
    made.fate = below(2) == 0 ? Fate::deferred : Fate::rejected;
    made.by = made.fate == Fate::deferred ? "greylist" : "access";
    Hit hit;
    hit.filter = made.fate == Fate::deferred ? 12 : 0;
    hit.action = made.fate == Fate::deferred ? filter::Action::defer : filter::Action::reject;
    made.hits.erase(std::remove_if(made.hits.begin(), made.hits.end(), [&](auto& x) { return x.filter == hit.filter; }),
                    made.hits.end());
    for (Hit& each : made.hits) each.without = made.fate;
    made.hits.push_back(hit);
  }
  return made;
}

inline Report report_of(std::uint64_t messages, bool timed) {
  Report report;
  report.summary = Summary(filter_names());
  report.version = "1.2.3";
  report.config = "spam.toml";
  report.sources = 2;
  report.thresholds = {{"tag", 5}, {"quarantine", 8}, {"reject", 15}};
  Costs costs(filter_names().size());
  std::mt19937 random(11);
  for (std::uint64_t i = 0; i < messages; ++i) {
    const Outcome outcome = outcome_of(i, random);
    report.summary.add(outcome);
    costs.add(outcome);
  }
  if (timed) report.timing = {12.5, costs};
  return report;
}

}  // namespace maildrop::replay::report_kit
